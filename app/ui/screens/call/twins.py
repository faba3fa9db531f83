"""A line beside the products it could be taken for, in words: what differs is strong. Pure."""

from __future__ import annotations

from app.services.rules.speech_book import Piece
from app.values.wording import Word, word_difference
from app.wire.catalogue import Lookalikes
from app.wire.orders import OrderLine

MOST_TWINS = 3


def side_by_side(line: OrderLine, found: Lookalikes | None) -> tuple[tuple[Piece, ...], ...]:
    """The line first, then its nearest lookalikes; nothing where it has none."""
    if found is None or not found.others or not line.must_say:
        return ()
    must_say = {word.casefold().strip(".,") for word in line.must_say.split()}
    own = tuple(
        Word(word, differs=word.casefold().strip(".,") in must_say)
        for word in line.description.split()
    )
    by_code = not any(word.differs for word in own)
    rows = [_row(line.code, own, by_code=by_code)]
    for one in found.others[:MOST_TWINS]:
        _, words = word_difference(line.description, one.product.description)
        rows.append(_row(one.product.code, words, by_code=by_code))
    return tuple(rows)


def _row(code: str, words: tuple[Word, ...], *, by_code: bool) -> tuple[Piece, ...]:
    return (
        Piece(f"{code} ", strong=by_code),
        *(Piece(f" {word.text}", strong=word.differs) for word in words),
    )
