"""Finds the answer to what a caller asks, by the words callers use. Pure.

An index is built from the published answers: naive Bayes over words and pairs of words, with the
nearest example question beside it. Words with a slip in them count as the word they are near, the
last word also as the beginning of one, so that rows come while somebody types. Never keeps a text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from app.wire.guidance import Answer

Meant = tuple[tuple[str, float], ...]
"""The known words that a typed word may mean, each with a weight up to one."""

_WORD = re.compile(r"[a-z]+")
_CARRIERS = frozenset(
    """
    a about am an and any anything are as assist assistance at be been but by can cannot
    cant could d dear did do does doing dont ever find for get gimme give go going gonna
    good got has have having hello help helping hey hi how i id if ill im in info
    information into is it its ive just kindly know learn let like ll m may me might morning
    must my need needed needing not now of off oh ok on or our out please possible re really
    s see seeing shall should show so some something t tell than that the their them there
    these they thing things this those to too try trying u ur ve very wanna want wanting was
    way we well were what whats when where which will with would ya you your youre
    """.split()  # noqa: SIM905 - sixteen lines of quotes and commas would be read by nobody
)
"""Words that carry the question and hardly tell one from another; they count little."""

_CARRIER_WEIGHT = 0.15
_PAIR_WEIGHT = 0.7
_PAIRED = " "
_ASKS_FOR_OTHERS = re.compile(
    r"\b(?:ask|tell)(?:ing)?\s+(?:an?|the|your|some)\s*(?:agent|one|body)\b"
)
_ENDINGS = ("ing", "ed", "ies", "es", "s", "e")
_SHORTEST_STEM = 3
_SMOOTHING = 0.05
_NEAREST_SHARE = 0.6
_GUESSED = 0.8
_SHORTEST_GUESSED = 4
_TWO_SLIPS_FROM = 7
_SHORTEST_BEGINNING = 2
_BEGINNINGS_MOST = 8
_COMPARED_MOST = 40
_GUESSES_MOST = 3
_WORTH_SHOWING = 0.3
_BANDS = 20
"""Scores within a twentieth of the best count as equal; use decides between them."""


class AnswerIndex:
    """An index of one edition's answers. Any thread may search."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = tuple(answers)
        examples = [
            (at, _features(_words(text)))
            for at, answer in enumerate(self._answers)
            for text in (answer.title, *answer.asked)
        ]
        self._owners = [owner for owner, _ in examples]
        self._likelihoods = _likelihoods(examples, len(self._answers))
        self._rarity = _rarity([features for _, features in examples])
        self._examples = self._postings([features for _, features in examples])
        self._vocabulary = _Vocabulary(
            feature for feature in self._rarity if _PAIRED not in feature
        )

    def find(
        self, text: str, limit: int, chosen: Mapping[str, int] | None = None
    ) -> tuple[Answer, ...]:
        """The best answers first; of equally good ones that which was `chosen` most often.

        None while only words have come that are in every question.
        """
        scores = self._scores(text)
        best = max(scores, default=0.0)
        if best <= 0:
            return ()
        uses = chosen or {}
        ranked = sorted(
            (-round(_BANDS * score / best), -uses.get(answer.key, 0), -score, at)
            for at, (answer, score) in enumerate(zip(self._answers, scores, strict=True))
            if score > best * _WORTH_SHOWING
        )
        return tuple(self._answers[at] for *_, at in ranked[:limit])

    def _scores(self, text: str) -> list[float]:
        asked = _weighted(self._vocabulary.read(_words(text)))
        if _CARRIERS.issuperset(asked):
            asked = {}
        bayes = [0.0] * len(self._answers)
        near = [0.0] * len(self._owners)
        for feature, weight in asked.items():
            for at, likelihood in self._likelihoods.get(feature, ()):
                bayes[at] += weight * likelihood
            for example, share in self._examples.get(feature, ()):
                near[example] += weight * self._rarity[feature] * share
        return self._mixed(bayes, near)

    def _mixed(self, bayes: list[float], near: list[float]) -> list[float]:
        """Both kinds of score, each as a share of its best."""
        nearest = [0.0] * len(self._answers)
        for owner, closeness in zip(self._owners, near, strict=True):
            nearest[owner] = max(nearest[owner], closeness)
        most, closest = max(bayes, default=0.0) or 1.0, max(nearest, default=0.0) or 1.0
        share = _NEAREST_SHARE
        return [
            (1 - share) * one / most + share * other / closest
            for one, other in zip(bayes, nearest, strict=True)
        ]

    def _postings(
        self, examples: Sequence[Mapping[str, float]]
    ) -> dict[str, list[tuple[int, float]]]:
        """Which examples hold a feature, and its share of the example's length as a vector."""
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, features in enumerate(examples):
            weights = {name: self._rarity[name] * count for name, count in features.items()}
            length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            for name, weight in weights.items():
                postings[name].append((at, weight / length))
        return dict(postings)


