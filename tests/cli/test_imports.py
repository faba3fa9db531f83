from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.program import main
from tests.import_files import SALE, Folder, a_sale


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)


def test_an_import_says_what_came_of_it(
    folder: Folder, central_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder.file("sku,name,price", "A-1,Tea,2.95", "B-1,Cup,x", name="spring.csv")
    assert main(["import", "catalogue", str(path), "--database-url", central_url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "spring.csv: 2 rows, 1 taken, 1 not taken.",
        "Added 1, changed 0, unchanged 0.",
        "Prices were taken as GBP.",
        "  1 x the price is not a number",
        "Every row that was not taken is in spring.rejects.csv.",
    ]
    rejects = (folder.path / "spring.rejects.csv").read_text(encoding="utf-8")
    assert rejects == "row,reason,sku,name,price\n3,the price is not a number,B-1,Cup,x\n"


def test_every_kind_of_file_can_be_imported(
    folder: Folder, central_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = ["--database-url", central_url]
    sales = str(folder.gz(SALE, a_sale(), name="sales.csv.gz"))
    stock = str(folder.file("nr;menge", "TEA-1;40", name="stock.csv"))
    customers = str(folder.file("name,phone", "Ada Byron,212 555 0123", name="people.csv"))
    towns = str(folder.file("zip,city", "02128,Boston", name="towns.csv"))
    asked = [
        ["import", "catalogue", sales, *url, "--currency", "GBP", "--charge", "x-1"],
        ["import", "stock", stock, *url, "--map", "code=nr", "--map", "on_hand=menge"],
        ["import", "customers", customers, *url, "--country", "us"],
        ["import", "towns", towns, *url, "--country", "US", "--rejects", "here.csv"],
    ]
    assert [main(words) for words in asked] == [0, 0, 0, 0]
    said = capsys.readouterr().out
    assert said.count("1 rows, 1 taken, 0 not taken.") == 4
    assert list(folder.path.glob("*.rejects.csv")) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04", "workbook"),
        (b"colour,size\nred,1\n", "No column looks like code"),
        ("code,name,price\nA,£5,1\n".encode("cp1252"), "--encoding cp1252"),
    ],
    ids=["empty", "workbook", "header", "encoding"],
)
def test_a_file_that_cannot_be_read_is_refused_in_plain_words(
    folder: Folder,
    central_url: str,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    words: str,
) -> None:
    path = str(folder.raw(content))
    assert main(["import", "catalogue", path, "--database-url", central_url]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_country_that_is_no_code_is_refused(
    folder: Folder, central_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(folder.file("zip,city", "02128,Boston"))
    words = ["import", "towns", path, "--database-url", central_url, "--country", "Britain"]
    assert main(words) == 1
    assert "two-letter" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--map", "code"], ["--currency", "YEN"]])
def test_an_option_that_makes_no_sense_is_not_understood(
    folder: Folder, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", "catalogue", "x.csv", *given])
    assert ended.value.code == 2
    assert capsys.readouterr().err
