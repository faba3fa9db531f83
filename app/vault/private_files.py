"""Files that only the vault's own account may read: keys, the token, what it keeps.

A file or folder that others can read or write is refused in words. POSIX modes are checked; on
Windows the folder's access list has to see to it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from app.values.errors import Fault, Refusal

_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """The folder, of mode 0700. Raises Refusal `vault_folder_open`, Fault `vault_folder_broken`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as cause:
        raise _broken(folder) from cause
    require_private(folder)


def require_private(path: Path) -> None:
    """Raises Refusal `vault_folder_open` where others than its owner, who is us, have rights."""
    if os.name != "posix":
        return
    try:
        found = path.stat()
    except OSError as cause:
        raise _broken(path) from cause
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
        raise Refusal(
            "vault_folder_open",
            f"Others can reach {path}. Please set its mode to {wanted}, and think about who may"
            " have read it.",
        )
    if found.st_uid != os.geteuid():
        raise Refusal(
            "vault_folder_open",
            f"{path} belongs to another account than the one the vault runs as.",
        )


def read_private(path: Path) -> bytes:
    """What is in it. Raises Refusal `vault_file_missing` or `vault_folder_open`, or Fault."""
    if not path.exists():
        raise Refusal("vault_file_missing", f"There is no {path}.")
    require_private(path)
    try:
        return path.read_bytes()
    except OSError as cause:
        raise _broken(path) from cause


def write_private(path: Path, content: bytes) -> None:
    """Keep it, on the disk when this returns, whole or not at all, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as cause:
        raise _broken(path) from cause


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _broken(path: Path) -> Fault:
    return Fault("vault_folder_broken", f"{path} cannot be read or written.")
