"""Shuts a program that meets card digits: no core file, no debugger, no talkative environment.

Called once, first thing, by the desk and the card vault; before Qt is started, because Qt reads its
logging rules then. What cannot be done is reported, not hidden. Windows and macOS are written and
not tried (docs/security.md). Holds nothing back from root or an administrator.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource

TALKATIVE = frozenset(
    {
        "DYLD_INSERT_LIBRARIES",
        "LD_AUDIT",
        "LD_DEBUG",
        "LD_DEBUG_OUTPUT",
        "LD_PRELOAD",
        "LD_PROFILE",
        "MALLOC_TRACE",
        "PYTHONASYNCIODEBUG",
        "PYTHONBREAKPOINT",
        "PYTHONDEBUG",
        "PYTHONDEVMODE",
        "PYTHONDUMPREFS",
        "PYTHONDUMPREFSFILE",
        "PYTHONFAULTHANDLER",
        "PYTHONINSPECT",
        "PYTHONMALLOCSTATS",
        "PYTHONPERFSUPPORT",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONSTARTUP",
        "PYTHONTRACEMALLOC",
        "PYTHONVERBOSE",
        "PYTHON_PRESITE",
        "QT_DEBUG_PLUGINS",
        "SSLKEYLOGFILE",
    }
)
"""Variables that log, record, inspect or load what is not ours."""
_TALKATIVE_STARTS = ("QT_LOGGING_",)
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PT_DENY_ATTACH = 31
_NO_FAULT_BOXES = 0x0001 | 0x0002 | 0x8000
"""SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardening:
    """What was done. `scrubbed`: variables taken out of the environment, by name."""

    scrubbed: tuple[str, ...]
    no_core_file: bool
    no_debugger: bool
    no_error_report: bool

    @property
    def is_whole(self) -> bool:
        """Whether everything that this system offers took effect."""
        return self.no_core_file and self.no_debugger and self.no_error_report


def harden_process() -> Hardening:
    """Shut this program for the rest of its life."""
    return Hardening(
        scrubbed=scrub_environment(os.environ),
        no_core_file=_without_core_file(),
        no_debugger=_without_debugger(),
        no_error_report=_without_error_report(),
    )


def scrub_environment(environment: MutableMapping[str, str]) -> tuple[str, ...]:
    """Take out what logs, records or loads; the names that were there.

    A library that LD_PRELOAD brought is in the program by now: this keeps it out of its children.
    """
    found = sorted(name for name in environment if _is_talkative(name.upper()))
    for name in found:
        del environment[name]
    return tuple(found)


def _is_talkative(name: str) -> bool:
    return name in TALKATIVE or name.startswith(_TALKATIVE_STARTS)


def _without_core_file() -> bool:
    if sys.platform == "win32":
        return True  # there are none; error reports are another matter
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


def _without_debugger() -> bool:
    """Refuse programs of the same person that want to read this one's memory."""
    if sys.platform == "win32":
        return _deny_others_windows()
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        return int(library.ptrace(_PT_DENY_ATTACH, 0, None, 0)) == 0
    library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return int(library.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0


def _without_error_report() -> bool:
    """No crash reporter: Python's own is off, and Windows is told to leave this program out."""
    faulthandler.disable()
    if sys.platform == "win32":
        return _no_report_windows()
    return not faulthandler.is_enabled()


if sys.platform == "win32":
    _PROTECTED_DACL = 0x80000000 | 0x00000004
    _KERNEL_OBJECT = 6
    _OWNER_MAY = "D:P(A;;0x00101001;;;OW)(A;;GA;;;SY)"
    """The owner may wait for it, ask about it and end it, but not read its memory."""

    def _deny_others_windows() -> bool:
        """A DACL on the process without PROCESS_VM_READ. Source: MSDN, Process Security."""
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        pointer = ctypes.c_void_p
        descriptor, dacl = pointer(), pointer()
        present, defaulted = ctypes.c_int(), ctypes.c_int()
        made = advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            ctypes.c_wchar_p(_OWNER_MAY), 1, ctypes.byref(descriptor), None
        )
        if not made:
            return False
        try:
            if not advapi.GetSecurityDescriptorDacl(
                descriptor, ctypes.byref(present), ctypes.byref(dacl), ctypes.byref(defaulted)
            ):
                return False
            kernel.GetCurrentProcess.restype = pointer
            told = advapi.SetSecurityInfo(
                pointer(kernel.GetCurrentProcess()),
                _KERNEL_OBJECT,
                ctypes.c_uint32(_PROTECTED_DACL),
                None,
                None,
                dacl,
                None,
            )
            return int(told) == 0
        finally:
            kernel.LocalFree(descriptor)

    def _no_report_windows() -> bool:
        """Windows Error Reporting leaves this program out, and shows no box."""
        ctypes.WinDLL("kernel32").SetErrorMode(_NO_FAULT_BOXES)
        with contextlib.suppress(OSError):
            name = ctypes.c_wchar_p(Path(sys.executable).name)
            return int(ctypes.WinDLL("wer").WerAddExcludedApplication(name, 0)) == 0
        return False
