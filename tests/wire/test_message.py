"""Reading messages on many threads: what they say is the business of other tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own, because a kind of message is worked out once in the life of one.
_FIRST_AT_ONCE = """
import sys, threading
from app.values.errors import Refusal
from app.wire.message import decode
from app.wire.orders import PlacedOrder
sys.setswitchinterval(1e-5)
start = threading.Barrier(50)
body = b'{"number": "1", "document": {"region": "gb", "currency": "GBP", "lines": [{}]}}'

def read():
    start.wait()
    for _ in range(20):
        try:
            decode(body, PlacedOrder)
        except Refusal:
            pass

threads = [threading.Thread(target=read) for _ in range(50)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.parametrize("time", ["first", "second", "third", "fourth"])
def test_the_first_messages_of_a_process_may_be_read_by_many_threads_at_once(time: str) -> None:
    del time
    done = subprocess.run([sys.executable, "-c", _FIRST_AT_ONCE], check=False, timeout=60)
    assert done.returncode == 0
