"""`readback admin evidence` and `readback admin calls` as an administrator types them.

The pauses are made by the rows that the service writes; the recordings by the simulated exchange,
on the same clock.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import insert

from app.cli.program import main
from app.models.central.recording import CallFlagRow
from app.services.central.evidence import add_evidence
from app.services.central.transaction import Transaction
from app.services.rules.evidence import EVENT, EvidenceKind
from app.simulators.call_recorder import CallRecorder
from app.values.vocabulary import CallEventKind, CallFlag
from app.wire.operations import ENROL_DEVICE
from tests.builders import an_id
from tests.centre import Centre

Readback = Callable[..., tuple[int, str, str]]
LEASE = an_id(1)


@pytest.fixture
def readback(
    central_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Readback:
    monkeypatch.setenv("READBACK_DATABASE_URL", central_url)

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["admin", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


@dataclass
class Site:
    """A centre and an exchange on one clock, with a call under way."""

    centre: Centre
    exchange: CallRecorder
    device_id: UUID
    call: str = ""

    def begin_call(self) -> None:
        self.call = self.exchange.start_call("2001", "01632960001")

    def talk(self, seconds: float) -> None:
        self.centre.clock.advance(seconds=seconds)
        self.exchange.write_due()

    def note(self, kind: str, lease_id: UUID = LEASE, **facts: Any) -> None:  # noqa: ANN401 - a document
        document = {
            "reference": self.call,
            "order_id": str(an_id(2)),
            "device_id": str(self.device_id),
            "person_id": str(an_id(3)),
            "extension": "2001",
            **facts,
        }

        def add(tx: Transaction) -> None:
            add_evidence(tx, lease_id, kind, document)

        self.centre.administration.write(add)

    def mute(self, *, silent: bool) -> None:
        customer = self.exchange.call(self.call).customer
        assert self.exchange.mute(customer, "", silent=silent, both=True)

    def pause(self, lease_id: UUID = LEASE, *, mutes: bool = True) -> None:
        self.note(EvidenceKind.REQUESTED, lease_id)
        if mutes:
            self.mute(silent=True)
        recordings = [
            {"recorder": "pbx", "recording": "=uniqueid-1", "confirmed_by": "event"},
            {"recorder": "screen", "recording": "session-4", "confirmed_by": "answer"},
        ]
        self.note(EvidenceKind.CONFIRMED, lease_id, recordings=recordings)

    def release(self, lease_id: UUID = LEASE, *, unmutes: bool = True) -> None:
        at = self.centre.clock.now().isoformat()
        facts = {"end": "submitted", "first_digit_at": at, "last_digit_at": at}
        self.note(EvidenceKind.RELEASED, lease_id, **facts)
        if unmutes:
            self.mute(silent=False)
        self.note(EvidenceKind.RESUMED, lease_id, end="submitted", tries=1)

    def hang_up(self) -> Path:
        files = self.exchange.call(self.call).files
        self.exchange.hang_up(self.call)
        return self.exchange.folder / files[0].file


@pytest.fixture
def site(central_url: str, tmp_path: Path) -> Iterator[Site]:
    centre = Centre(central_url, (ENROL_DEVICE,))
    exchange = CallRecorder(tmp_path / "recordings", centre.clock)
    made = Site(centre, exchange, centre.enrolled("Desk 12").device_id)
    made.begin_call()
    yield made
    exchange.close()
    centre.close()


@pytest.fixture
def paused(site: Site) -> Site:
    """One capture: sound for 3 s, a pause of 4 s, sound for 3 s."""
    site.talk(3)
    site.pause()
    site.talk(4)
    site.release()
    site.talk(3)
    return site


BACK_BY_ONE = (
    "UPDATE evidence_head SET position = 3, "
    "digest = (SELECT digest FROM evidence WHERE position = 3)"
)


def spoil(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.usefixtures("paused")
def test_evidence_that_nobody_touched_holds(readback: Readback) -> None:
    code, out, _ = readback("evidence", "verify")
    assert code == 0
    assert out.splitlines()[0] == "The evidence of 4 rows holds."
    assert out.splitlines()[1].startswith("head 4:")


@pytest.mark.usefixtures("paused")
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE evidence SET kind = 'refused' WHERE position = 2", "Row 2"),
        ("UPDATE evidence SET document = '{}' WHERE position = 3", "Row 3"),
        ("DELETE FROM evidence WHERE position = 2", "Row 2 was removed"),
        ("DELETE FROM evidence WHERE position = 4", "Row 4 was removed"),
        (BACK_BY_ONE, "Row 4 of pause"),
    ],
    ids=["kind", "document", "removed", "the newest", "past the head"],
)
def test_a_row_that_was_touched_is_named(
    central_url: str, readback: Readback, statement: str, named: str
) -> None:
    spoil(central_url, statement)
    code, out, _ = readback("evidence", "verify")
    assert code == 1
    assert named in out


def test_a_head_that_was_kept_finds_what_was_written_anew(
    central_url: str, paused: Site, readback: Readback
) -> None:
    head = readback("evidence", "verify")[1].splitlines()[-1].removeprefix("head ")
    spoil(central_url, "DELETE FROM evidence WHERE position = 4")
    spoil(central_url, BACK_BY_ONE)
    assert readback("evidence", "verify")[0] == 0
    assert readback("evidence", "verify", "--head", head)[0] == 1
    paused.note(EvidenceKind.RESUMED, end="cancelled", tries=1)
    assert readback("evidence", "verify", "--head", head)[0] == 1


def test_a_head_that_is_none_is_refused(readback: Readback) -> None:
    for head in ("4", "4:zz", "x:00", f"-1:{'00' * 32}"):
        code, _, err = readback("evidence", "verify", f"--head={head}")
        assert code == 1
        assert "hexadecimal" in err


def test_captures_are_written_down(paused: Site, readback: Readback, tmp_path: Path) -> None:
    paused.pause(an_id(7))
    paused.note(f"{EVENT}{CallEventKind.RECORDER_STARTED}", an_id(7), recorder="pbx")
    table, paper = tmp_path / "evidence.csv", tmp_path / "evidence.pdf"
    code, _, note = readback("evidence", "export", "--csv", table, "--pdf", paper)
    assert (code, note) == (0, "2 captures written.")
    assert paper.read_bytes().startswith(b"%PDF")
    first, second = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")))
    assert first["lease_id"] == str(LEASE)
    assert first["seat"] == f"Desk 12 ({paused.device_id})"
    assert "pbx: =uniqueid-1, confirmed by its event" in first["recordings"]
    assert first["end"] == "The card was sent."
    assert first["confirmed_at"] < first["first_digit_at"] <= first["released_at"]
    assert "One more recorder began" in second["events"]
    assert not second["end"]


def test_a_cell_that_a_spreadsheet_would_work_out_is_text(
    site: Site, readback: Readback, tmp_path: Path
) -> None:
    site.call = "=HYPERLINK(1)"
    site.note(EvidenceKind.REQUESTED)
    table = tmp_path / "evidence.csv"
    readback("evidence", "export", "--csv", table)
    assert "'=HYPERLINK(1)" in table.read_text(encoding="utf-8")


@pytest.mark.usefixtures("paused")
def test_only_captures_of_the_days_that_are_asked_for(readback: Readback, tmp_path: Path) -> None:
    to_nowhere = ("--csv", tmp_path / "evidence.csv")
    counts = {
        words: readback("evidence", "export", *to_nowhere, *words)[2]
        for words in (("--to", "2020-01-01"), ("--from", "2020-01-01"), ("--from", "2099-01-01"))
    }
    assert list(counts.values()) == [
        "0 captures written.",
        "1 captures written.",
        "0 captures written.",
    ]


@pytest.mark.usefixtures("paused")
def test_findings_go_with_the_export(central_url: str, readback: Readback, tmp_path: Path) -> None:
    spoil(central_url, "UPDATE evidence SET kind = 'refused' WHERE position = 2")
    code, out, _ = readback("evidence", "export", "--pdf", tmp_path / "evidence.pdf")
    assert code == 1
    assert "Row 2" in out


def test_an_export_needs_a_file(readback: Readback, tmp_path: Path) -> None:
    assert "--csv FILE" in readback("evidence", "export")[2]
    code, _, err = readback("evidence", "export", "--csv", tmp_path / "nowhere" / "e.csv")
    assert code == 1
    assert "cannot be written" in err


def test_a_recording_is_silent_while_it_was_paused(paused: Site, readback: Readback) -> None:
    code, out, _ = readback("evidence", "check-audio", "--recording", paused.hang_up())
    assert code == 0
    assert "3.00 s to 7.00 s: silent, RMS 0." in out
    assert out.count("sound, RMS") == 2
    assert out.endswith("It holds.")


def test_a_pause_may_be_named_and_the_start_be_said(paused: Site, readback: Readback) -> None:
    began = paused.exchange.call(paused.call).files[0].started_at
    recording = paused.hang_up()
    recording.with_name(f"{paused.call}.json").unlink()
    check = partial(readback, "evidence", "check-audio", "--recording", recording)
    assert "--started-at" in check("--lease", LEASE)[2]
    code, out, _ = check("--lease", LEASE, "--started-at", began.isoformat())
    assert code == 0, out
    assert "no evidence" in check("--lease", an_id(9), "--started-at", began.isoformat())[2]
    assert "--call" in check("--started-at", began.isoformat())[2]


def test_a_recorder_that_only_said_so_is_heard(site: Site, readback: Readback) -> None:
    site.talk(3)
    site.pause(mutes=False)
    site.talk(4)
    site.release(unmutes=False)
    site.talk(3)
    code, out, _ = readback("evidence", "check-audio", "--recording", site.hang_up())
    assert code == 1
    assert "NOT SILENT" in out
    assert out.endswith("IT DOES NOT HOLD.")


def test_a_recording_that_was_never_resumed_is_heard(site: Site, readback: Readback) -> None:
    site.talk(3)
    site.pause()
    site.talk(4)
    site.release(unmutes=False)
    site.talk(3)
    code, out, _ = readback("evidence", "check-audio", "--recording", site.hang_up())
    assert code == 1
    assert "stayed paused" in out


def test_two_pauses_of_a_call_are_both_looked_at(paused: Site, readback: Readback) -> None:
    paused.pause(an_id(7))
    paused.talk(2)
    paused.release(an_id(7))
    paused.talk(1)
    code, out, _ = readback("evidence", "check-audio", "--recording", paused.hang_up())
    assert code == 0, out
    assert out.count("silent, RMS 0.") == 2
    assert out.count("sound, RMS") == 3


def test_what_is_no_recording_is_refused(readback: Readback, tmp_path: Path) -> None:
    check = partial(readback, "evidence", "check-audio", "--recording")
    assert "cannot be read" in check(tmp_path / "none.wav")[2]
    (tmp_path / "text.wav").write_text("no sound")
    assert "no WAV file" in check(tmp_path / "text.wav")[2]


def flag(site: Site, kind: CallFlag) -> None:
    def add(tx: Transaction) -> None:
        values = {"kind": kind, "call_reference": site.call, "order_id": an_id(2), "at": tx.at}
        tx.connection.execute(insert(CallFlagRow), values)

    site.centre.administration.write(add)


def test_flagged_calls_are_listed_until_they_are_purged(site: Site, readback: Readback) -> None:
    assert readback("calls", "flagged") == (0, "", "No call is flagged.")
    flag(site, CallFlag.SPOKEN_TOO_EARLY)
    flag(site, CallFlag.RESUMED_BY_EXPIRY)
    listed = readback("calls", "flagged")[1].splitlines()
    assert [line.split()[0] for line in listed] == ["FLAG", "1", "2"]
    assert "purge" in listed[1]
    assert readback("calls", "purged", 1, "--by", "Anna Bell")[0] == 0
    assert len(readback("calls", "flagged")[1].splitlines()) == 2
    assert "by Anna Bell" in readback("calls", "flagged", "--all")[1]


def test_a_flag_that_is_none_is_refused(readback: Readback) -> None:
    code, _, err = readback("calls", "purged", 99, "--by", "Anna Bell")
    assert code == 1
    assert "99" in err
