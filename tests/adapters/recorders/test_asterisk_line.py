"""The line to Asterisk: frozen, broken, refused, made again; and the settings it is made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.recorders.asterisk import Asterisk
from app.adapters.recorders.loading import load_recorders
from app.services.central.recorder import (
    RecorderProblem,
)
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.vocabulary import CallEventKind
from tests.adapters.recorders.exchange import (
    CALLER,
    EXTENSION,
    LEASE,
    SECRET,
    Exchange,
    Heard,
    an_exchange,
    found,
    in_background,
    sought,
)

# ---------------------------------------------------------------- a server that stands still


def test_a_frozen_server_leaves_the_pause_unknown_and_the_resume_undoes_it(
    exchange: Exchange,
) -> None:
    hasty = exchange.recorder(confirm_s=1.0)
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    leg = exchange.calls.call(reference).customer
    call = hasty.find_call(sought())
    assert call is not None
    (recording,) = hasty.find(call)
    exchange.ami.freeze()
    with pytest.raises(RecorderProblem) as problem:
        hasty.pause(recording, LEASE)
    assert problem.value.code == "recorder_slow"
    assert not exchange.calls.is_muted(leg)
    with pytest.raises(RecorderProblem) as unknown:
        hasty.resume(recording, LEASE)
    assert unknown.value.unknown
    exchange.ami.thaw()
    hasty.resume(recording, LEASE)
    assert not exchange.calls.is_muted(leg)
    assert leg.variables["READBACK_LEASE"] == ""


def test_a_mute_that_times_out_is_unknown_and_done_late_and_undone_in_its_order(
    exchange: Exchange, pbx: Asterisk
) -> None:
    """The server stands still between the look-up and the mute."""
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    leg = exchange.calls.call(reference).customer
    hasty = exchange.recorder(confirm_s=1.0)
    call = hasty.find_call(sought())
    assert call is not None
    (recording,) = hasty.find(call)
    exchange.ami.freeze_after("getvar", 2)
    with pytest.raises(RecorderProblem) as problem:
        hasty.pause(recording, LEASE)
    assert problem.value.unknown
    with pytest.raises(RecorderProblem):
        hasty.resume(recording, LEASE)
    exchange.ami.thaw()
    hasty.resume(recording, LEASE)
    assert exchange.ami.log.count("mixmonitormute") == 4
    assert not exchange.calls.is_muted(leg)


def test_a_server_that_stands_still_is_told_as_lost(exchange: Exchange) -> None:
    watchful = exchange.recorder(quiet_s=0.05)
    listener = Heard()
    watchful.listen(listener)
    watchful.find_call(sought())
    exchange.ami.freeze()
    lost = listener.until(CallEventKind.RECORDER_LOST)
    assert (lost.call, lost.key) == ("", "")


# ---------------------------------------------------------------- the line


def test_a_broken_line_is_told_and_made_again(
    exchange: Exchange, pbx: Asterisk, heard: Heard
) -> None:
    reference = exchange.calls.start_call(EXTENSION, CALLER)
    exchange.ami.hang_up()
    lost = heard.until(CallEventKind.RECORDER_LOST)
    assert lost.call == ""
    assert found(pbx)[0].reference == reference
    exchange.calls.hold(reference)
    heard.until(CallEventKind.HOLD)


def test_every_break_of_the_line_is_news(exchange: Exchange, pbx: Asterisk, heard: Heard) -> None:
    exchange.ami.hang_up()
    first = heard.until(CallEventKind.RECORDER_LOST)
    pbx.find_call(sought())
    exchange.ami.hang_up()
    assert heard.until(CallEventKind.RECORDER_LOST).identity != first.identity


def test_a_line_that_breaks_while_a_pause_waits_leaves_it_unknown(
    exchange: Exchange, pbx: Asterisk
) -> None:
    exchange.calls.start_call(EXTENSION, CALLER)
    _, (recording,) = found(pbx)
    problems: list[RecorderProblem] = []

    def pause() -> None:
        try:
            pbx.pause(recording, LEASE)
        except RecorderProblem as problem:
            problems.append(problem)

    exchange.ami.freeze_after("getvar", 2)
    pausing = in_background(pause)
    exchange.ami.wait_until_asked("mixmonitormute")
    exchange.ami.hang_up()
    pausing.join()
    assert [(problem.code, problem.unknown) for problem in problems] == [("recorder_away", True)]


def test_a_wrong_secret_is_refused_in_words_that_do_not_hold_it(exchange: Exchange) -> None:
    exchange.secret_file.write_text("another-secret", encoding="utf-8")
    with pytest.raises(RecorderProblem) as problem:
        exchange.recorder().find_call(sought())
    assert problem.value.code == "recorder_login"
    assert "another-secret" not in f"{problem.value} {problem.value!r}"


def test_a_secret_that_was_put_right_is_read_at_the_next_try(exchange: Exchange) -> None:
    exchange.secret_file.write_text("another-secret", encoding="utf-8")
    pbx = exchange.recorder()
    with pytest.raises(RecorderProblem):
        pbx.find_call(sought())
    exchange.secret_file.write_text(SECRET, encoding="utf-8")
    exchange.ami.wait_for_manager()
    assert pbx.find_call(sought()) is None


def test_an_exchange_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path) as exchange:
        settings = exchange.settings(confirm_s=0.2)
    pbx = Asterisk(settings, SystemClock())
    try:
        with pytest.raises(RecorderProblem) as problem:
            pbx.find_call(sought())
        assert (problem.value.code, problem.value.unknown) == ("recorder_away", False)
    finally:
        pbx.close()


def test_a_manager_without_the_rights_is_refused_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path, frozenset({"call"})) as exchange:
        with pytest.raises(RecorderProblem) as problem:
            exchange.recorder().find_call(sought())
        assert problem.value.code == "recorder_rights"


def test_a_manager_who_may_not_change_calls_is_refused_in_words(tmp_path: Path) -> None:
    with an_exchange(tmp_path, frozenset({"reporting"})) as exchange:
        exchange.calls.start_call(EXTENSION, CALLER)
        pbx = exchange.recorder()
        _, (recording,) = found(pbx)
        with pytest.raises(RecorderProblem) as problem:
            pbx.pause(recording, LEASE)
        assert problem.value.code == "recorder_rights"


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret_file": "relative"}, "whole path"),
        ({"secret_file": "/nowhere/secret"}, "cannot be read"),
        ({"host": "pbx.example"}, "plain_tcp"),
        ({"hots": "pbx.example"}, "hots"),
        ({"port": "high"}, "port"),
        ({"tls": True, "ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ],
)
def test_wrong_settings_are_refused_with_the_recorders_name(
    exchange: Exchange, change: dict[str, object], words: str
) -> None:
    table = {"name": "pbx", "kind": "asterisk", **exchange.settings().options, **change}
    with pytest.raises(Refusal) as refused:
        load_recorders((table,), SystemClock())
    assert refused.value.code == "settings_malformed"
    assert words in refused.value.sentence
    assert "pbx" in refused.value.sentence


def test_a_recorder_that_is_closed_unused_leaves_nothing(exchange: Exchange) -> None:
    exchange.recorder().close()
