"""Checklists, scripts and answers as files: read into one edition, checked as a whole.

A folder holds checklists/*.toml (one list each), scripts/<region>.toml and answers/*.toml. A file
that is wrong in any place is refused with its name, the key and the reason, and the whole edition
with it, so that the one before stays. `guidance_written` writes the files back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from app.services.rules.scripts import LINES_MOST, PLACEHOLDERS, Step, strange_placeholder
from app.services.rules.toml_file import read_toml
from app.values.errors import Refusal
from app.values.money import MINOR_SCALE
from app.values.vocabulary import (
    AnsweredBy,
    Channel,
    CheckpointKind,
    OrderType,
    PaymentMethod,
    Priority,
    Region,
)
from app.wire.guidance import (
    Answer,
    Checklist,
    ChecklistItem,
    Guidance,
    Script,
    ScriptStep,
    When,
)
from app.wire.message import encode

CHECKLISTS, SCRIPTS, ANSWERS = "checklists", "scripts", "answers"
UNPUBLISHED = 0
"""The revision of an edition that was read and not published yet."""

CORE = tuple(kind for kind in CheckpointKind if kind is not CheckpointKind.EXTRA)
LARGEST_EDITION_BYTES = 1_000_000
"""Every desk fetches it in one answer."""

_LINE, _ANSWER_LINE, _KNOW = 200, 400, 2_000
_LISTS_MOST, _ITEMS_MOST = 100, 50
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")

T = TypeVar("T")


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a file; a key it does not know is refused."""


class _When(_Row, frozen=True, kw_only=True):
    regions: list[Region] | None = None
    channels: list[Channel] | None = None
    order_types: list[OrderType] | None = None
    priorities: list[Priority] | None = None
    payments: list[PaymentMethod] | None = None
    total_from: str | None = None


class _Item(_Row, frozen=True, kw_only=True):
    check: CheckpointKind
    key: str | None = None
    title: str | None = None
    say: str | None = None
    caller_says: str | None = None
    after: CheckpointKind | None = None


class _ChecklistFile(_Row, frozen=True, kw_only=True):
    name: str
    answered_by: AnsweredBy = AnsweredBy.CALLER
    second_person: bool = False
    when: _When = _When()
    items: list[_Item] = []


class _Step(_Row, frozen=True, kw_only=True):
    key: str
    title: str
    say: list[str]
    know: str | None = None


class _ScriptFile(_Row, frozen=True, kw_only=True):
    version: str
    steps: list[_Step] = []


class _Answer(_Row, frozen=True, kw_only=True):
    key: str
    title: str
    say: list[str]
    know: str | None = None
    asked: list[str] = []


class _AnswerFile(_Row, frozen=True, kw_only=True):
    answers: list[_Answer] = []


def read_guidance(folder: Path) -> Guidance:
    """The edition in a folder, not published yet. Raises Refusal `guidance_malformed`."""
    guidance = Guidance(
        revision=UNPUBLISHED,
        checklists=_checklists(folder),
        scripts=_scripts(folder),
        answers=_answers(folder),
    )
    require_whole(guidance)
    return guidance


def require_whole(guidance: Guidance) -> None:
    """Every order is to be checked in full, and it is plain who answers.

    For each region and channel the lists that hold for all orders of it hold the whole core. Raises
    Refusal `guidance_malformed`.
    """
    for region in Region:
        for channel in Channel:
            _require_core(guidance.checklists, region, channel)
    size = len(encode(guidance))
    if size > LARGEST_EDITION_BYTES:
        raise refusal("the folder", "all files", f"they hold {size:,} bytes, which is too much")


def refusal(file: str, key: str, reason: str) -> Refusal:
    """What is wrong, and where."""
    return Refusal("guidance_malformed", f"{file}: {key}: {reason}.", key)


def _require_core(lists: Iterable[Checklist], region: Region, channel: Channel) -> None:
    here = [one for one in lists if _reaches(one.when, region, channel)]
    always = [one for one in here if _holds_for_all(one.when)]
    place = f"region {region.value}, channel {channel.value}"
    checked = {item.check for one in always for item in one.items}
    lacking = [kind.value for kind in CORE if kind not in checked]
    if lacking:
        reason = f"no list that holds for all orders of these checks {', '.join(lacking)}"
        raise refusal(CHECKLISTS, place, reason)
    who = {one.answered_by for one in always}
    if len(who) > 1:
        names = " and ".join(one.name for one in always)
        raise refusal(CHECKLISTS, place, f"the lists {names} differ in answered_by")
    for one in here:
        if one.answered_by is AnsweredBy.PAPER and who == {AnsweredBy.CALLER}:
            reason = f"the list {one.name} is answered by paper, but there is a caller"
            raise refusal(CHECKLISTS, place, reason)


