from functools import partial

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.fields import (
    CheckField,
    ChoiceField,
    Field,
    FieldMessage,
    LabelledField,
    NumberField,
    TextAreaField,
)
from tests.ui.looks import nameless, too_small

Key = Qt.Key


class Form(QWidget):
    """Every kind of field in one window, with all that was heard from them."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, object]] = []
        self.name = LabelledField("Name")
        self.quantity = NumberField("Quantity")
        self.note = TextAreaField("Note")
        self.country = ChoiceField("Country", [("GB", "United Kingdom"), ("US", "United States")])
        self.same = CheckField("Bill to the delivery address")
        layout = QVBoxLayout(self)
        for field in (self.name, self.quantity, self.note, self.country, self.same):
            layout.addWidget(field)
        self.name.edited.connect(partial(self.hear, "edited"))
        self.name.committed.connect(partial(self.hear, "committed"))
        self.name.entered.connect(partial(self.hear, "entered", ""))
        self.note.committed.connect(partial(self.hear, "note"))
        self.country.chosen.connect(partial(self.hear, "chosen"))

    def hear(self, what: str, value: object) -> None:
        self.heard.append((what, value))

    def fields(self) -> tuple[Field, ...]:
        return (self.name, self.quantity, self.note, self.country)


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form()
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    made.name.setFocus()
    return made


def focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def test_every_field_has_a_name_for_screen_readers(form: Form) -> None:
    assert nameless(form) == []
    assert (
        QAccessible.queryAccessibleInterface(form.name.edit).text(QAccessible.Text.Name) == "Name"
    )


def test_every_field_is_big_enough_to_hit(form: Form) -> None:
    assert too_small(form) == []
    assert form.name.edit.height() >= theme.TARGET_PX
    assert form.country.edit.height() >= theme.TARGET_PX


def test_typing_is_followed_and_handed_over_once(form: Form, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "Al")
    qtbot.keyClick(focus(), Key.Key_Tab)
    assert form.heard == [("edited", "A"), ("edited", "Al"), ("committed", "Al")]


def test_enter_hands_over_and_then_goes_on(form: Form, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "A")
    qtbot.keyClick(focus(), Key.Key_Return)
    qtbot.keyClick(focus(), Key.Key_Tab)
    assert form.heard == [("edited", "A"), ("committed", "A"), ("entered", "")]


def test_enter_on_an_unchanged_field_only_goes_on(form: Form, qtbot: QtBot) -> None:
    form.name.set_text("Margaret")
    qtbot.keyClick(focus(), Key.Key_Enter)
    assert form.heard == [("entered", "")]


def test_showing_the_same_text_again_leaves_the_cursor_alone(form: Form, qtbot: QtBot) -> None:
    qtbot.keyClicks(focus(), "Margret")
    form.name.edit.setCursorPosition(4)
    form.name.set_text("Margret")
    qtbot.keyClicks(focus(), "a")
    assert form.name.text() == "Margaret"


def test_a_text_set_from_outside_is_no_edit(form: Form) -> None:
    form.name.set_text("Margaret")
    form.name.commit()
    form.note.set_text("Ring twice")
    form.note.commit()
    form.country.set_value("US")
    assert form.heard == []


def test_an_error_stands_below_with_a_shape_and_a_sentence_to_say(form: Form) -> None:
    form.name.show_error("That name is empty.", "Could you tell me your name?")
    assert form.name.message() == FieldMessage(
        theme.Tone.ERROR, "That name is empty.", "Could you tell me your name?"
    )
    shown = [label.text() for label in form.name.findChildren(QLabel) if label.isVisible()]
    assert shown[-2:] == ["That name is empty.", "Say: “Could you tell me your name?”"]
    assert form.name.edit.property("tone") == "error"
    assert "Could you tell me" in form.name.edit.accessibleDescription()


def test_a_message_goes_when_there_is_nothing_to_say(form: Form) -> None:
    form.name.show_warning("LS6 is in Leeds.")
    form.name.clear_message()
    shown = [label.text() for label in form.name.findChildren(QLabel) if label.isVisible()]
    assert shown == ["NAME"]
    assert form.name.edit.accessibleDescription() == ""


def test_good_news_and_hints_have_their_own_look(form: Form) -> None:
    form.name.show_good("Number checks out")
    assert form.name.message() == FieldMessage(theme.Tone.OK, "Number checks out")
    form.name.show_hint("2 digits to go.")
    assert form.name.message() == FieldMessage(theme.Tone.MUTED, "2 digits to go.")


def test_a_field_can_be_renamed_for_another_country(form: Form) -> None:
    form.name.set_label("ZIP code")
    assert form.name.label() == "ZIP code"
    assert form.name.edit.accessibleName() == "ZIP code"


def test_a_hidden_label_is_still_heard(form: Form) -> None:
    form.note.hide_label()
    assert form.note.edit.accessibleName() == "Note"
    assert not [label for label in form.note.findChildren(QLabel) if label.isVisible()]


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", 12), ("80,995", 80995), ("0", 0), ("-3", -3), ("1.5", None), ("", None), ("١٢", None)],
)
def test_a_number_is_whole_or_it_is_none(form: Form, typed: str, number: int | None) -> None:
    form.quantity.set_text(typed)
    assert form.quantity.number() == number


def test_tab_leaves_a_text_area_and_hands_it_over(form: Form, qtbot: QtBot) -> None:
    form.note.setFocus()
    qtbot.keyClicks(focus(), "Ring twice")
    qtbot.keyClick(focus(), Key.Key_Return)
    qtbot.keyClicks(focus(), "then wait")
    qtbot.keyClick(focus(), Key.Key_Tab)
    assert form.heard == [("note", "Ring twice\nthen wait")]
    assert focus() is form.country.edit


def test_ten_thousand_characters_fit_in_a_note(form: Form) -> None:
    form.note.set_text("é🎉ש" * 3400)
    assert form.note.text() == "é🎉ש" * 3400


def test_a_choice_made_at_the_desk_carries_its_value(form: Form, qtbot: QtBot) -> None:
    form.country.setFocus()
    qtbot.keyClick(focus(), Key.Key_Down)
    assert form.heard == [("chosen", "US")]
    assert form.country.value() == "US"


def test_a_chosen_value_stays_when_others_are_offered(form: Form) -> None:
    form.country.set_value("US")
    form.country.set_options([("DE", "Germany"), ("US", "United States")])
    assert form.country.value() == "US"
    form.country.set_value("XX")
    assert form.country.value() == "US"


def test_the_wheel_does_not_change_a_choice_in_passing(form: Form) -> None:
    combo = form.country.edit
    event = QWheelEvent(
        QPointF(5, 5),
        combo.mapToGlobal(QPointF(5, 5)),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(combo, event)
    assert form.country.value() == "GB"


def test_a_ticked_box_shows_its_tick_in_every_scheme(form: Form, qapp: QApplication) -> None:
    before = form.same.grab().toImage()
    form.same.setChecked(True)
    ticked = form.same.grab().toImage()
    theme.apply(qapp, theme.Scheme.DARK)
    assert before != ticked != form.same.grab().toImage()


def test_the_focus_ring_is_drawn(form: Form) -> None:
    focused = form.name.edit.grab().toImage()
    form.note.setFocus()
    accent = theme.colour(theme.Tone.INFO).rgb()
    middle = focused.height() // 2
    assert [focused.pixel(x, middle) for x in (0, 1)] == [accent, accent]
    assert form.name.edit.grab().toImage().pixel(0, middle) != accent
