"""The steps that every script has, and the words that are filled into scripts and answers.

Which steps there are besides is the author's business. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.values.vocabulary import Region
from app.wire.guidance import Guidance, ScriptStep

LINES_MOST = 3
"""To be said at one step: more is neither read nor heard."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Step(StrEnum):
    """The keys of the steps that the program itself asks for; no script may lack one."""

    GREETING = "greeting"
    TEXT_RELAY = "text_relay"
    IDENTITY_STATUS = "identity_status"
    IDENTITY_ADDRESS = "identity_address"
    IDENTITY_CARD = "identity_card"
    BEFORE_READ_BACK = "before_read_back"
    IF_LATE = "if_late"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What stands for the placeholders in a call; each field is the placeholder of that name."""

    company: str
    csr: str
    phone: str
    email: str


PLACEHOLDERS = tuple(f"{{{name}}}" for name in Filling.__dataclass_fields__)


def strange_placeholder(text: str) -> str | None:
    """The first placeholder that nothing is known for, or brace that belongs to none."""
    for found in _PLACEHOLDER.finditer(text):
        if found.group() not in PLACEHOLDERS:
            return found.group()
    rest = _PLACEHOLDER.sub("", text)
    return next((sign for sign in rest if sign in "{}"), None)


def filled(lines: Iterable[str], filling: Filling) -> tuple[str, ...]:
    """The lines with their placeholders filled in, without those that lack a value for one."""
    return tuple(
        _PLACEHOLDER.sub(lambda found: str(getattr(filling, found[1])), line)
        for line in lines
        if all(getattr(filling, found[1], "") for found in _PLACEHOLDER.finditer(line))
    )


def step_of(guidance: Guidance, region: Region, key: str) -> ScriptStep | None:
    """A step of the region's script."""
    for script in guidance.scripts:
        if script.region is region:
            return next((step for step in script.steps if step.key == key), None)
    return None
