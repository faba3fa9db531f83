from __future__ import annotations

import gzip

import pytest

from app.services.central.imports.table_file import Field, Row, TableFile, place_columns
from app.values.errors import Refusal
from tests.import_files import Folder

FIELDS = (
    Field(name="code", aliases=("sku", "StockCode"), required=True),
    Field(name="price", aliases=("UnitPrice",)),
)


def rows_of(folder: Folder, content: bytes, encoding: str | None = None) -> list[Row]:
    with TableFile(folder.raw(content), encoding) as file:
        return list(file.rows())


def refusal_of(folder: Folder, content: bytes, encoding: str | None = None) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        rows_of(folder, content, encoding)
    return refusal.value


class TestAFile:
    def test_is_read_row_by_row_as_a_spreadsheet_numbers_them(self, folder: Folder) -> None:
        rows = rows_of(folder, b"a,b\n1,2\n\n3,4\n")
        assert [(row.number, row.values) for row in rows] == [(2, ["1", "2"]), (4, ["3", "4"])]

    def test_is_unpacked_whatever_it_is_called(self, folder: Folder) -> None:
        assert rows_of(folder, gzip.compress(b"a\n1\n"))[0].values == ["1"]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_may_be_parted_by_other_signs(self, folder: Folder, delimiter: str) -> None:
        content = f"code{delimiter}price\nA{delimiter}1\n".encode()
        assert rows_of(folder, content)[0].values == ["A", "1"]

    def test_may_hold_line_breaks_in_quotes(self, folder: Folder) -> None:
        assert rows_of(folder, b'a,b\n"one\ntwo",3\n')[0].values == ["one\ntwo", "3"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_may_begin_with_a_mark_of_its_encoding(self, folder: Folder, encoding: str) -> None:
        with TableFile(folder.raw("code\n£5\n".encode(encoding))) as file:
            assert file.header == ("code",)
            assert next(file.rows()).values == ["£5"]

    def test_may_be_of_another_encoding_when_that_is_said(self, folder: Folder) -> None:
        assert rows_of(folder, "a\n£5\n".encode("cp1252"), "cp1252")[0].values == ["£5"]

    def test_tells_how_far_it_is(self, folder: Folder) -> None:
        steps: list[tuple[str, int, int]] = []
        with TableFile(folder.raw(b"a\n" + b"1\n" * 12_000)) as file:
            for _ in file.rows(lambda *step: steps.append(step)):
                pass
        assert steps[-1][1] == steps[-1][2] == 24_002
        assert len(steps) == 3


class TestAFileThatIsWrong:
    @pytest.mark.parametrize(
        "content",
        [b"", b"\n\n  \n", gzip.compress(b"", mtime=0)],
        ids=["nothing", "blank lines", "packed nothing"],
    )
    def test_and_empty_is_called_empty(self, folder: Folder, content: bytes) -> None:
        assert refusal_of(folder, content).code == "file_empty"

    def test_and_missing_is_named(self, folder: Folder) -> None:
        with pytest.raises(Refusal) as refusal, TableFile(folder.path / "none.csv"):
            pass
        assert "none.csv" in refusal.value.sentence

    def test_and_a_folder_is_refused(self, folder: Folder) -> None:
        with pytest.raises(Refusal) as refusal, TableFile(folder.path):
            pass
        assert refusal.value.code == "file_missing"

    @pytest.mark.parametrize(
        "content",
        [b"PK\x03\x04xlsx", b"\xd0\xcf\x11\xe0xls", b"%PDF-1.7", b"\x7fELF\0\0\0\1", bytes(999)],
        ids=["workbook", "old workbook", "pdf", "program", "zeros"],
    )
    def test_and_no_text_is_called_that(self, folder: Folder, content: bytes) -> None:
        assert refusal_of(folder, content).code == "file_not_text"

    def test_and_of_another_encoding_says_what_to_try(self, folder: Folder) -> None:
        refusal = refusal_of(folder, "a\nplain\n£5\n".encode("cp1252") * 3)
        assert refusal.code == "file_encoding"
        assert "--encoding cp1252" in refusal.sentence

    def test_and_of_an_encoding_nobody_knows_is_refused(self, folder: Folder) -> None:
        assert refusal_of(folder, b"a\n1\n", "klingon").code == "file_encoding"

    def test_and_cut_off_is_called_cut_off(self, folder: Folder) -> None:
        packed = gzip.compress(b"a\n" + bytes(str(list(range(40_000))), "ascii"))
        refusal = refusal_of(folder, packed[: len(packed) // 2])
        assert (refusal.code, "cut off" in refusal.sentence) == ("file_damaged", True)

    def test_and_damaged_is_called_damaged(self, folder: Folder) -> None:
        packed = bytearray(gzip.compress(b"a\n" + b"".join(b"%d\n" % n for n in range(9_999))))
        packed[200:260] = bytes(60)
        assert refusal_of(folder, bytes(packed)).code == "file_damaged"

    def test_and_never_closes_a_quotation_mark_says_so(self, folder: Folder) -> None:
        refusal = refusal_of(folder, b'a,b\n"open,1\n' + b"2,3\n" * 50_000)
        assert (refusal.code, "quotation" in refusal.sentence) == ("file_damaged", True)


class TestColumns:
    def test_are_guessed_by_the_names_they_usually_have(self) -> None:
        assert place_columns(["Unit Price", "STOCK_CODE"], FIELDS, {}) == {"code": 1, "price": 0}

    def test_may_be_said(self) -> None:
        placed = place_columns(["sku", "mine"], FIELDS, {"code": "Mine"})
        assert placed == {"code": 1}

    def test_may_be_left_out(self) -> None:
        assert place_columns(["sku", "price"], FIELDS, {"price": ""}) == {"code": 0}

    def test_that_are_missing_are_named_with_what_there_is(self) -> None:
        with pytest.raises(Refusal) as refusal:
            place_columns(["a", "b"], FIELDS, {})
        assert refusal.value.sentence == (
            "No column looks like code. Its columns are: a, b. Say which it is: --map code=COLUMN."
        )

    def test_that_do_not_exist_are_refused(self) -> None:
        with pytest.raises(Refusal) as refusal:
            place_columns(["sku"], FIELDS, {"code": "nope"})
        assert refusal.value.code == "column_unknown"

    def test_for_a_field_that_does_not_exist_are_refused(self) -> None:
        with pytest.raises(Refusal) as refusal:
            place_columns(["sku"], FIELDS, {"colour": "sku"})
        assert refusal.value.code == "field_unknown"
