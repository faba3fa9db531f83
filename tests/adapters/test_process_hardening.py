"""Each protection of a program that meets card digits, and what happens without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.process_hardening import scrub_environment

ROOT = Path(__file__).parents[2]
OPEN, HARDENED = "open", "hardened"

PREPARED = """
import os, sys
from app.adapters.process_hardening import harden_process

def become_nobody():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

def harden():
    return harden_process() if sys.argv[1] == "hardened" else None
"""

VICTIM = """
import ctypes
become_nobody()
library = ctypes.CDLL(None)
library.prctl(4, 1, 0, 0, 0)  # as a program of this person would have started
library.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # where Yama asks: anybody may
harden()
print("ready", flush=True)
sys.stdin.read()
"""

ATTACKER = """
become_nobody()
try:
    with open(f"/proc/{sys.argv[2]}/mem", "rb"):
        print("read")
except PermissionError:
    print("refused")
"""

CORE_LIMIT = """
import resource
highest = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (highest, highest))
harden()
print(resource.getrlimit(resource.RLIMIT_CORE) == (0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""

CRASH_REPORT = """
import faulthandler
harden()
print(faulthandler.is_enabled())
"""

TLS_KEYS = """
harden()
import ssl
print(ssl.create_default_context().keylog_filename)
"""

QT_LOG = """
harden()
from PySide6.QtWidgets import QApplication
application = QApplication([])
"""


def run(
    script: str, how: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREPARED + script, how, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )


def tried_to_read_memory(how: str) -> str:
    victim = subprocess.Popen(
        [sys.executable, "-c", PREPARED + VICTIM, how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with victim:
        assert victim.stdin is not None
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        answer = run(ATTACKER, OPEN, str(victim.pid)).stdout.strip()
        victim.stdin.close()
        victim.wait(30)
    return answer


def test_another_program_of_the_same_person_may_not_read_its_memory() -> None:
    assert tried_to_read_memory(HARDENED) == "refused"


def test_without_hardening_it_may() -> None:
    assert tried_to_read_memory(OPEN) == "read"


def test_it_leaves_no_core_file() -> None:
    assert run(CORE_LIMIT, HARDENED).stdout.startswith("True")


def test_python_writes_no_crash_report() -> None:
    assert run(CRASH_REPORT, HARDENED, PYTHONFAULTHANDLER="1").stdout == "False\n"
    assert run(CRASH_REPORT, OPEN, PYTHONFAULTHANDLER="1").stdout == "True\n"


def test_the_keys_of_connections_are_not_written_down(tmp_path: Path) -> None:
    file = str(tmp_path / "keys")
    assert run(TLS_KEYS, HARDENED, SSLKEYLOGFILE=file).stdout == "None\n"
    assert run(TLS_KEYS, OPEN, SSLKEYLOGFILE=file).stdout == f"{file}\n"


def test_the_environment_cannot_make_qt_log_what_it_does() -> None:
    asked_to_talk = {"QT_LOGGING_RULES": "*=true", "QT_LOGGING_TO_CONSOLE": "1"}
    assert run(QT_LOG, HARDENED, **asked_to_talk).stderr == ""
    assert "qt.highdpi: " in run(QT_LOG, OPEN, **asked_to_talk).stderr


@pytest.mark.parametrize(
    "name", ["QT_LOGGING_CONF", "LD_PRELOAD", "LD_AUDIT", "PYTHONINSPECT", "PYTHONDEVMODE"]
)
def test_a_talkative_variable_is_taken_out_and_named(name: str) -> None:
    environment = {name: "1", "PATH": "/bin", "PYTHONPATH": "here", "QT_IM_MODULE": "ibus"}
    assert scrub_environment(environment) == (name,)
    assert environment == {"PATH": "/bin", "PYTHONPATH": "here", "QT_IM_MODULE": "ibus"}


def test_what_was_done_is_reported() -> None:
    said = run("print(harden().is_whole)", HARDENED).stdout
    assert said == "True\n"