def _reaches(when: When, region: Region, channel: Channel) -> bool:
    return (not when.regions or region in when.regions) and (
        not when.channels or channel in when.channels
    )


def _holds_for_all(when: When) -> bool:
    """Whether nothing but region and channel decides."""
    narrower = (when.order_types, when.priorities, when.payments)
    return when.total_from is None and not any(narrower)


def _read(path: Path, file: str, kind: type[T]) -> T:
    return read_toml(path, kind, partial(refusal, file))


def _files(folder: Path, kind: str) -> list[tuple[Path, str]]:
    """Paths with the names they are called by, in the order of their names."""
    paths = sorted((folder / kind).glob("*.toml"), key=attrgetter("name"))
    return [(path, f"{kind}/{path.name}") for path in paths]


def _checklists(folder: Path) -> tuple[Checklist, ...]:
    files = _files(folder, CHECKLISTS)
    if not files:
        raise refusal(CHECKLISTS, "the folder", f"there is no checklist in {folder / CHECKLISTS}")
    if len(files) > _LISTS_MOST:
        raise refusal(CHECKLISTS, "the folder", f"there are more than {_LISTS_MOST} checklists")
    names, keys = _Taken(), _Taken()
    lists = [
        _checklist(file, _read(path, file, _ChecklistFile), names, keys) for path, file in files
    ]
    return tuple(sorted(lists, key=attrgetter("name")))


class _Taken:
    """Names that have been given, and where."""

    def __init__(self) -> None:
        self._where: dict[str, str] = {}

    def take(self, file: str, key: str, name: str) -> str:
        """A name that is well made and not given yet. Raises Refusal `guidance_malformed`."""
        if not _KEY.fullmatch(name):
            reason = f"{name!r} is not of small letters, digits, - and _ alone, 60 at most"
            raise refusal(file, key, reason)
        if name in self._where:
            raise refusal(file, key, f"{name} is in {self._where[name]} already")
        self._where[name] = file
        return name


def _checklist(file: str, row: _ChecklistFile, names: _Taken, keys: _Taken) -> Checklist:
    if not row.items:
        raise refusal(file, "items", "there are none")
    if len(row.items) > _ITEMS_MOST:
        raise refusal(file, "items", f"there are more than {_ITEMS_MOST}")
    kinds = [item.check for item in row.items if item.check is not CheckpointKind.EXTRA]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is not None:
        raise refusal(file, "items", f"{twice.value} is checked twice")
    return Checklist(
        name=names.take(file, "name", row.name),
        when=_when(file, row.when),
        answered_by=row.answered_by,
        second_person=row.second_person,
        items=tuple(_item(file, f"items[{at}]", item, keys) for at, item in enumerate(row.items)),
    )


def _when(file: str, row: _When) -> When:
    return When(
        regions=_words(file, "when.regions", row.regions),
        channels=_words(file, "when.channels", row.channels),
        order_types=_words(file, "when.order_types", row.order_types),
        priorities=_words(file, "when.priorities", row.priorities),
        payments=_words(file, "when.payments", row.payments),
        total_from=None if row.total_from is None else _amount(file, row.total_from),
    )


W = TypeVar("W", bound=StrEnum)


def _words(file: str, key: str, words: list[W] | None) -> tuple[W, ...]:
    if words is None:
        return ()
    if not words:
        raise refusal(file, key, "names none; leave the key out where all are meant")
    if len(set(words)) < len(words):
        raise refusal(file, key, "names one twice")
    return tuple(words)


def _amount(file: str, text: str) -> int:
    key = "when.total_from"
    try:
        minor = Decimal(text) * MINOR_SCALE
    except InvalidOperation as cause:
        raise refusal(file, key, f"{text!r} is no amount of money") from cause
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 < minor < 10**12:
        raise refusal(file, key, f"{text!r} is no amount of whole pence or cents above nothing")
    return int(minor)


def _item(file: str, key: str, row: _Item, keys: _Taken) -> ChecklistItem:
    if row.check is not CheckpointKind.EXTRA:
        own = {"key": row.key, "title": row.title, "say": row.say, "caller_says": row.caller_says}
        for name, value in {**own, "after": row.after}.items():
            if value is not None:
                raise refusal(file, f"{key}.{name}", "only an extra item has this")
        return ChecklistItem(check=row.check)
    if row.key is None:
        raise refusal(file, f"{key}.key", "an extra item must have one")
    after = CheckpointKind.RIGHTS if row.after is None else row.after
    if after is CheckpointKind.EXTRA:
        raise refusal(file, f"{key}.after", "an extra item follows a checkpoint of the core")
    return ChecklistItem(
        check=row.check,
        key=keys.take(file, f"{key}.key", row.key),
        title=_plain(file, f"{key}.title", row.title),
        say=_plain(file, f"{key}.say", row.say),
        caller_says=_caller_says(file, f"{key}.caller_says", row.caller_says),
        after=after,
    )


