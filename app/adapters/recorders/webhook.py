"""Any other recorder, through a small HTTPS service of the site's own: a hook.

The contract is in docs/recorders.md. Each request is a POST of JSON, signed with a shared secret
over its time and body. An answer of 2xx is not yet "paused": where the hook can tell the state, it
is asked until it says so. Blocks; used by several threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx2
import msgspec
import truststore

from app.adapters.recorders.options import (
    as_number,
    is_this_machine,
    malformed,
    options_as,
    secret_file,
)
from app.adapters.recorders.telling import Teller
from app.services.central.recorder import (
    RECORDING_GONE,
    Call,
    CallSought,
    Capabilities,
    Gap,
    RecorderEvent,
    RecorderProblem,
    RecorderSettings,
    Recording,
)
from app.values.clock import Clock
from app.values.identity import LeaseId
from app.values.vocabulary import CallEventKind, ConfirmedBy, RecorderState
from app.wire.message import decoder_of

TIME = "readback-time"
SIGNATURE = "readback-signature"
CONNECTIONS = 8
EVENT_WAIT_S = 25.0
EVENT_GRACE_S = 10.0
RETRY_LONGEST_S = 15.0
LARGEST_ANSWER = 1_000_000
_ACCEPTED = 202
_GONE = frozenset({404, 410})
_CONNECTED = frozenset(
    {
        "connection.connect_tcp.complete",
        "connection.start_tls.complete",
    }
)
A = TypeVar("A")


class WebhookOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the recorder's table beside name, kind and times."""

    url: str
    secret_file: str
    can_query: bool = True
    has_events: bool = False
    finds_calls: bool = True
    gap: Gap = Gap.SILENCE
    covers_screen: bool = False
    longest_pause_s: float | None = None
    redacts_itself: bool = False
    redaction_verified: str = ""
    poll_s: float = 0.2


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    extension: str | None = None
    caller_number: str = ""
    on_hold: bool = False


class _FoundCall(msgspec.Struct, frozen=True, kw_only=True):
    call: _Found | None = None


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    key: str


class _FoundRecordings(msgspec.Struct, frozen=True, kw_only=True):
    recordings: tuple[_Key, ...] = ()


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: RecorderState = RecorderState.UNKNOWN


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: CallEventKind
    call: str
    key: str = ""


class _Events(msgspec.Struct, frozen=True, kw_only=True):
    cursor: str
    events: tuple[_Event, ...] = ()


