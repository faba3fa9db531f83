from __future__ import annotations

from pathlib import Path

import pytest
import reportlab
from hypothesis import given
from hypothesis import strategies as st

from app.documents.lettering import REGULAR, SEMIBOLD, Lettering, Style

BODY = Style(REGULAR, 10)
VERA = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"


@pytest.fixture
def lettering() -> Lettering:
    return Lettering(())


def test_text_without_odd_letters_is_left_alone(lettering: Lettering) -> None:
    for text in ("Bowl, 3 tier (£2.95)", "Zoë Ó Faoláin-Łukasiewicz", "Ελένη", "Анна"):
        assert lettering.clean(text) == text
    assert not lettering.stand_ins_used


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\x00\x07\u200b\u202eb\u00ad", "ab"),
        ("a\tb\u00a0c\u2003d", "a b c d"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\U0001f389", "[party popper]"),
        ("\U0001f44d\U0001f3fd\ufe0f", "[thumbs up sign]"),
        ("\U0001f1ec\U0001f1e7\U0001f1fa\U0001f1f8", "[GB][US]"),
        ("\u674e\u96f7 Li", "[U+674E U+96F7] Li"),
        ("\uffff\ue000", "[U+FFFF U+E000]"),
    ],
)
def test_odd_letters_are_mended_or_named(lettering: Lettering, text: str, printed: str) -> None:
    assert lettering.clean(text) == printed


def test_a_letter_of_a_fallback_font_is_kept_and_drawn_with_it(tmp_path: Path) -> None:
    (tmp_path / "fonts" / "truetype").mkdir(parents=True)
    (tmp_path / "fonts" / "truetype" / "FreeSans.ttf").write_bytes(VERA.read_bytes())
    lettering = Lettering((tmp_path,))
    assert lettering.clean("a \u2203 b") == "a \u2203 b"
    faces = [name for name, _ in lettering.runs("a \u2203 b", BODY)]
    assert faces == [REGULAR, "fallback:FreeSans", REGULAR]
    assert lettering.width("a \u2203 b", BODY) > lettering.width("a  b", BODY)


def test_a_broken_fallback_font_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "arial.ttf").write_bytes(b"no font at all")
    assert Lettering((tmp_path,)).clean("\u2203") == "[there exists]"


def test_figures_are_all_of_one_width(lettering: Lettering) -> None:
    for style in (BODY, Style(SEMIBOLD, 10)):
        assert len({lettering.width(figure, style) for figure in "0123456789"}) == 1


def test_a_short_text_is_one_line(lettering: Lettering) -> None:
    assert lettering.wrap("Mill Lane", BODY, 200) == ["Mill Lane"]


def test_blank_lines_are_kept_one_at_a_time(lettering: Lettering) -> None:
    assert lettering.wrap("a\n\n\n\nb\n\n", BODY, 200) == ["a", "", "b"]


def test_a_long_word_breaks_behind_a_dash_where_it_can(lettering: Lettering) -> None:
    lines = lettering.wrap("orders-and-questions@fallowandfinch.example", BODY, 120)
    assert lines[0] == "orders-and-questions@"
    assert "".join(lines) == "orders-and-questions@fallowandfinch.example"


@given(
    text=st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"])),
    width=st.integers(12, 300),
)
def test_lines_fit_their_width_and_lose_nothing(text: str, width: int) -> None:
    lettering = Lettering(())
    clean = lettering.clean(text)
    lines = lettering.wrap(clean, BODY, width)
    assert all(lettering.width(line, BODY) <= width + 0.01 for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean.split())
