"""Orders as files for a warehouse, and what the settings say of one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.adapters.warehouse_files import COLUMNS, FileFormat, WarehouseFiles, as_csv
from app.adapters.warehouse_loading import load_warehouse
from app.values.contact import PostalAddress
from app.values.errors import Refusal, Unreachable
from app.values.warehouse import HandOverKind, WarehouseAnswer
from app.wire.message import decode
from app.wire.warehouse import HandOver
from app.wire.webhook_signature import written_secret
from tests.fakes import FixedClock
from tests.warehouses import KEY, a_message

BOTH = (FileFormat.JSON, FileFormat.CSV)
SINCE = "2026-11-01T00:00:00Z"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_message_is_one_file_of_each_form_however_often_it_is_told(tmp_path: Path) -> None:
    files = WarehouseFiles(tmp_path, BOTH)
    message = a_message()
    for _ in range(2):
        assert files.tell(message, 7).answer is WarehouseAnswer.RECEIVED
    stem = "000000000007-4173029823-v1-m-1"
    assert names(tmp_path) == [f"{stem}.csv", f"{stem}.json"]
    assert decode((tmp_path / f"{stem}.json").read_bytes(), HandOver) == message


def test_a_file_that_was_taken_is_not_written_again(tmp_path: Path) -> None:
    files = WarehouseFiles(tmp_path, (FileFormat.JSON,))
    files.tell(a_message(), 1)
    (tmp_path / "taken").mkdir()
    (only,) = tmp_path.glob("*.json")
    only.rename(tmp_path / "taken" / only.name)
    files.tell(a_message(), 1)
    assert names(tmp_path) == ["taken"]


def test_a_folder_that_has_gone_is_a_warehouse_that_is_away(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    files = WarehouseFiles(folder, BOTH)
    folder.rmdir()
    with pytest.raises(Unreachable, match="warehouse_folder"):
        files.tell(a_message(), 1)


def test_a_csv_file_has_a_row_for_each_line_and_keeps_every_sign() -> None:
    message = a_message()
    odd = PostalAddress(country="GB", name='O"Neill, Ltd;', street=("1 High St", "Flat 2"))
    message = replace(message, order=replace(message.order, deliver_to=odd, instructions="a\r\nb"))
    (row,) = csv.DictReader(io.StringIO(as_csv(message).decode("utf-8"), newline=""))
    assert tuple(row) == COLUMNS
    assert (row["code"], row["quantity"], row["type"]) == ("TEA-1", "3", "order.new")
    assert (row["name"], row["street"], row["instructions"]) == (
        *('O"Neill, Ltd;', "1 High St\nFlat 2", "a\r\nb"),
    )


def test_a_cancelled_order_is_one_row_without_a_line() -> None:
    message = a_message(kind=HandOverKind.CANCELLED)
    (row,) = csv.DictReader(io.StringIO(as_csv(message).decode("utf-8"), newline=""))
    assert (row["type"], row["code"], row["number"]) == ("order.cancelled", "", "4173029823")


class TestTheSettings:
    @pytest.fixture
    def secret(self, tmp_path: Path) -> str:
        path = tmp_path / "secret"
        path.write_text(f"{written_secret(KEY)}\n{written_secret(b'y' * 24)}\n", "ascii")
        return str(path)

    def test_no_table_is_no_warehouse(self) -> None:
        assert load_warehouse({}, FixedClock()) is None

    def test_name_a_webhook_a_folder_or_both(self, tmp_path: Path, secret: str) -> None:
        out = tmp_path / "out"
        out.mkdir()
        url = {"since": SINCE, "url": "https://wms.example/orders", "secret_file": secret}
        for table in (url, url | {"folder": str(out)}, {"since": SINCE, "folder": str(out)}):
            parts = load_warehouse(table, FixedClock())
            assert parts is not None
            assert len(parts.keys) == (2 if "secret_file" in table else 0)
            parts.line.close()

    @pytest.mark.parametrize(
        ("table", "words"),
        [
            ({"folder": "."}, "since"),
            ({"since": SINCE}, "neither"),
            ({"since": SINCE, "folder": "/no/such/folder"}, "no folder"),
            ({"since": SINCE, "folder": ".", "formats": []}, "no format"),
            ({"since": SINCE, "url": "https://wms.example"}, "secret_file"),
            ({"since": SINCE, "url": "http://wms.example", "secret_file": "SECRET"}, "https"),
            ({"since": SINCE, "url": "https://w.example", "secret_file": "/none"}, "be read"),
            ({"since": SINCE, "folder": ".", "colour": "red"}, "colour"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_that_are_wrong_are_refused_in_words(
        self, table: dict[str, object], words: str, secret: str
    ) -> None:
        if table.get("secret_file") == "SECRET":
            table = table | {"secret_file": secret}
        with pytest.raises(Refusal, match=words) as refusal:
            load_warehouse(table, FixedClock())
        assert refusal.value.code == "settings_malformed"
