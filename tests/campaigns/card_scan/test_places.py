"""Whatever an installation keeps can be searched: packed papers, and what goes over a line too."""

from __future__ import annotations

import contextlib
import http.server
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.campaigns.card_scan.encodings import Sought
from app.campaigns.card_scan.numbers import card_number
from app.campaigns.card_scan.paid_orders import known_numbers
from app.campaigns.card_scan.places import Place, files_in, search_place
from app.campaigns.card_scan.wire_tap import WireTap
from app.documents.evidence_report import render_evidence
from app.transport.client import HttpCarrier
from app.values.errors import Unreachable
from tests.documents.papers import NO_FONTS
from tests.documents.test_evidence_report import MADE_AT, REPORT

NUMBER = Sought("number", card_number(Random(31).random))  # noqa: S311 - for a search, no secret
TEXT = "".join(map(str, NUMBER.digits))


def found_in(*contents: bytes) -> int:
    searched = search_place(Place("a place", lambda: iter(contents)), (NUMBER,))
    assert searched.pieces == len(contents)
    return sum(searched.found.values())


def test_a_number_is_found_wherever_a_piece_ends() -> None:
    for before in (0, 1 << 20, (1 << 20) - 8):
        assert found_in(bytes(before) + TEXT.encode() + bytes(100)) == 1


def test_what_holds_no_number_is_clean() -> None:
    assert found_in(b"", b"\0" * 5_000, TEXT[:12].encode(), b"4929 and so on") == 0


def test_a_number_in_a_table_file_is_found(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "kept.db")) as table:
        table.execute("CREATE TABLE kept (words TEXT, number INTEGER)")
        table.execute("INSERT INTO kept VALUES (?, ?)", (f"paid with {TEXT}", int(TEXT)))
        table.commit()
    assert found_in(*files_in(tmp_path)) == 2


def test_folders_that_are_searched_by_themselves_are_left_out(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.log").write_text(TEXT)
    assert len(list(files_in(tmp_path))) == 2
    assert len(list(files_in(tmp_path, tmp_path / "other"))) == 1


def test_a_number_on_a_packed_paper_is_found() -> None:
    paper = render_evidence(
        replace(REPORT, findings=(f"Paid with {TEXT}.",)), made_at=MADE_AT, fallback_fonts=NO_FONTS
    )
    assert TEXT.encode() not in paper
    assert found_in(paper) > 0
    assert found_in(render_evidence(REPORT, made_at=MADE_AT, fallback_fonts=NO_FONTS)) == 0


def test_the_numbers_that_are_typed_are_told_apart_and_not_shown() -> None:
    numbers = known_numbers()
    assert len({one.digits for one in numbers}) == len(numbers) > 5
    assert {len(one.digits) for one in numbers} >= {15, 16}


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_goes_over_a_line_is_kept_both_ways(service: str) -> None:
    with WireTap(service) as tap, contextlib.closing(HttpCarrier(tap.url)) as carrier:
        assert carrier.post("/v1/x", {}, TEXT.encode(), 5).body == TEXT.encode()
        assert found_in(tap.heard) == 2


def test_a_service_that_is_away_is_away_behind_the_tap_too() -> None:
    with (
        WireTap("http://127.0.0.1:9") as tap,
        contextlib.closing(HttpCarrier(tap.url)) as carrier,
        pytest.raises(Unreachable),
    ):
        carrier.post("/v1/x", {}, b"", 5)
