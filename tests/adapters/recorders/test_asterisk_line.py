"""The line to Asterisk: frozen, broken, refused, made again; and the settings it is made from."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.adapters.recorders.asterisk import Asterisk
from app.adapters.recorders.loading import load_recorders
from app.services.central.recorder import (
    RecorderProblem,
)
from app.simulators.line_server import Connection, LineServer
from app.values.clock import SystemClock
from app.values.errors import Refusal
from app.values.vocabulary import CallEventKind, ConfirmedBy
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


# ---------------------------------------------------------------- TLS


def a_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this machine that signs itself, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exchange")])
    now = SystemClock().now()
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    certificate, both = folder / "certificate.pem", folder / "both.pem"
    certificate.write_bytes(built.public_bytes(Encoding.PEM))
    both.write_bytes(
        certificate.read_bytes()
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(both)
    return certificate, serving


def test_over_tls_with_a_certificate_of_the_sites_own(tmp_path: Path) -> None:
    certificate, serving = a_certificate(tmp_path)
    with an_exchange(tmp_path, tls=serving) as exchange:
        pbx = exchange.recorder(tls=True, ca_file=str(certificate))
        heard = Heard()
        pbx.listen(heard)
        references = [exchange.calls.start_call(str(at), CALLER) for at in range(3000, 3200)]
        call = pbx.find_call(sought("3100"))
        assert call is not None
        assert call.reference == references[100]
        (recording,) = pbx.find(call)
        assert pbx.pause(recording, LEASE) is ConfirmedBy.EVENT
        exchange.calls.hang_up(call.reference)
        assert heard.until(CallEventKind.HANGUP).call == call.reference


def test_a_certificate_that_nobody_trusts_gets_no_secret(tmp_path: Path) -> None:
    _, serving = a_certificate(tmp_path)
    with an_exchange(tmp_path, tls=serving) as exchange:
        with pytest.raises(RecorderProblem) as problem:
            exchange.recorder(confirm_s=1.0, tls=True).find_call(sought())
        assert problem.value.code == "recorder_untrusted"
        assert exchange.ami.log == []


# ---------------------------------------------------------------- what makes no sense


class Babbler:
    """Whatever it is told to say, to whoever connects."""

    def __init__(self, says: bytes) -> None:
        self._says = says
        self.server = LineServer("babbler", self._serve)

    def _serve(self, connection: Connection) -> None:
        connection.send(self._says)
        for _ in connection.lines():
            pass


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\xff" * 1_000,
        b"x" * 2_000_000,
        b"Asterisk\r\n" + b"Event: Hold\r\n\r\n" * 100,
        b"Asterisk\r\n" + b"Event: x\r\n" * 200_000,
    ],
)
def test_what_is_no_exchange_is_no_session(exchange: Exchange, says: bytes) -> None:
    babbler = Babbler(says)
    pbx = exchange.recorder(confirm_s=0.3, port=babbler.server.port)
    try:
        with pytest.raises(RecorderProblem) as problem:
            pbx.find_call(sought())
        assert problem.value.code in {"recorder_away", "recorder_login"}
    finally:
        pbx.close()
        babbler.server.close()


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
