"""Scripts with the words of a call filled in."""

from __future__ import annotations

import pytest

from app.services.rules.guidance_files import read_guidance
from app.services.rules.scripts import Filling, Step, filled, step_of, strange_placeholder
from app.settings import resource_folder
from app.values.vocabulary import Region
from tests.read_backs import a_guidance

FILLING = Filling(company="Hearth & Vale", csr="Dana", phone="0113 496 0000", email="")


def test_placeholders_are_filled_in() -> None:
    lines = ("This is {csr} at {company}.", "Ring {phone}.")
    assert filled(lines, FILLING) == ("This is Dana at Hearth & Vale.", "Ring 0113 496 0000.")


def test_a_line_that_lacks_what_belongs_into_it_is_left_out() -> None:
    assert filled(("Write to {email}.", "Goodbye."), FILLING) == ("Goodbye.",)


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    strange = Filling(company="{csr}", csr="Dana", phone="", email="")
    assert filled(("{company}",), strange) == ("{csr}",)


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("{company} {csr} {phone} {email}", None),
        ("no braces", None),
        ("{Company}", "{Company}"),
        ("{ csr }", "{ csr }"),
        ("{}", "{}"),
        ("a { b", "{"),
        ("a } b {csr}", "}"),
        ("{{csr}}", "{"),
    ],
)
def test_a_placeholder_nobody_fills_is_found(text: str, strange: str | None) -> None:
    assert strange_placeholder(text) == strange


@pytest.mark.parametrize("region", list(Region))
def test_every_step_the_program_asks_for_ships(region: Region) -> None:
    shipped = read_guidance(resource_folder())
    for key in Step:
        step = step_of(shipped, region, key)
        assert step is not None
        assert filled(step.say, FILLING)


def test_a_step_that_is_not_there_is_none() -> None:
    assert step_of(a_guidance(), Region.GB, "greeting") is None
