"""How long a search in the answers takes, and how often the right one is among the first three.

Goes the way of a key press, through the desk's caller. With a file of questions (columns `text` and
`intent`) only those count that were held out while the answers were written: half of them, told by
a digest of the text, so that the same are held out for ever. Without one the time alone is measured
over the answers' own examples, for which being found is no merit.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

import msgspec
from rich.table import Table

from app.campaigns.bench.desk import BenchDesk, signed_in_desk
from app.campaigns.bench.figures import Figure, timed, within
from app.campaigns.bench.given import Given, require
from app.services.ports import Caller
from app.values.errors import Fault
from app.wire import operations
from app.wire.guidance import FindAnswers, Guidance
from app.wire.sync import AskStatus

SEARCH_MOST_MS = 16
MISSED_MOST_PERCENT = 5
FIRST = 3
ROUNDS = 3
TIMED = 2_000
LONGEST_TEXT = 200
_FEED_STEPS_MOST = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks, and the key of the answer that is right."""

    text: str
    intent: str


@dataclass(slots=True)
class Score:
    """Of one intent: how many were asked, found first, found among the first three."""

    asked: int = 0
    first: int = 0
    in_three: int = 0


def answers(given: Given, *, rounds: int = ROUNDS) -> tuple[Figure, ...]:
    """Some two thousand questions are timed, `rounds` times; the median of each counts.

    Which texts are slow is ours, when the machine stalls is not.
    """
    real = tuple(_real_questions(given.data)) if given.data is not None else ()
    held_out = tuple(question for question in real if is_held_out(question.text))
    require(bool(held_out) or not real, "There is no question in the file that was held out.")
    with signed_in_desk(given.folder) as at:
        edition = _followed(at)
        asked = held_out or tuple(_examples(edition))
        if real:
            given.tell(
                f"Asking the {len(asked):,} questions held out, of {len(real):,} in the file: "
                "those whose SHA-256 begins with an even byte"
            )
        else:
            given.tell(f"No file of questions: asking {len(asked):,} examples, for the time alone")
        some = asked[:: max(len(asked) // TIMED, 1)]
        taken = [_times(at.caller, some) for _ in range(rounds + 1)][1:]
        times = [median(of_one) for of_one in zip(*taken, strict=True)]
        figures = [within("answers", times, SEARCH_MOST_MS)]
        if real:
            scores = _scored(at.caller, asked)
            given.show(_table(scores))
            figures.append(_missed(scores))
    return tuple(figures)


def is_held_out(text: str) -> bool:
    """Whether nobody looked at this question while the answers were written."""
    return sha256(text.encode()).digest()[0] % 2 == 0


def _real_questions(path: Path) -> Iterator[Question]:
    """The questions of a file; none where it is a file of something else."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        if not {"text", "intent"} <= set(rows.fieldnames or ()):
            return
        for row in rows:
            yield Question(row["text"], row["intent"])


def _examples(edition: Guidance) -> Iterator[Question]:
    for answer in edition.answers:
        yield from (Question(text, answer.key) for text in answer.asked)


def _followed(at: BenchDesk) -> Guidance:
    """The edition, once it has come by the feed."""
    for _ in range(_FEED_STEPS_MOST):
        try:
            return at.caller.call(operations.GET_GUIDANCE, AskStatus())
        except Fault:
            at.desk.feed.step()
    raise Fault("bench_rejected", "The answers did not arrive at the desk.")


def _times(caller: Caller, questions: Iterable[Question]) -> list[float]:
    return [timed(_Search(caller, question.text))[0] for question in questions]


@dataclass(frozen=True, slots=True)
class _Search:
    """One search, as the screen asks."""

    caller: Caller
    text: str

    def __call__(self) -> tuple[str, ...]:
        request = FindAnswers(text=self.text[:LONGEST_TEXT])
        found = self.caller.call(operations.FIND_ANSWERS, request)
        return tuple(answer.key for answer in found.answers)


def _scored(caller: Caller, questions: Sequence[Question]) -> Mapping[str, Score]:
    scores: dict[str, Score] = {}
    for question in questions:
        found = _Search(caller, question.text)()[:FIRST]
        score = scores.setdefault(question.intent, Score())
        score.asked += 1
        score.first += found[:1] == (question.intent,)
        score.in_three += question.intent in found
    return dict(sorted(scores.items()))


def _missed(scores: Mapping[str, Score]) -> Figure:
    """The share of questions whose answer is not among the first three."""
    asked = sum(score.asked for score in scores.values())
    missed = asked - sum(score.in_three for score in scores.values())
    share = 100 * missed / asked
    figure = within("answers/missed", [share], MISSED_MOST_PERCENT, unit="%", quantile="p50")
    return msgspec.structs.replace(figure, n=asked)


def _table(scores: Mapping[str, Score]) -> Table:
    table = Table(title="questions held out, by what is right")
    table.add_column("answer")
    for heading in ("asked", "first", "in three"):
        table.add_column(heading, justify="right")
    for intent, score in (*scores.items(), ("all", _sum(scores.values()))):
        first, in_three = (f"{100 * n / score.asked:.1f} %" for n in (score.first, score.in_three))
        table.add_row(intent, f"{score.asked:,}", first, in_three)
    return table


def _sum(scores: Iterable[Score]) -> Score:
    total = Score()
    for score in scores:
        total.asked += score.asked
        total.first += score.first
        total.in_three += score.in_three
    return total