class Webhook:
    """One hook. Implements Recorder."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        """Raises Refusal `settings_malformed`."""
        self._options = options_as(settings, WebhookOptions)
        _require_safe_url(settings, self._options.url)
        self._name = settings.name
        self._times = settings.times
        self._clock = clock
        self._secret_file = secret_file(settings, self._options.secret_file)
        self._closing = threading.Event()
        self._teller = Teller(f"recorder {settings.name} events")
        self._poller: threading.Thread | None = None
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._client = httpx2.Client(
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=CONNECTIONS),
        )

    @property
    def name(self) -> str:
        """As the settings file names it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """As the settings file says."""
        told = self._options
        return Capabilities(
            confirms=ConfirmedBy.STATE if told.can_query else ConfirmedBy.ANSWER,
            can_query=told.can_query,
            has_events=told.has_events,
            finds_calls=told.finds_calls,
            gap=told.gap,
            covers_screen=told.covers_screen,
            longest_pause_s=told.longest_pause_s,
            redacts_itself=told.redacts_itself,
            redaction_verified=told.redaction_verified,
        )

    def find_call(self, sought: CallSought) -> Call | None:
        """The call as the hook knows it; one that finds no calls takes the reference as it is."""
        if not self._options.finds_calls:
            if not sought.reference:
                return None
            return Call(
                reference=sought.reference,
                extension=sought.extension,
                workstation=sought.workstation,
            )
        asked = {
            "workstation": sought.workstation,
            "extension": sought.extension or "",
            "reference": sought.reference,
        }
        found = self._unless_gone("find_call", asked, _FoundCall()).call
        if found is None:
            return None
        return Call(
            reference=found.reference,
            extension=found.extension or sought.extension,
            workstation=sought.workstation,
            caller_number=as_number(found.caller_number),
            on_hold=found.on_hold,
        )

    def find(self, call: Call) -> tuple[Recording, ...]:
        """Every recording of the call that the hook names."""
        asked = {
            "call": call.reference,
            "extension": call.extension or "",
            "workstation": call.workstation,
        }
        found = self._unless_gone("find", asked, _FoundRecordings())
        keys = dict.fromkeys(each.key for each in found.recordings)
        return tuple(Recording(recorder=self._name, call=call.reference, key=key) for key in keys)

    def pause(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Ask for it, then for the state until that says `paused`."""
        self._teller.require_alive()
        return self._bring_to(RecorderState.PAUSED, "pause", recording, lease_id)

    def resume(self, recording: Recording, lease_id: LeaseId) -> ConfirmedBy:
        """Ask for it, then for the state until that says `recording`."""
        return self._bring_to(RecorderState.RECORDING, "resume", recording, lease_id)

    def state(self, recording: Recording) -> RecorderState:
        """What the hook says; UNKNOWN where it cannot be asked."""
        if not self._options.can_query:
            return RecorderState.UNKNOWN
        return self._state(recording, self._until())

    def listen(self, listener: Callable[[RecorderEvent], None]) -> None:
        """Ask for events again and again, where the hook has any."""
        self._teller.listen(listener)
        if self._options.has_events:
            self._poller = threading.Thread(
                target=self._poll, name=f"recorder {self._name}", daemon=True
            )
            self._poller.start()

    def close(self) -> None:
        """End the polling and the connections."""
        self._closing.set()
        for line in list(self._sockets):
            _shut(line)
        if self._poller is not None:
            self._poller.join()
        self._client.close()
        self._teller.close()

    def _unless_gone(self, action: str, fields: Mapping[str, object], nothing: A) -> A:
        """The answer, or nothing where the hook knows of no such call."""
        try:
            return self._ask(action, fields, type(nothing), self._until())
        except RecorderProblem as problem:
            if problem.code == RECORDING_GONE:
                return nothing
            raise

    # -------------------------------------------------------------- states

    def _bring_to(
        self, wanted: RecorderState, action: str, recording: Recording, lease_id: LeaseId
    ) -> ConfirmedBy:
        until = self._until()
        told = self._ask(
            action, {**_named(recording), "lease": str(lease_id)}, _State, until, changes=True
        )
        if not self._options.can_query:
            if told.state is not wanted:
                raise _not_confirmed()
            return ConfirmedBy.ANSWER
        while (state := self._confirmed_state(recording, until)) is not wanted:
            if state is RecorderState.ABSENT:
                raise _gone()
            if until - self._clock.monotonic() <= 0 or self._closing.wait(self._options.poll_s):
                raise _not_confirmed()
        return ConfirmedBy.STATE

    def _confirmed_state(self, recording: Recording, until: float) -> RecorderState:
        """As `_state`; whatever goes wrong here, the request before it may have been done."""
        try:
            return self._state(recording, until)
        except RecorderProblem as problem:
            if problem.code == "recorder_slow":
                raise _not_confirmed() from problem
            raise RecorderProblem(problem.code, problem.sentence, unknown=True) from problem

    def _state(self, recording: Recording, until: float) -> RecorderState:
        try:
            return self._ask("state", _named(recording), _State, until).state
        except RecorderProblem as problem:
            if problem.code == RECORDING_GONE:
                return RecorderState.ABSENT
            raise

    # -------------------------------------------------------------- events

    def _poll(self) -> None:
        cursor, is_lost, retry_s, losses = "", False, self._options.poll_s, 0
        while not self._closing.is_set():
            until = self._clock.monotonic() + EVENT_WAIT_S + EVENT_GRACE_S
            try:
                asked = {"cursor": cursor, "wait_seconds": EVENT_WAIT_S}
                told = self._ask("events", asked, _Events, until)
            except RecorderProblem:
                if not is_lost and not self._closing.is_set():
                    losses += 1
                    self._tell_lost(losses)
                is_lost = True
                self._closing.wait(retry_s)
                retry_s = min(retry_s * 2, RETRY_LONGEST_S)
                continue
            is_lost, retry_s, cursor = False, self._options.poll_s, told.cursor
            for event in told.events:
                self._tell(event)

    def _tell(self, event: _Event) -> None:
        self._teller.tell(
            RecorderEvent(
                recorder=self._name,
                kind=event.kind,
                call=event.call,
                identity=f"{self._name}:{event.id}",
                key=event.key,
            )
        )

    def _tell_lost(self, count: int) -> None:
        self._teller.tell(
            RecorderEvent(
                recorder=self._name,
                kind=CallEventKind.RECORDER_LOST,
                call="",
                identity=f"{self._name}:lost:{self._clock.now().isoformat()}:{count}",
            )
        )

    # -------------------------------------------------------------- requests

    def _until(self) -> float:
        return self._clock.monotonic() + self._times.confirm_s

    def _ask(
        self,
        action: str,
        fields: Mapping[str, object],
        kind: type[A],
        until: float,
        *,
        changes: bool = False,
    ) -> A:
        """The hook's answer. Raises RecorderProblem, `unknown` only if it `changes` something."""
        body = msgspec.json.encode({"action": action, "recorder": self._name, **fields})
        status, content = self._posted(body, until, changes=changes)
        _require_done(status, changes=changes)
        # Under way is not done: only the state that is asked for afterwards counts.
        told = b"{}" if not content or (status == _ACCEPTED and kind is _State) else content
        try:
            return decoder_of(kind).decode(told)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise _unread(changes=changes) from cause

    def _posted(self, body: bytes, until: float, *, changes: bool) -> tuple[int, bytes]:
        left_s = until - self._clock.monotonic()
        if self._closing.is_set() or left_s <= 0:
            raise _slow(changes=False)
        timeout = httpx2.Timeout(left_s, connect=min(self._times.connect_s, left_s))
        try:
            with self._client.stream(
                "POST",
                self._options.url,
                content=body,
                headers=self._headers(body),
                timeout=timeout,
                extensions={"trace": self._note_socket},
            ) as reply:
                return reply.status_code, self._content(reply, until, changes=changes)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as cause:
            raise RecorderProblem(
                "recorder_away", "The call recorder cannot be reached at the moment."
            ) from cause
        except httpx2.HTTPError as cause:
            raise _slow(changes=changes) from cause

    def _content(self, reply: httpx2.Response, until: float, *, changes: bool) -> bytes:
        """Only as much and only as long as an answer may be."""
        content = b""
        for part in reply.iter_bytes():
            content += part
            if self._clock.monotonic() > until:
                raise _slow(changes=changes)
            if len(content) > LARGEST_ANSWER:
                raise _unread(changes=changes)
        return content

    def _headers(self, body: bytes) -> dict[str, str]:
        try:
            secret = self._secret_file.read_bytes().strip()
        except OSError as cause:
            raise RecorderProblem(
                "recorder_login", "The secret for the call recorder cannot be read."
            ) from cause
        at = str(int(self._clock.now().timestamp()))
        return {
            "content-type": "application/json",
            TIME: at,
            SIGNATURE: signature(secret, at, body),
        }

    def _note_socket(self, event: str, facts: dict[str, Any]) -> None:
        if event in _CONNECTED:
            line = facts["return_value"].get_extra_info("socket")
            self._sockets.add(line)
            if self._closing.is_set():
                _shut(line)


def signature(secret: bytes, at: str, body: bytes) -> str:
    """`v1=` and HMAC-SHA256 in hexadecimal over the time, a full stop and the body."""
    return "v1=" + hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _shut(line: socket.socket) -> None:
    """Closing alone wakes nobody, and a TLS socket's own shutdown upsets its reader."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _named(recording: Recording) -> dict[str, str]:
    return {"call": recording.call, "recording": recording.key}


def _require_done(status: int, *, changes: bool) -> None:
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise _gone()
    if 400 <= status < 500:
        raise RecorderProblem(
            "recorder_refused", f"The call recorder does not do what it was asked ({status})."
        )
    raise RecorderProblem(
        "recorder_failed", f"The call recorder is out of order ({status}).", unknown=changes
    )


def _require_safe_url(settings: RecorderSettings, url: str) -> None:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as cause:
        raise malformed(settings, "the url cannot be read") from cause
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise malformed(settings, "the url begins with https://")
    if parsed.scheme == "http" and not is_this_machine(parsed.host):
        raise malformed(settings, "the url must begin with https://, not http://")


def _gone() -> RecorderProblem:
    return RecorderProblem(RECORDING_GONE, "This recording has ended.")


def _slow(*, changes: bool) -> RecorderProblem:
    return RecorderProblem(
        "recorder_slow", "The call recorder did not answer in time.", unknown=changes
    )


def _unread(*, changes: bool) -> RecorderProblem:
    return RecorderProblem(
        "recorder_unread", "The call recorder's answer cannot be read.", unknown=changes
    )


def _not_confirmed() -> RecorderProblem:
    return RecorderProblem(
        "recorder_unconfirmed",
        "The call recorder took the request and did not confirm that it was done.",
        unknown=True,
    )


def make(settings: RecorderSettings, clock: Clock) -> Webhook:
    """The entry point `webhook` of `readback.recorders`."""
    return Webhook(settings, clock)
