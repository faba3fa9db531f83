"""The webhook against a stand-in: 2xx is not paused, only the state that is read back is."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from app.adapters.recorders.loading import load_recorders
from app.adapters.recorders.webhook import Webhook
from app.services.central.recorder import RECORDING_GONE, Call, RecorderProblem, Recording
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState
from tests.adapters.recorders.exchange import LEASE, Heard, sought
from tests.adapters.recorders.hook import Hook, a_hook

RECORDING = Recording(recorder="cloud", call="c-1", key="r-1")
Make = Callable[..., Webhook]


@pytest.fixture
def both(tmp_path: Path) -> Generator[tuple[Hook, Make]]:
    with a_hook(tmp_path) as made:
        yield made


@pytest.fixture
def hook(both: tuple[Hook, Make]) -> Hook:
    return both[0]


@pytest.fixture
def make(both: tuple[Hook, Make]) -> Make:
    return both[1]


def state(word: str) -> dict[str, str]:
    return {"state": word}


def test_a_call_and_its_recordings_are_found(hook: Hook, make: Make) -> None:
    hook.says("find_call", {"call": {"reference": "c-1", "caller_number": "+441132000001"}})
    hook.says("find", {"recordings": [{"key": "r-1"}, {"key": "r-2"}, {"key": "r-1"}]})
    cloud = make()
    call = cloud.find_call(sought())
    assert call == Call(
        reference="c-1", extension="2001", workstation="Desk 1", caller_number="+441132000001"
    )
    assert [each.key for each in cloud.find(call)] == ["r-1", "r-2"]
    assert hook.asked[0]["workstation"] == "Desk 1"


def test_a_call_the_hook_does_not_know_is_none(hook: Hook, make: Make) -> None:
    hook.says("find_call", {"call": None})
    assert make().find_call(sought()) is None
    hook.says("find_call", {}, status=404)
    assert make().find_call(sought()) is None
    assert make().find(Call(reference="c-1")) == ()


def test_a_hook_that_finds_no_calls_takes_the_reference(hook: Hook, make: Make) -> None:
    cloud = make(finds_calls=False)
    assert cloud.find_call(sought()) is None
    call = cloud.find_call(sought(reference="c-9"))
    assert call is not None
    assert call.reference == "c-9"
    assert hook.asked == []


def test_a_pause_counts_once_the_state_says_so(hook: Hook, make: Make) -> None:
    hook.says("pause", state("paused"))
    hook.says("state", state("recording"), state("unknown"), state("paused"))
    assert make().pause(RECORDING, LEASE) is ConfirmedBy.STATE
    assert hook.actions() == ["pause", "state", "state", "state"]
    assert hook.asked[0]["lease"] == str(LEASE)


def test_an_accepted_pause_is_followed_until_it_is_done(hook: Hook, make: Make) -> None:
    hook.says("pause", state("paused"), status=202)
    hook.says("state", state("recording"), state("paused"))
    assert make().pause(RECORDING, LEASE) is ConfirmedBy.STATE


def test_a_2xx_without_effect_is_not_paused(hook: Hook, make: Make) -> None:
    hook.says("pause", state("paused"))
    hook.says("state", state("recording"))
    with pytest.raises(RecorderProblem) as problem:
        make(confirm_s=0.3).pause(RECORDING, LEASE)
    assert (problem.value.code, problem.value.unknown) == ("recorder_unconfirmed", True)


def test_a_hook_without_a_state_is_believed_by_its_word_and_not_by_a_202(
    hook: Hook, make: Make
) -> None:
    cloud = make(can_query=False)
    hook.says("pause", state("paused"))
    assert cloud.pause(RECORDING, LEASE) is ConfirmedBy.ANSWER
    assert cloud.state(RECORDING) is RecorderState.UNKNOWN
    hook.says("pause", state("paused"), status=202)
    with pytest.raises(RecorderProblem) as problem:
        cloud.pause(RECORDING, LEASE)
    assert problem.value.unknown


def test_a_resume_counts_once_it_records_again(hook: Hook, make: Make) -> None:
    hook.says("resume", b"")
    hook.says("state", state("paused"), state("recording"))
    assert make().resume(RECORDING, LEASE) is ConfirmedBy.STATE


def test_a_recording_that_has_ended_is_gone(hook: Hook, make: Make) -> None:
    cloud = make()
    with pytest.raises(RecorderProblem) as problem:
        cloud.resume(RECORDING, LEASE)
    assert problem.value.code == RECORDING_GONE
    assert cloud.state(RECORDING) is RecorderState.ABSENT


@pytest.mark.parametrize(
    ("status", "told", "code", "unknown"),
    [
        (403, {}, "recorder_refused", False),
        (423, {}, "recorder_refused", False),
        (500, {}, "recorder_failed", True),
        (302, {}, "recorder_failed", True),
        (200, b"<html>", "recorder_unread", True),
        (200, {"state": "asleep"}, "recorder_unread", True),
        (200, b"x" * 2_000_000, "recorder_unread", True),
    ],
)
def test_what_is_no_good_answer_is_not_paused(
    hook: Hook, make: Make, status: int, told: object, code: str, unknown: bool
) -> None:
    hook.says("pause", told, status=status)
    with pytest.raises(RecorderProblem) as problem:
        make().pause(RECORDING, LEASE)
    assert (problem.value.code, problem.value.unknown) == (code, unknown)


def test_a_state_that_fails_after_the_pause_leaves_it_unknown(hook: Hook, make: Make) -> None:
    hook.says("pause", state("paused"))
    hook.says("state", {}, status=403)
    with pytest.raises(RecorderProblem) as problem:
        make().pause(RECORDING, LEASE)
    assert problem.value.unknown


def test_no_answer_in_time_leaves_it_unknown(hook: Hook, make: Make) -> None:
    hook.says("pause", state("paused"))
    hook.goes_on.clear()
    with pytest.raises(RecorderProblem) as problem:
        make(confirm_s=0.3).pause(RECORDING, LEASE)
    assert (problem.value.code, problem.value.unknown) == ("recorder_slow", True)


def test_a_wrong_signature_is_refused_by_the_hook(hook: Hook, make: Make, tmp_path: Path) -> None:
    cloud = make()
    (tmp_path / "secret").write_text("another", encoding="utf-8")
    with pytest.raises(RecorderProblem) as problem:
        cloud.pause(RECORDING, LEASE)
    assert problem.value.code == "recorder_refused"
    assert hook.refused == 1
    assert "another" not in f"{problem.value!r}"


def test_a_hook_that_is_away_was_asked_nothing(tmp_path: Path) -> None:
    with a_hook(tmp_path) as (hook, make):
        hook.close()
        with pytest.raises(RecorderProblem) as problem:
            make().pause(RECORDING, LEASE)
        assert (problem.value.code, problem.value.unknown) == ("recorder_away", False)


def test_events_are_polled_and_go_on_where_they_stopped(hook: Hook, make: Make) -> None:
    heard = Heard()
    make(has_events=True).listen(heard)
    hook.events.put((200, {"cursor": "7", "events": [{"id": "e1", "kind": "hold", "call": "c-1"}]}))
    told = heard.next()
    assert (told.kind, told.call, told.identity) == (CallEventKind.HOLD, "c-1", "cloud:e1")
    hook.events.put(
        (200, {"cursor": "8", "events": [{"id": "e2", "kind": "hangup", "call": "c-1"}]})
    )
    assert heard.next().kind is CallEventKind.HANGUP
    assert [each["cursor"] for each in hook.asked][:2] == ["", "7"]


def test_a_hook_that_stops_telling_is_told_as_lost_once(hook: Hook, make: Make) -> None:
    heard = Heard()
    make(has_events=True).listen(heard)
    for _ in range(2):
        hook.events.put((500, {}))
    hook.events.put((200, {"cursor": "8", "events": [{"id": "e2", "kind": "hold", "call": "c-1"}]}))
    assert [heard.next().kind, heard.next().kind] == [
        CallEventKind.RECORDER_LOST,
        CallEventKind.HOLD,
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "http://hook.example/x"}, "https://"),
        ({"url": "ftp://hook.example/x"}, "https://"),
        ({"url": "https://"}, "https://"),
        ({"gap": "noise"}, "noise"),
        ({"secret_file": "secret"}, "whole path"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    table = {
        "name": "cloud",
        "kind": "webhook",
        "url": "https://hook.example/x",
        "secret_file": str(secret),
    }
    with pytest.raises(Refusal) as refused:
        load_recorders(({**table, **change},), SystemClock())
    assert words in refused.value.sentence


def test_capabilities_are_those_of_the_settings(make: Make) -> None:
    cloud = make(covers_screen=True, longest_pause_s=60.0, redacts_itself=True)
    assert cloud.capabilities.confirms is ConfirmedBy.STATE
    assert cloud.capabilities.covers_screen
    assert cloud.capabilities.longest_pause_s == 60.0
    assert cloud.capabilities.redacts_itself
    assert cloud.capabilities.redaction_verified == ""
