"""`readback admin guidance` as an administrator types it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.program import main
from app.services.rules.guidance_files import read_guidance
from app.settings import resource_folder
from tests.guidance_files import AGE, changed, shipped_files, written

Guide = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shipped_files(tmp_path / "guidance")


@pytest.fixture
def guide(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Guide:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["admin", "guidance", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@pytest.fixture
def without_a_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Guide:
    monkeypatch.delenv("READBACK_DATABASE_URL", raising=False)

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["admin", "guidance", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def test_files_are_checked_without_a_database(folder: Path, without_a_database: Guide) -> None:
    code, out, _ = without_a_database("check", folder)
    assert code == 0
    assert re.fullmatch(r"7 checklists, 2 scripts and \d+ answers: nothing is wrong\.", out)
    changed(folder, "checklists/gift.toml", 'title = "No', 'titel = "No')
    assert without_a_database("check", folder) == (
        1,
        "",
        "readback: checklists/gift.toml: items[0]: Object contains unknown field `titel`.",
    )


def test_an_item_is_added_without_code(folder: Path, guide: Guide) -> None:
    written(folder, "checklists/age.toml", AGE)
    code, _, note = guide("publish", folder, "--by", "ada")
    assert code == 0
    assert note.endswith("hold as revision 2.")
    shown = guide("show")[1]
    assert shown.startswith("Revision 2: 8 checklists, 2 scripts and ")
    assert re.search(r"^age +phone/counter +caller +age_checked$", shown, re.MULTILINE)
    assert re.search(r"^high-value +phone, from 500\.00 ", shown, re.MULTILINE)
    assert re.search(r"^paper +fax/email/post/web_cart +paper ", shown, re.MULTILINE)


def test_a_bad_file_leaves_the_edition_that_holds(folder: Path, guide: Guide) -> None:
    written(folder, "checklists/age.toml", AGE)
    changed(folder, "scripts/us.toml", "{csr}", "{agent}")
    code, _, error = guide("publish", folder)
    assert code == 1
    assert error.startswith("readback: scripts/us.toml: steps[0].say[0]: {agent} is no placeholder")
    assert guide("show")[1].startswith("Revision 1: 7 checklists")
    assert len(guide("history")[1].splitlines()) == 2


def test_publishing_what_holds_already_says_so(folder: Path, guide: Guide) -> None:
    assert guide("publish", folder) == (
        0,
        "",
        "Nothing is new: it holds already, as revision 1.",
    )


def test_an_edition_is_exported_changed_and_published(
    folder: Path, guide: Guide, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert guide("export", out) == (0, "", f"Revision 1 is in {out}, 10 files.")
    assert read_guidance(out) == read_guidance(resource_folder())
    changed(out, "checklists/high-value.toml", '"500.00"', '"250.00"')
    assert guide("publish", out)[0] == 0
    assert "from 250.00" in guide("show")[1]
    assert guide("export", tmp_path / "first", "--revision", 1)[0] == 0
    assert read_guidance(tmp_path / "first") == read_guidance(folder)


def test_an_export_spares_what_is_there(folder: Path, guide: Guide) -> None:
    code, _, error = guide("export", folder)
    assert (code, error) == (1, f"readback: {folder} is not empty. Name a new folder.")


def test_a_revision_that_never_was_is_refused(guide: Guide, tmp_path: Path) -> None:
    assert guide("export", tmp_path / "out", "--revision", 9) == (
        1,
        "",
        "readback: There is no revision 9.",
    )


def test_the_history_lists_every_edition_the_newest_first(folder: Path, guide: Guide) -> None:
    written(folder, "checklists/age.toml", AGE)
    guide("publish", folder, "--by", "ada")
    head, newest, first = guide("history")[1].splitlines()
    assert head.split() == ["REVISION", "PUBLISHED", "BY", "CHECKLISTS", "SCRIPTS", "ANSWERS"]
    assert re.match(r"2 +20\d\d-.* UTC +ada +8 +2 ", newest)
    assert re.match(r"1 +2026-.* UTC +7 +2 ", first)
