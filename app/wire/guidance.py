"""What an administrator gives the desks to go by: checklists, scripts and answers, as one edition.

Written as files (resources/checklists, scripts, answers), published as a whole by `readback admin
guidance publish`, and followed by every desk through the change feed.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from app.values.vocabulary import (
    AnsweredBy,
    Channel,
    CheckpointKind,
    OrderType,
    PaymentMethod,
    Priority,
    Region,
)
from app.wire.message import FreeText, Instant, PageRows, Request, ShortText, View

GUIDANCE_KEY = "guidance"
"""Of the one edition that holds, in the change feed."""


class When(View, frozen=True, kw_only=True):
    """Which orders a checklist is for; an empty condition holds for all.

    `total_from` in minor units of the order's currency.
    """

    regions: tuple[Region, ...] = ()
    channels: tuple[Channel, ...] = ()
    order_types: tuple[OrderType, ...] = ()
    priorities: tuple[Priority, ...] = ()
    payments: tuple[PaymentMethod, ...] = ()
    total_from: int | None = None


class ChecklistItem(View, frozen=True, kw_only=True):
    """One thing to check. An EXTRA item has a key, a title and its own words to say.

    `caller_says` is a word or number that the caller must speak, empty where a yes is enough;
    `after` is the checkpoint that an extra item follows.
    """

    check: CheckpointKind
    key: ShortText = ""
    title: ShortText = ""
    say: ShortText = ""
    caller_says: ShortText = ""
    after: CheckpointKind = CheckpointKind.RIGHTS


class Checklist(View, frozen=True, kw_only=True):
    """Items for the orders that `when` describes; all lists that fit an order add up.

    `second_person`: somebody who did not take such an order looks at it before it goes on.
    """

    name: ShortText
    when: When = When()
    answered_by: AnsweredBy = AnsweredBy.CALLER
    second_person: bool = False
    items: tuple[ChecklistItem, ...]


class ScriptStep(View, frozen=True, kw_only=True):
    """What to say at one step of a call, three lines at most; `know` is not said."""

    key: ShortText
    title: ShortText
    say: tuple[ShortText, ...]
    know: ShortText = ""


class Script(View, frozen=True, kw_only=True):
    """All steps of a region; `version` is the author's."""

    region: Region
    version: ShortText
    steps: tuple[ScriptStep, ...]


class Answer(View, frozen=True, kw_only=True):
    """An answer to a caller's question in plain words.

    `asked` are examples of how callers ask; they are what it is found by.
    """

    key: ShortText
    title: ShortText
    say: tuple[FreeText, ...]
    know: FreeText = ""
    asked: tuple[ShortText, ...] = ()


class Guidance(View, frozen=True, kw_only=True):
    """One edition of everything; `revision` counts up with each publication."""

    revision: int
    checklists: tuple[Checklist, ...]
    scripts: tuple[Script, ...] = ()
    answers: tuple[Answer, ...] = ()


class FindAnswers(Request, frozen=True, kw_only=True):
    """What the caller asks, in the words they use."""

    text: ShortText
    limit: PageRows = 8


class AnswersFound(View, frozen=True, kw_only=True):
    """The best answers, best first, and the text they answer."""

    text: str
    answers: tuple[Answer, ...]


class NoteSearch(Request, frozen=True, kw_only=True):
    """Which answer a search led to; `chosen` empty: none was any good."""

    text: ShortText
    chosen: ShortText = ""


class AnswerSearch(View, frozen=True, kw_only=True):
    """One search as it is reported; never who searched."""

    text: ShortText
    chosen: ShortText
    at: Instant


class ReportSearches(Request, frozen=True, kw_only=True):
    """Searches of this seat since the last report."""

    searches: Annotated[tuple[AnswerSearch, ...], Meta(min_length=1, max_length=200)]


class AskUnanswered(Request, frozen=True, kw_only=True):
    """Searches that led to nothing, the most frequent first."""

    limit: PageRows = 100


class Unanswered(View, frozen=True, kw_only=True):
    """One text that was searched for in vain."""

    text: str
    times: int
    last_at: Instant


class UnansweredSearches(View, frozen=True, kw_only=True):
    """For a lead: what answers are lacking."""

    searches: tuple[Unanswered, ...]
