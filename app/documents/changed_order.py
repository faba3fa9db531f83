"""What the confirmation of a changed order says beside that of a new one.

Its version, what is new, what is no longer sent, what goes back. A placed order and its version in,
words out; the number, and so the code to scan, stays. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.rights import write_beside
from app.documents.sheet import Sheet
from app.documents.texts import ChangedTexts, RegionTexts
from app.wire.order_changes import Difference
from app.wire.order_page import VersionOnPaper

MOST = 40
"""More differences than this are in the table of lines anyway."""


def title_of(version: VersionOnPaper, texts: RegionTexts) -> str:
    """`Changed order`, or that nothing of it is left."""
    return texts.changed.title_cancelled if version.is_cancelled else texts.changed.title


def version_line(version: VersionOnPaper, texts: RegionTexts) -> str:
    """`Version 2, changed on Friday 20 November 2026 at 10:30 UK time`."""
    return texts.changed.version.format(
        revision=version.revision,
        day=texts.weekday(texts.local_day(version.changed_at)),
        time=texts.local_time(version.changed_at),
    )


def money_lines(version: VersionOnPaper, texts: ChangedTexts) -> Iterator[str]:
    """What goes back of what was paid, and what has gone back."""
    if version.returning.minor:
        if len(version.cards) == 1:
            yield texts.goes_back_to_card.format(
                amount=version.returning, last_four=version.cards[0]
            )
        else:
            yield texts.goes_back.format(amount=version.returning)
    if version.refunded.minor:
        yield texts.refunded.format(amount=version.refunded)


def write_changes(sheet: Sheet, version: VersionOnPaper, texts: RegionTexts) -> None:
    """What is new in this version, and the pieces that are no longer sent."""
    clean = sheet.lettering.clean
    if version.differences:
        shown = [_words(one, texts.changed.none) for one in version.differences[:MOST]]
        more = len(version.differences) - len(shown)
        if more:
            shown.append(texts.changed.more.format(count=more))
        sheet.down(12)
        write_beside(sheet, texts.changed.new, clean("; ".join(shown)))
    if version.cancelled:
        names = [f"{one.pieces:,} \u00d7 {one.description}" for one in version.cancelled[:MOST]]
        more = len(version.cancelled) - len(names)
        if more:
            names.append(texts.changed.more.format(count=more))
        sheet.down(10)
        write_beside(sheet, texts.changed.cancelled, clean("; ".join(names)))


def _words(one: Difference, none: str) -> str:
    """What is new needs no arrow; what is gone says so."""
    if one.old:
        return f"{one.what}: {one.old} \u2192 {one.new or none}"
    return f"{one.what}: {one.new}"
