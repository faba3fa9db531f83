"""The log: allowed facts only, and a second net behind that."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest

from app.adapters.event_log import ALLOWED, LONGEST, JsonLog, LibraryLog, redact_records
from app.values.identity import SystemIds
from tests.fakes import FixedClock

CARDS = ("4242424242424242", "5555555555554444", "378282246310005", "6304000000000000")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> JsonLog:
    return JsonLog(stream, FixedClock())


@pytest.fixture
def library(log: JsonLog) -> Iterator[logging.Logger]:
    logger, handler = logging.getLogger("some.library"), LibraryLog(log)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)
    logger.propagate = True


def written(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_time_and_name(log: JsonLog, stream: io.StringIO) -> None:
    log.write("request", operation="orders.place", status=200, ms=1.5, code=None)
    (line,) = written(stream)
    assert line == {
        "at": FixedClock().now().isoformat(timespec="milliseconds"),
        "event": "request",
        "ms": 1.5,
        "operation": "orders.place",
        "status": 200,
    }


def test_facts_that_are_not_allowed_are_dropped_and_counted(
    log: JsonLog, stream: io.StringIO
) -> None:
    log.write("request", customer="Ada Lovelace", address="1 High Street", status=200)
    (line,) = written(stream)
    assert "Ada" not in stream.getvalue()
    assert (line["status"], line["dropped"]) == (200, 2)


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("spelling", ["{}", "no {} on it", "9{}7", "x-{}-x"])
def test_a_card_number_never_gets_through(
    log: JsonLog, stream: io.StringIO, card: str, spelling: str
) -> None:
    grouped = " ".join(card[at : at + 4] for at in range(0, len(card), 4))
    for digits in (card, grouped, grouped.replace(" ", "-")):
        log.write("fault", where=spelling.format(digits))
        assert card[-8:] not in stream.getvalue().replace(" ", "").replace("-", "")


def test_an_e_mail_address_never_gets_through(log: JsonLog, stream: io.StringIO) -> None:
    log.write("fault", where="at ada.lovelace@example.org there")
    assert "ada" not in stream.getvalue()


def test_ids_and_places_get_through_whole(log: JsonLog, stream: io.StringIO) -> None:
    ids = [str(SystemIds().new()) for _ in range(200)]
    for one in ids:
        log.write("request", device_id=one, where="dispatcher.py:120 > seats.py:88")
    lines = written(stream)
    assert [line["device_id"] for line in lines] == ids
    assert lines[0]["where"] == "dispatcher.py:120 > seats.py:88"


def test_a_long_text_is_cut(log: JsonLog, stream: io.StringIO) -> None:
    log.write("fault", where="x" * 10_000)
    assert len(str(written(stream)[0]["where"])) == LONGEST


def test_what_libraries_say_is_not_repeated(
    library: logging.Logger, stream: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    library.error("could not store Ada Lovelace")
    (line,) = written(stream)
    assert (line["event"], line["logger"], line["level"]) == ("library", "some.library", "ERROR")
    assert "Ada" not in stream.getvalue()


def test_lines_of_many_threads_stay_whole(log: JsonLog, stream: io.StringIO) -> None:
    def write() -> None:
        for count in range(200):
            log.write("request", count=count)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(written(stream)) == 800


def test_no_allowed_fact_is_named_like_personal_data() -> None:
    personal = {"name", "login", "email", "phone", "address", "postcode", "body", "text", "number"}
    assert not ALLOWED & personal


@pytest.fixture
def any_handler(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """What a handler that somebody else added would write."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    undo = redact_records()
    logging.getLogger().addHandler(handler)
    yield said
    logging.getLogger().removeHandler(handler)
    undo()


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("between", ["", " ", "-", ".", "  "])
def test_no_handler_of_any_logger_is_given_a_card_number(
    any_handler: io.StringIO, card: str, between: str
) -> None:
    spelt = between.join(card[at : at + 4] for at in range(0, len(card), 4))
    logging.getLogger("some.library").warning("sent %s and %d", spelt, 7)
    assert "sent" in any_handler.getvalue()
    assert card[-4:] not in any_handler.getvalue()


def test_a_card_number_in_an_error_is_taken_out_of_its_traceback(any_handler: io.StringIO) -> None:
    try:
        raise ValueError(CARDS[0])
    except ValueError:
        logging.getLogger("some.library").exception("broken")
    assert "ValueError" in any_handler.getvalue()
    assert CARDS[0][-4:] not in any_handler.getvalue()


def test_a_record_without_a_card_number_is_left_as_it_is(
    any_handler: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("some.library").warning("%s answered %d", "here", 200)
    assert caplog.records[-1].args == ("here", 200)


def test_a_message_that_does_not_fit_its_arguments_gives_none_of_them_away(
    any_handler: io.StringIO,
) -> None:
    misfit = ("nothing to fill in", CARDS[0])
    logging.getLogger("some.library").warning(*misfit)
    assert CARDS[0][-4:] not in any_handler.getvalue()