class _Vocabulary:
    """The words of all examples: reads slips, glued words and beginnings as what they mean."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._by_part: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            for part in _parts(word):
                self._by_part[part].append(word)

    def read(self, words: Sequence[str]) -> Iterator[Meant]:
        """For each word the known ones it may be, each with a weight."""
        for at, word in enumerate(words):
            if word in self._words:
                yield ((word, 1.0),)
            elif word in _CARRIERS:
                continue
            elif at == len(words) - 1 and (begun := self._begun(word)):
                yield begun
            else:
                yield from self._guess(word)

    def _begun(self, word: str) -> Meant:
        if len(word) < _SHORTEST_BEGINNING:
            return ()
        found = sorted(known for known in self._words if known.startswith(word))
        return tuple((known, _GUESSED) for known in found[:_BEGINNINGS_MOST])

    def _guess(self, word: str) -> Iterator[Meant]:
        near = self._near(word)
        if near:
            yield near
            return
        for cut in range(1, len(word) - _SHORTEST_GUESSED + 1):
            head, tail = _stem(word[:cut]), _stem(word[cut:])
            if tail in self._words and (head in self._words or head in _CARRIERS):
                yield from (((part, _GUESSED),) for part in (head, tail) if part in self._words)
                return

    def _near(self, word: str) -> Meant:
        """The known words that a slip or two away may have been meant."""
        if len(word) < _SHORTEST_GUESSED:
            return ()
        most = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        shared = Counter(known for part in _parts(word) for known in self._by_part.get(part, ()))
        likeliest = (known for known, _ in shared.most_common(_COMPARED_MOST))
        near = [(_slips(word, known, most), known) for known in likeliest]
        least = min(near, default=(most + 1, ""))[0]
        if least > most:
            return ()
        found = sorted(known for slips, known in near if slips == least)
        return tuple((known, _GUESSED / least) for known in found[:_GUESSES_MOST])


def _words(text: str) -> list[str]:
    """Small letters without accents and apostrophes, endings cut, numbers left out."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    plain = _ASKS_FOR_OTHERS.sub(" ", plain.replace("\u2019", "").replace("'", ""))
    return [_stem(word) for word in _WORD.findall(plain)]


def _stem(word: str) -> str:
    """The word without its ending: orders, ordered and ordering are one."""
    if word in _CARRIERS or len(word) <= _SHORTEST_STEM:
        return word
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _SHORTEST_STEM and not word.endswith("ss"):
            return _undoubled(stem if ending != "ies" else f"{stem}y")
    return word


def _undoubled(stem: str) -> str:
    """Cancelling and canceling, shipping and ship."""
    stem = stem.removesuffix("e") if len(stem) > _SHORTEST_STEM else stem
    return stem[:-1] if stem[-1:] == stem[-2:-1] and stem[-1:] not in "aeious" else stem


def _weighted(words: Iterable[Meant]) -> dict[str, float]:
    """Words and pairs of neighbours with their weights; carriers stand in no pair."""
    features: dict[str, float] = {}
    telling: list[Meant] = []
    for meant in words:
        for word, weight in meant:
            carries = word in _CARRIERS
            heavy = weight * (_CARRIER_WEIGHT if carries else 1.0)
            features[word] = max(features.get(word, 0.0), heavy)
        if meant and meant[0][0] not in _CARRIERS:
            telling.append(meant)
    for before, after in pairwise(telling):
        for one, weight in before:
            for other, further in after:
                pair = _PAIRED.join(sorted((one, other)))
                features[pair] = max(features.get(pair, 0.0), weight * further * _PAIR_WEIGHT)
    return features


def _features(words: Sequence[str]) -> dict[str, float]:
    return _weighted([((word, 1.0),) for word in words])


def _likelihoods(
    examples: Sequence[tuple[int, Mapping[str, float]]], count: int
) -> dict[str, list[tuple[int, float]]]:
    """For each feature the answers that it speaks for, and how much: a log ratio above nought."""
    held: dict[str, Counter[int]] = defaultdict(Counter)
    sums = [0] * count
    for at, features in examples:
        for name in features:
            held[name][at] += 1
        sums[at] += len(features)
    floor = _SMOOTHING * len(held)
    spoken: dict[str, list[tuple[int, float]]] = {}
    for name, by_answer in held.items():
        total = by_answer.total()
        ratios = [
            (at, _ratio(times, sums[at] + floor, total - times, sum(sums) - sums[at] + floor))
            for at, times in by_answer.items()
        ]
        spoken[name] = [(at, math.log(ratio)) for at, ratio in ratios if ratio > 1]
    return spoken


def _ratio(times: int, among: float, elsewhere: int, others: float) -> float:
    """How much more often a feature is used here than in all other answers."""
    return (times + _SMOOTHING) / among * others / (elsewhere + _SMOOTHING)


def _rarity(examples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """How little a feature is used among the examples."""
    used = Counter(name for features in examples for name in features)
    return {name: math.log(1 + len(examples) / times) for name, times in used.items()}


def _parts(word: str) -> Iterable[str]:
    """Three letters at a time with the ends marked, each once, and the first letter with length."""
    marked = f"^{word}$"
    threes = (marked[at : at + 3] for at in range(len(marked) - 2))
    return dict.fromkeys((*threes, f"{word[:1]}{len(word)}"))


def _slips(typed: str, known: str, most: int) -> int:
    """Letters left out, put in, exchanged or swapped; more than `most` are not counted out."""
    if abs(len(typed) - len(known)) > most:
        return most + 1
    before_last: list[int] = []
    last = list(range(len(known) + 1))
    for at, letter in enumerate(typed, start=1):
        row = [at]
        for place, other in enumerate(known, start=1):
            cost = min(last[place] + 1, row[-1] + 1, last[place - 1] + (letter != other))
            swapped = at > 1 and place > 1 and letter == known[place - 2] and typed[at - 2] == other
            row.append(min(cost, before_last[place - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
        before_last, last = last, row
    return last[-1]
