"""What the adapters have in common when they read their table of the settings file."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import truststore

from app.services.central.recorder import RecorderSettings
from app.values.errors import Refusal

T = TypeVar("T", bound=msgspec.Struct)


def options_as(settings: RecorderSettings, kind: type[T]) -> T:
    """The options of one adapter. Raises Refusal `settings_malformed` naming the recorder."""
    try:
        return msgspec.convert(settings.options, kind)
    except msgspec.ValidationError as cause:
        raise malformed(settings, f"{cause}") from cause


def malformed(settings: RecorderSettings, what: str) -> Refusal:
    """The refusal of a recorder's table."""
    return Refusal("settings_malformed", f"Recorder {settings.name}: {what}.")


def secret_file(settings: RecorderSettings, path: str) -> Path:
    """A file with a secret in it. Raises Refusal where it is not there or empty."""
    file = Path(path)
    if not file.is_absolute():
        raise malformed(settings, "the secret file is named by its whole path")
    try:
        if not file.read_text(encoding="utf-8").strip():
            raise malformed(settings, "the secret file is empty")
    except (OSError, UnicodeDecodeError) as cause:
        raise malformed(settings, "the secret file cannot be read") from cause
    return file


def tls_for(
    settings: RecorderSettings, host: str, *, tls: bool, ca_file: str, plain_tcp: bool
) -> ssl.SSLContext | None:
    """How the line is protected. Raises Refusal where a secret would go over a network in clear."""
    if not tls:
        if not plain_tcp and not is_this_machine(host):
            raise malformed(
                settings,
                "beyond this machine the line needs tls = true, or plain_tcp = true where the"
                " network itself keeps others out",
            )
        return None
    if not ca_file:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as cause:
        raise malformed(settings, "the file of ca_file is no certificate") from cause


def is_this_machine(host: str) -> bool:
    """Whether what goes there never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def as_number(told: Any) -> str:  # noqa: ANN401 - whatever an exchange gave as a caller's number
    """A telephone number, or nothing where it is withheld or no number."""
    number = str(told or "").strip()
    return number if number.removeprefix("+").isdigit() and len(number) <= 20 else ""