def _plain(file: str, key: str, text: str | None) -> str:
    """A text of a checklist: nothing is filled in, because it is part of what is confirmed."""
    if text is None:
        raise refusal(file, key, "an extra item must have one")
    if "{" in text or "}" in text:
        raise refusal(file, key, "placeholders are for scripts and answers")
    return _text(file, key, text, _LINE)


def _caller_says(file: str, key: str, text: str | None) -> str:
    """What can be heard: without a letter or a number no answer would ever match."""
    if text is None:
        return ""
    words = _plain(file, key, text)
    if not any(sign.isalnum() for sign in words):
        raise refusal(file, key, "holds no word and no number that a caller could say")
    return words


def _text(file: str, key: str, text: str, most: int) -> str:
    """A text on one line. Raises Refusal where it is empty, too long or holds strange signs."""
    tidy = " ".join(text.split())
    if not tidy:
        raise refusal(file, key, "is empty")
    if len(tidy) > most:
        raise refusal(file, key, f"has {len(tidy)} characters, which is more than {most}")
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} for sign in tidy):
        raise refusal(file, key, "holds a sign that cannot be shown")
    return tidy


def _spoken(file: str, key: str, text: str, most: int = _LINE) -> str:
    strange = strange_placeholder(text)
    if strange is not None:
        known = ", ".join(PLACEHOLDERS)
        raise refusal(file, key, f"{strange} is no placeholder; there are {known}")
    return _text(file, key, text, most)


def _say(file: str, key: str, lines: Sequence[str], most: int = _LINE) -> tuple[str, ...]:
    if not 1 <= len(lines) <= LINES_MOST:
        raise refusal(file, key, f"has {len(lines)} lines, and must have 1 to {LINES_MOST}")
    return tuple(_spoken(file, f"{key}[{at}]", line, most) for at, line in enumerate(lines))


def _know(file: str, key: str, text: str | None, most: int = _LINE) -> str:
    return "" if text is None else _spoken(file, key, text, most)


def _scripts(folder: Path) -> tuple[Script, ...]:
    files = _files(folder, SCRIPTS)
    known = {f"{region.value}.toml": region for region in Region}
    for path, file in files:
        if path.name not in known:
            raise refusal(file, "the file", f"a script is named {' or '.join(known)}")
    lacking = sorted(set(known) - {path.name for path, _ in files})
    if lacking:
        raise refusal(SCRIPTS, "the folder", f"{lacking[0]} is missing in {folder / SCRIPTS}")
    return tuple(
        _script(file, known[path.name], _read(path, file, _ScriptFile)) for path, file in files
    )


def _script(file: str, region: Region, row: _ScriptFile) -> Script:
    keys = _Taken()
    script = Script(
        region=region,
        version=_text(file, "version", row.version, _LINE),
        steps=tuple(_step(file, f"steps[{at}]", step, keys) for at, step in enumerate(row.steps)),
    )
    lacking = [step.value for step in Step if step not in {had.key for had in script.steps}]
    if lacking:
        raise refusal(file, "steps", f"these are missing: {', '.join(lacking)}")
    return script


def _step(file: str, key: str, row: _Step, keys: _Taken) -> ScriptStep:
    return ScriptStep(
        key=keys.take(file, f"{key}.key", row.key),
        title=_spoken(file, f"{key}.title", row.title),
        say=_say(file, f"{key}.say", row.say),
        know=_know(file, f"{key}.know", row.know),
    )


def _answers(folder: Path) -> tuple[Answer, ...]:
    """All answers; a house may have none."""
    keys = _Taken()
    return tuple(
        _answer(file, f"answers[{at}]", answer, keys)
        for path, file in _files(folder, ANSWERS)
        for at, answer in enumerate(_read(path, file, _AnswerFile).answers)
    )


def _answer(file: str, key: str, row: _Answer, keys: _Taken) -> Answer:
    return Answer(
        key=keys.take(file, f"{key}.key", row.key),
        title=_spoken(file, f"{key}.title", row.title),
        say=_say(file, f"{key}.say", row.say, _ANSWER_LINE),
        know=_know(file, f"{key}.know", row.know, _KNOW),
        asked=tuple(
            _text(file, f"{key}.asked[{at}]", text, _LINE) for at, text in enumerate(row.asked)
        ),
    )
