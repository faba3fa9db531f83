"""The read-back on paper: everything that the protocol says, on as many pages as it takes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.documents.read_back_protocol import render_protocol
from app.services.rules.protocol import protocol_of
from app.services.rules.regions import load_region
from app.settings import resource_folder
from app.values.vocabulary import Region
from app.wire.protocol import ProtocolRow, ProtocolSection, ReadBackProtocol
from app.wire.sync import Policy
from tests.documents.papers import GB, NO_FONTS, US
from tests.read_back_story import a_story

MADE_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
Reader = Callable[..., tuple[str, ...]]


def a_protocol(region: Region = Region.GB) -> ReadBackProtocol:
    rules = load_region(resource_folder() / "regions" / f"{region.value}.toml")
    return protocol_of(a_story(rules), rules)


def pdf_of(protocol: ReadBackProtocol, policy: Policy = GB) -> bytes:
    return render_protocol(protocol, policy, made_at=MADE_AT, fallback_fonts=NO_FONTS)


@pytest.fixture
def read(tool: Callable[[str], str], tmp_path: Path) -> Reader:
    """Pages as a reader sees them, with single blanks."""

    def pages(protocol: ReadBackProtocol, policy: Policy = GB) -> tuple[str, ...]:
        path = tmp_path / "protocol.pdf"
        path.write_bytes(pdf_of(protocol, policy))
        command = [tool("pdftotext"), "-layout", "-enc", "UTF-8", str(path), "-"]
        text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
        return tuple(" ".join(page.split()) for page in text.split("\f")[:-1])

    return pages


def test_the_paper_says_what_the_protocol_says(read: Reader) -> None:
    text = " ".join(read(a_protocol()))
    for words in (
        "417 302 9823",
        "Dana Okafor",
        "Worth a look",
        "Quantity 15 \u2192 50, misheard.",
        "Line 2: 50 \u00d7 47566 Party",
        "Why somebody has to look at it",
        "The customer was changed elsewhere during the call.",
        "Before hanging up",
        "Written out Sunday 22 November 2026 at 09:30 UK time",
    ):
        assert words in text


def test_a_call_without_trouble_says_so_on_paper(read: Reader) -> None:
    quiet = msgspec.structs.replace(a_protocol(), notable=(), reasons=())
    page = read(quiet)[0]
    assert "Nothing: every value was right the first time." in page
    assert "Why somebody" not in page


def test_a_long_read_back_runs_over_pages_with_its_heads_and_numbers(read: Reader) -> None:
    rows = tuple(
        ProtocolRow(
            time="10:00:00", about=f"Line {at}", said="\u201cTwo of it.\u201d " * 8, took="3 s"
        )
        for at in range(1, 201)
    )
    long = msgspec.structs.replace(
        a_protocol(), sections=(ProtocolSection(heading="Read-back", rows=rows),)
    )
    pages = read(long)
    assert len(pages) > 5
    assert all("What was said and answered" in page for page in pages)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]
    assert all(f"Line {at}" in " ".join(pages) for at in range(1, 201))


def test_a_row_taller_than_a_page_is_not_lost(read: Reader) -> None:
    said = " ".join(f"word{at}" for at in range(3_000))
    row = ProtocolRow(time="10:00:00", about="Rights", said=said)
    tall = msgspec.structs.replace(
        a_protocol(), sections=(ProtocolSection(heading="Read-back", rows=(row,)),)
    )
    text = " ".join(read(tall))
    assert "word0 " in text
    assert "word2999" in text


def test_american_papers_have_american_times(read: Reader) -> None:
    text = " ".join(read(a_protocol(Region.US), US))
    assert "5:31:00 a.m." in text
    assert "Sunday, November 22, 2026" in text


def test_the_same_protocol_gives_the_same_bytes() -> None:
    assert pdf_of(a_protocol()) == pdf_of(a_protocol())
