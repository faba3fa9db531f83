"""Pages of paper: a pen that moves down, marks that are kept, and the PDF made of them at the end.

Marks are kept before anything is painted, so that every page can say how many there are. Knows
points and colours, nothing about orders. The same marks always give the same bytes.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from app.documents.lettering import REGULAR, SEMIBOLD, Lettering, Style

A4 = (595.28, 841.89)
US_LETTER = (612.0, 792.0)

ACCENT = "#0B5CAD"
INK = "#1A1D21"
MUTED = "#565D66"
HAIRLINE = "#D5DAE0"
TINT = "#EFF4FA"

BODY = Style(size=9.2, colour=INK)
STRONG = Style(SEMIBOLD, 9.2, INK)
LABEL = Style(SEMIBOLD, 8, MUTED)
SMALL = Style(size=8, colour=MUTED)
LEADING = 12.4
"""From one line of body text to the next."""

rl_config.useA85 = 0  # plain bytes: files a fifth smaller, and quicker than packing them as text

_PAINTING = threading.Lock()
"""ReportLab's fonts read their own file while they are cut down: one paper at a time."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `x` is where it begins."""

    x: float
    y: float
    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; also every rule and every square of a code."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The outline of a rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(slots=True)
class Page:
    """The marks of one page."""

    words: list[Words] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What the file says about itself; `made_at` is its date."""

    title: str
    author: str
    subject: str
    language: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The size of the paper and the room left free at its edges, in points."""

    size: tuple[float, float]
    side: float = 48
    top: float = 42
    bottom: float = 58


class Sheet:
    """The paper while it is written; `y` is how far above the lower edge the pen stands."""

    def __init__(self, layout: Layout, lettering: Lettering) -> None:
        self.layout = layout
        self.lettering = lettering
        self.left = layout.side
        self.right = layout.size[0] - layout.side
        self.pages: list[Page] = [Page()]
        self.y = layout.size[1] - layout.top

    @property
    def width(self) -> float:
        """Points between the margins."""
        return self.right - self.left

    @property
    def room(self) -> float:
        """Points left on this page."""
        return self.y - self.layout.bottom

    @property
    def page(self) -> Page:
        """The page under the pen."""
        return self.pages[-1]

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append(Page())
        self.y = self.layout.size[1] - self.layout.top

    def down(self, points: float) -> None:
        """Move the pen."""
        self.y -= points

    def need(self, points: float) -> bool:
        """Turn the page if less room than this is left; whether it was turned."""
        if self.room >= points:
            return False
        self.turn()
        return True

    def words(self, x: float, text: str, style: Style, *, rise: float = 0) -> None:
        """A clean line from `x` on; `rise` points above the pen."""
        if text:
            self.page.words.append(Words(x, self.y + rise, text, style))

    def words_to(self, x: float, text: str, style: Style, *, rise: float = 0) -> None:
        """A clean line that ends at `x`."""
        self.words(x - self.lettering.width(text, style), text, style, rise=rise)

    def rule(self, colour: str, *, thick: float, x: float | None = None, rise: float = 0) -> None:
        """A line from `x` (or the left) to the right edge, `rise` points above the pen."""
        start = self.left if x is None else x
        self.page.boxes.append(Box(start, self.y + rise, self.right - start, thick, colour))

    def box(self, x: float, width: float, height: float, colour: str, *, drop: float = 0) -> None:
        """A filled rectangle that hangs from the pen, `drop` points below it."""
        self.page.boxes.append(Box(x, self.y - drop - height, width, height, colour))

    def frame(self, x: float, width: float, height: float, colour: str) -> None:
        """An outline that hangs from the pen."""
        self.page.frames.append(Frame(x, self.y - height, width, height, colour))

    @contextmanager
    def at(self, number: int, y: float) -> Iterator[None]:
        """Write on a page counted from 1, at a height of its own; the pen returns afterwards."""
        pages, kept_y = self.pages, self.y
        self.pages, self.y = pages[:number], y
        yield
        self.pages, self.y = pages, kept_y

    def enter(self, title: str) -> None:
        """Name this page in the outline."""
        self.page.entries.append(title)


def print_pages(sheet: Sheet, imprint: Imprint) -> bytes:
    """The PDF of everything on the sheet."""
    target = io.BytesIO()
    with _PAINTING:
        canvas = Canvas(
            target,
            pagesize=sheet.layout.size,
            pageCompression=1,
            invariant=1,
            lang=imprint.language,
            initialFontName=REGULAR,  # type: ignore[arg-type] # the stubs want a number
        )
        _describe(canvas, imprint)
        for page in sheet.pages:
            _paint(canvas, page, sheet.lettering)
            canvas.showPage()
        canvas.save()
    return target.getvalue()


def _describe(canvas: Canvas, imprint: Imprint) -> None:
    made = f"D:{imprint.made_at:%Y%m%d%H%M%S}+00'00'"
    canvas.setTitle(imprint.title)
    canvas.setAuthor(imprint.author)
    canvas.setSubject(imprint.subject)
    canvas.setCreator("Readback")
    canvas.setDateFormatter(lambda *_: made)
    canvas.setViewerPreference("DisplayDocTitle", "true")


def _paint(canvas: Canvas, page: Page, lettering: Lettering) -> None:
    for title in page.entries:
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title)
    for colour, boxes in groupby(page.boxes, key=attrgetter("colour")):
        canvas.setFillColorRGB(*_rgb(colour))
        outline = canvas.beginPath()
        for box in boxes:
            outline.rect(box.x, box.y, box.width, box.height)
        canvas.drawPath(outline, stroke=0, fill=1)
    for frame in page.frames:
        canvas.setStrokeColorRGB(*_rgb(frame.colour))
        canvas.roundRect(frame.x, frame.y, frame.width, frame.height, 3)
    text = canvas.beginText()
    _write(text, page.words, lettering)
    canvas.drawText(text)


def _write(text: PDFTextObject, words: list[Words], lettering: Lettering) -> None:
    """All lines of a page in one text object: four times faster than one each."""
    font: tuple[str, float] | None = None
    colour = ""
    for line in words:
        text.setTextOrigin(line.x, line.y)
        if line.style.colour != colour:
            colour = line.style.colour
            text.setFillColorRGB(*_rgb(colour))
        runs = lettering.runs(line.text, line.style)
        put = text.textLine if len(runs) == 1 else text.textOut  # only the latter measures its text
        for name, letters in runs:
            if font != (name, line.style.size):
                font = (name, line.style.size)
                text.setFont(*font)
            put(letters)


@cache
def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255
