import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.notices import Incidents, Kind, Notice, NoticeBar, notice_of
from app.values.errors import Fault, Refusal, Unreachable
from app.values.identity import SystemIds


@pytest.fixture
def bar(qtbot: QtBot) -> NoticeBar:
    made = NoticeBar()
    qtbot.addWidget(made)
    return made


def a_notice(sentence: str, kind: Kind = Kind.WARN) -> Notice:
    return Notice(kind=kind, sentence=sentence)


def test_a_refusal_is_a_warning_beside_its_field() -> None:
    refusal = Refusal("postcode_malformed", "That is not a postcode.", "postcode")
    assert notice_of(refusal) == Notice(
        kind=Kind.WARN, sentence="That is not a postcode.", field="postcode"
    )


def test_a_fault_is_an_error_with_its_number() -> None:
    fault = Fault("disk_full", "The disk of this desk is full.", "4F2A-91BC")
    notice = notice_of(fault)
    assert (notice.kind, notice.incident) == (Kind.ERROR, "4F2A-91BC")


def test_a_known_incident_keeps_its_number(caplog: pytest.LogCaptureFixture) -> None:
    fault = Fault("unexpected", "Something broke at the centre.", "AAAA-BBBB")
    assert Incidents(SystemIds()).fault_of(fault) is fault
    assert caplog.text == ""


def test_a_fault_without_a_number_gets_one(caplog: pytest.LogCaptureFixture) -> None:
    told = Incidents(SystemIds()).fault_of(Fault("disk_full", "The disk is full."))
    assert isinstance(told, Fault)
    assert (told.code, told.sentence) == ("disk_full", "The disk is full.")
    assert told.incident is not None
    assert told.incident in caplog.text


def test_a_lost_line_is_a_state_and_no_incident() -> None:
    lost = Unreachable("unreachable", "The central service does not answer.")
    assert Incidents(SystemIds()).fault_of(lost) is lost


def test_numbers_of_incidents_do_not_repeat(caplog: pytest.LogCaptureFixture) -> None:
    incidents = Incidents(SystemIds())
    numbers = {incidents.fault_of(ValueError(str(n))).incident for n in range(50)}  # type: ignore[union-attr]
    assert len(numbers) == 50


def test_the_bar_takes_no_room_until_there_is_something_to_say(bar: NoticeBar) -> None:
    assert bar.isHidden()
    bar.show_notice(a_notice("Saved."))
    assert not bar.isHidden()
    bar.clear()
    assert bar.isHidden()


def test_the_same_notice_is_shown_once(bar: NoticeBar) -> None:
    bar.show_notice(a_notice("The price has changed."))
    bar.show_notice(a_notice("The price has changed."))
    assert len(bar.notices()) == 1


def test_the_oldest_notice_gives_way(bar: NoticeBar) -> None:
    for number in range(5):
        bar.show_notice(a_notice(f"Notice {number}."))
    assert [notice.sentence[7] for notice in bar.notices()] == ["2", "3", "4"]


def test_a_notice_never_takes_the_focus(qtbot: QtBot) -> None:
    window = QWidget()
    field, bar = QLineEdit(window), NoticeBar(window)
    layout = QVBoxLayout(window)
    layout.addWidget(bar)
    layout.addWidget(field)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    field.setFocus()
    bar.show_error(Fault("disk_full", "The disk of this desk is full.", "4F2A-91BC"))
    assert QApplication.focusWidget() is field


def test_a_notice_can_be_put_away_and_its_button_has_a_name(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_notice(a_notice("The printer is out of paper."))
    button = bar.findChild(QPushButton)
    assert isinstance(button, QPushButton)
    assert button.accessibleName() == "Put this notice away"
    with qtbot.waitSignal(bar.emptied):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bar.notices() == ()


def test_markup_in_a_sentence_is_only_text(bar: NoticeBar) -> None:
    bar.show_notice(a_notice("<b>not bold</b> \U0001f389 שלום"))
    assert bar.notices()[0].sentence == "<b>not bold</b> \U0001f389 שלום"
    assert bar.grab().width() > 0
