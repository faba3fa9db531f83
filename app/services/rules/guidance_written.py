"""An edition of checklists, scripts and answers written as files that `guidance_files` reads again.

Comments of the files it once came from are not kept: an edition holds none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from app.services.rules.guidance_files import ANSWERS, CHECKLISTS, SCRIPTS
from app.values.errors import Refusal
from app.values.money import MINOR_SCALE
from app.values.vocabulary import AnsweredBy, CheckpointKind
from app.wire.guidance import Answer, Checklist, ChecklistItem, Guidance, Script, ScriptStep, When

ANSWER_FILE = "en.toml"
_HEAD = (
    "# Written by readback admin guidance export. README.md tells in the section Checklists and",
    "# scripts what may stand here. After changes: readback admin guidance check FOLDER, then",
    "# readback admin guidance publish FOLDER.",
    "",
)


def write_guidance(guidance: Guidance, folder: Path) -> int:
    """Write the files into a new or empty folder; how many. Raises Refusal `folder_*`."""
    files = written_guidance(guidance)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Refusal("folder_not_empty", f"{folder} is not empty. Name a new folder.")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as cause:
        raise Refusal("folder_unwritable", f"{folder} cannot be written: {cause}.") from cause
    return len(files)


def written_guidance(guidance: Guidance) -> dict[str, str]:
    """The text of each file by its name in the folder."""
    files = {f"{CHECKLISTS}/{one.name}.toml": _checklist(one) for one in guidance.checklists}
    files |= {f"{SCRIPTS}/{one.region.value}.toml": _script(one) for one in guidance.scripts}
    if guidance.answers:
        files[f"{ANSWERS}/{ANSWER_FILE}"] = _answers(guidance.answers)
    return {name: "\n".join((*_HEAD, *lines, "")) for name, lines in files.items()}


def _checklist(checklist: Checklist) -> Iterator[str]:
    yield _pair("name", checklist.name)
    if checklist.answered_by is not AnsweredBy.CALLER:
        yield _pair("answered_by", checklist.answered_by)
    if checklist.second_person:
        yield "second_person = true"
    conditions = list(_when(checklist.when))
    if conditions:
        yield from ("", "[when]", *conditions)
    for item in checklist.items:
        yield from ("", "[[items]]", *_item(item))


def _when(when: When) -> Iterator[str]:
    words: dict[str, Iterable[StrEnum]] = {
        "regions": when.regions,
        "channels": when.channels,
        "order_types": when.order_types,
        "priorities": when.priorities,
        "payments": when.payments,
    }
    for key, chosen in words.items():
        if chosen:
            yield f"{key} = [{', '.join(_quoted(word) for word in chosen)}]"
    if when.total_from is not None:
        whole, part = divmod(when.total_from, MINOR_SCALE)
        yield _pair("total_from", f"{whole}.{part:02}")


def _item(item: ChecklistItem) -> Iterator[str]:
    yield _pair("check", item.check)
    if item.check is not CheckpointKind.EXTRA:
        return
    yield _pair("key", item.key)
    yield _pair("title", item.title)
    yield _pair("say", item.say)
    if item.caller_says:
        yield _pair("caller_says", item.caller_says)
    yield _pair("after", item.after)


def _script(script: Script) -> Iterator[str]:
    yield _pair("version", script.version)
    for step in script.steps:
        yield from ("", "[[steps]]", *_said(step))


def _answers(answers: Iterable[Answer]) -> Iterator[str]:
    for answer in answers:
        yield from ("", "[[answers]]", *_said(answer))
        if answer.asked:
            yield from _lines("asked", answer.asked)


def _said(of: ScriptStep | Answer) -> Iterator[str]:
    yield _pair("key", of.key)
    yield _pair("title", of.title)
    yield from _lines("say", of.say)
    if of.know:
        yield _pair("know", of.know)


def _lines(key: str, texts: Iterable[str]) -> Iterator[str]:
    yield f"{key} = ["
    for text in texts:
        yield f"    {_quoted(text)},"
    yield "]"


def _pair(key: str, value: str) -> str:
    return f"{key} = {_quoted(value)}"


def _quoted(text: str) -> str:
    """A basic string of TOML; JSON escapes the same signs in the same way."""
    return json.dumps(str(text), ensure_ascii=False)
