"""A desk as a program of its own: it pauses the recording and goes on renewing until it is killed.

`python -m tests.journeys.pausing_desk URL CODE LOGIN PASSWORD`. Says `held` once the recording is
paused; what is typed into a desk's fields does not matter here.
"""

from __future__ import annotations

import os
import sys
import threading

from app.transport.client import HttpCarrier, RemoteCaller, SeatKey
from app.values.clock import SystemClock
from app.values.errors import Refusal, Unreachable
from app.values.identity import Incarnation, LeaseId, OrderId, SystemIds
from app.wire.card_operations import ACQUIRE_PAUSE, RENEW_PAUSE
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE
from app.wire.people import Enrol, SignIn
from app.wire.recording import AcquirePause, RenewPause
from tests.centre import Key


def hold_until_killed(url: str, code: str, login: str, password: str) -> None:
    ids, key = SystemIds(), Key()
    caller = RemoteCaller(HttpCarrier(url), SystemClock(), ids)
    enrol = Enrol(code=code, public_key=key.public_pem, incarnation=Incarnation(ids.new()))
    known = caller.call(ENROL_DEVICE, enrol)
    caller.use_seat(SeatKey(device_id=known.device_id, sign=key.sign))
    session = caller.call(SIGN_IN_AT_CENTRE, SignIn(login=login, password=password))
    caller.use_session(session.token)
    lease_id = LeaseId(ids.new())
    held = caller.call(ACQUIRE_PAUSE, AcquirePause(lease_id=lease_id, order_id=OrderId(ids.new())))
    os.write(1, b"held\n")
    pause = threading.Event()
    while not pause.wait(held.times.renew_s):
        try:
            caller.call(RENEW_PAUSE, RenewPause(lease_id=lease_id))
        except (Refusal, Unreachable):
            continue


if __name__ == "__main__":
    hold_until_killed(*sys.argv[1:])
