"""The card of an address: a summary, or the form of its country with the postcode first.

Passive: shows an AddressState, hands on what was typed. One class for where the goods go and where
the bill goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.screens.call import focus
from app.ui.screens.call.address import (
    COUNTRY,
    POSTCODE,
    STREET,
    AddressPresenter,
    AddressState,
)
from app.ui.screens.call.message import Message
from app.ui.screens.call.pick_list import Pick, PickList, Steering
from app.ui.shortcuts import Action
from app.ui.widgets.buttons import PlainButton
from app.ui.widgets.card import Card
from app.ui.widgets.fields import ChoiceField, LabelledField
from app.ui.widgets.text import ElidedLabel, Part, label, wrapped
from app.values.contact import PostalAddress
from app.values.postal import FieldProblem, countries, format_lines
from app.values.postal_rules import AddressField

STREET_LINES = 2
SHORT_LINE = 28
MOST_ROWS = 5


class AddressPane(Card):
    """One address; `body` has room below for what else belongs to it."""

    def __init__(
        self,
        title: str,
        presenter: AddressPresenter,
        home: str,
        action: Action | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, action, parent=parent)
        self._presenter = presenter
        self._home = home
        self.summary = _Summary(self)
        self.form = AddressForm(presenter, self)
        self.body.addWidget(self.summary)
        self.body.addWidget(self.form)
        self.summary.change.clicked.connect(self.open_form)
        presenter.state_changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot()
    def open_form(self) -> None:
        """Edit the address and put the cursor into its first open field."""
        self._presenter.edit()
        focus.go_to(self.form.first_open())

    @Slot(object)
    def show_state(self, state: AddressState) -> None:
        """Show a state; the same state twice changes nothing."""
        theme.set_shown(self.summary, not state.editing)
        theme.set_shown(self.form, state.editing)
        if state.editing:
            self.form.show_state(state)
        else:
            self.summary.show_state(state, self._home)


class _Summary(QWidget):
    """The address as it is written in its country."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._first = ElidedLabel("", theme.Text.STRONG, parent=self)
        self._rest = wrapped("", parent=self)
        self._problem = wrapped("", theme.Text.SMALL, theme.Tone.WARN, self)
        self.change = PlainButton(self.tr("Change"), parent=self)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._first, self._rest, self._problem):
            words.addWidget(part)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words, 1)
        layout.addWidget(self.change)

    def show_state(self, state: AddressState, home: str) -> None:
        address = state.address
        street = ", ".join(address.street) if address else ""
        lines = format_lines(replace(address, street=()), home=home) if address else ()
        first = street or (address.organisation or address.name if address else "")
        self._first.setText(first or self.tr("No address yet"))
        theme.dress(self._first, tone=theme.Tone.NORMAL if first else theme.Tone.MUTED)
        self._rest.setText("\n".join(_paired(line for line in lines if line != first)))
        theme.set_shown(self._rest, bool(lines))
        sentence = "" if state.is_complete or not lines else self.tr("Not complete yet.")
        warning = next((p.sentence for p in state.problems), "")
        self._problem.setText(warning or sentence)
        theme.set_shown(self._problem, bool(warning or sentence))
        self.change.set_words(self.tr("Change") if lines else self.tr("Enter address"))


def _paired(lines: Iterable[str]) -> Iterator[str]:
    """Short lines two by two: `Leeds  LS6 3AA`."""
    waiting = ""
    for line in lines:
        if waiting and len(waiting) + len(line) <= SHORT_LINE:
            yield f"{waiting}  {line}"
            waiting = ""
        else:
            if waiting:
                yield waiting
            waiting = line
    if waiting:
        yield waiting


class AddressForm(QWidget):
    """Postcode and house first, then the fields of the country in its order, then the country."""

    def __init__(self, presenter: AddressPresenter, parent: QWidget) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._fields: dict[str, LabelledField | ChoiceField[str]] = {}
        self._shape: tuple[AddressField, ...] = ()
        self._lines: list[LabelledField] = []
        prefix = presenter.objectName()
        self.postcode = LabelledField(self.tr("Postcode"), parent=self)
        self.postcode.setObjectName(f"{prefix}-postcode")
        self.house = LabelledField(self.tr("House no. or name"), parent=self)
        self.house.setObjectName(f"{prefix}-house")
        self.picks = PickList(self.tr("Addresses"), MOST_ROWS, self)
        self.country = ChoiceField(self.tr("Country"), countries(), self)
        self.country.setObjectName(f"{prefix}-country")
        narrow(self.country)
        self.done = PlainButton(self.tr("Done"), parent=self)
        self._postcode_message = Message(self)
        self.use = PlainButton(self.tr("Use it"), parent=self)
        self.use.setObjectName(f"{prefix}-use")
        self._suggested = ""
        self._told = label("", theme.Text.SMALL, theme.Tone.MUTED, self)
        self._told.setWordWrap(True)
        self._middle = QGridLayout()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.postcode, 2)
        first.addWidget(self.house, 3)
        last = QHBoxLayout()
        last.addWidget(self.country, 1)
        last.addWidget(self.done)
        self._middle.setContentsMargins(0, 0, 0, 0)
        self._middle.setHorizontalSpacing(8)
        self._middle.setVerticalSpacing(3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(first)
        layout.addWidget(self._postcode_message)
        layout.addWidget(self.picks)
        layout.addWidget(self._told)
        layout.addLayout(self._middle)
        layout.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(last)

    def _connect(self) -> None:
        presenter = self._presenter
        self.postcode.edited.connect(partial(presenter.set_text, POSTCODE))
        self.postcode.edit.editingFinished.connect(partial(presenter.finish_field, POSTCODE))
        self.postcode.entered.connect(partial(focus.go_to, self.house))
        self.house.edited.connect(presenter.set_house)
        self.house.edit.editingFinished.connect(presenter.finish_house)
        self.house.entered.connect(self._enter_house)
        self.country.chosen.connect(presenter.set_country)
        self.done.clicked.connect(presenter.finish)
        self.use.clicked.connect(self._accept)
        self.picks.clicked.connect(presenter.choose)
        for field in (self.postcode, self.house):
            Steering(field.edit).moved.connect(presenter.move)

    def first_open(self) -> QWidget:
        """The first field that is still empty, in the order of the talk."""
        entries = [self.postcode, *self._entries()]
        if self.postcode.isHidden():
            entries.remove(self.postcode)
        return next((entry for entry in entries if _is_open(entry)), entries[0])

    def _entries(self) -> list[QWidget]:
        found: list[QWidget] = []
        for field in self._shape:
            if field.required and field.key != POSTCODE:
                found += self._lines[:1] if field.key == STREET else [self._fields[field.key]]
        return found

    @Slot(object)
    def show_state(self, state: AddressState) -> None:
        """Show a state; fields are built anew only for another country."""
        address = state.address
        if address is None:
            return
        if state.fields != self._shape:
            self._build(state.fields)
        self.country.set_value(address.country)
        self.postcode.set_text(address.postcode)
        self.house.set_text(state.house)
        self._fill(address)
        self._tell(state)
        self._show_picks(state)

    def _build(self, fields: tuple[AddressField, ...]) -> None:
        """The form of another country."""
        while (item := self._middle.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._shape, self._fields, self._lines = fields, {}, []
        theme.set_shown(self.postcode, any(field.key == POSTCODE for field in fields))
        for field in fields:
            if field.key == POSTCODE:
                self.postcode.set_label(field.label)
            elif field.key == STREET:
                for number in range(STREET_LINES):
                    self._add_street(field, number)
            else:
                self._add(field)
        self._order_tabs()

    def _add(self, field: AddressField) -> None:
        entry: LabelledField | ChoiceField[str]
        if field.choices:
            entry = ChoiceField(field.label, (("", ""), *field.choices), self)
            narrow(entry)
            entry.chosen.connect(partial(self._choose, field.key))
        else:
            entry = LabelledField(field.label, parent=self)
            entry.edited.connect(partial(self._presenter.set_text, field.key))
            entry.edit.editingFinished.connect(partial(self._presenter.finish_field, field.key))
            entry.entered.connect(partial(self._next_after, entry))
        entry.setObjectName(f"{self._presenter.objectName()}-{field.key}")
        self._fields[field.key] = entry
        self._place(entry)

    def _add_street(self, field: AddressField, number: int) -> None:
        entry = LabelledField(
            field.label if number == 0 else self.tr("Street, line 2"), parent=self
        )
        entry.setObjectName(f"{self._presenter.objectName()}-{field.key}-{number + 1}")
        entry.edited.connect(self._edit_street)
        entry.edit.editingFinished.connect(partial(self._presenter.finish_field, STREET))
        entry.entered.connect(partial(self._next_after, entry))
        if number == 0:
            Steering(entry.edit).moved.connect(self._presenter.move)
        self._lines.append(entry)
        self._place(entry)

    def _place(self, entry: QWidget) -> None:
        self._middle.addWidget(entry, self._middle.rowCount(), 0, 1, 2)
        entry.show()

    def _order_tabs(self) -> None:
        """Focus goes in the order of the talk: from input to input, whatever stands around them."""
        fields = self._in_order()
        chain = [self.postcode, self.house, *fields, self.use, self.country, self.done]
        for before, after in itertools.pairwise(part.focusProxy() or part for part in chain):
            QWidget.setTabOrder(before, after)

    def _in_order(self) -> list[QWidget]:
        found: list[QWidget] = []
        for field in self._shape:
            if field.key == STREET:
                found += self._lines
            elif field.key != POSTCODE:
                found.append(self._fields[field.key])
        return found

    def _fill(self, address: PostalAddress) -> None:
        for number, entry in enumerate(self._lines):
            entry.set_text(_street_line(address, number))
        for key, field in self._fields.items():
            text: str = getattr(address, key)
            if isinstance(field, ChoiceField):
                field.set_value(text)
            else:
                field.set_text(text)

    def _tell(self, state: AddressState) -> None:
        """What is wrong or odd beside each field, and who says what the postcode means."""
        self._tell_postcode(state.problem(POSTCODE))
        shown: list[tuple[str, LabelledField | ChoiceField[str]]] = [
            (COUNTRY, self.country),
            *((STREET, line) for line in self._lines[:1]),
            *self._fields.items(),
        ]
        for key, field in shown:
            problem = state.problem(key)
            if problem is None:
                field.clear_message()
            elif problem.is_error:
                field.show_error(problem.sentence)
            else:
                field.show_warning(problem.sentence)
        self._offer(next((p for p in state.problems if p.suggestion), None))
        told = state.sentence or (
            self.tr("From: {source}").format(source=state.source) if state.source else ""
        )
        self._told.setText(told)
        theme.set_shown(self._told, bool(told))

    def _tell_postcode(self, problem: FieldProblem | None) -> None:
        """Below the whole row: beside so short a field a sentence would stand on seven lines."""
        tone = theme.Tone.NORMAL
        if problem is not None:
            tone = theme.Tone.ERROR if problem.is_error else theme.Tone.WARN
        sentence = problem.sentence if problem else ""
        theme.dress(self.postcode.edit, tone=tone)
        self.postcode.edit.setAccessibleDescription(sentence)
        self._postcode_message.tell(tone, sentence)

    def _offer(self, problem: FieldProblem | None) -> None:
        """What a problem suggests, one key away and never done by itself."""
        theme.set_shown(self.use, problem is not None)
        if problem is not None:
            self._suggested = problem.field
            self.use.set_words(self.tr("Use {text}").format(text=problem.suggestion))

    @Slot()
    def _accept(self) -> None:
        self._presenter.accept_suggestion(self._suggested)
        focus.go_to(self.first_open())

    def _show_picks(self, state: AddressState) -> None:
        offered = state.found or tuple(view.address for view in state.known)
        self.picks.show_picks([_pick_of(address) for address in offered], state.current)
        words = "" if state.found else self.tr("Used before")
        self.picks.show_sentence(
            theme.Tone.MUTED, words, self.tr("\u2191\u2193 choose   Enter take")
        )
        theme.set_shown(self.picks, bool(offered))

    @Slot()
    def _enter_house(self) -> None:
        """Enter takes the marked address, else goes on to what is still open."""
        state = self._presenter.state
        if state.current is not None:
            self._presenter.choose(state.current)
            return
        self._presenter.finish_house()
        street = self._lines[0] if self._lines else self.house
        if " " in street.text().strip():
            self._next_after(street)
        else:
            self._go_on(street)

    def _go_on(self, field: QWidget) -> None:
        """To a field where typing goes on: the cursor behind what is there."""
        focus.go_to(field)
        if isinstance(field, LabelledField):
            field.edit.deselect()
            field.edit.end(False)

    @Slot(str)
    def _edit_street(self, _text: str) -> None:
        address = self._presenter.state.address
        more = address.street[STREET_LINES:] if address else ()
        self._presenter.set_text(STREET, "\n".join([*(e.text() for e in self._lines), *more]))

    def _choose(self, key: str, value: object) -> None:
        self._presenter.set_text(key, str(value))
        self._presenter.finish_field(key)

    def _next_after(self, entry: QWidget) -> None:
        """Enter takes a marked address, else goes to the next open field; then the form is done."""
        current = self._presenter.state.current
        if current is not None and entry in self._lines[:1]:
            self._presenter.choose(current)
            return
        chain = self._in_order()
        after = chain[chain.index(entry) + 1 :]
        wanted = self._entries()
        for field in after:
            if field in wanted and _is_open(field):
                focus.go_to(field)
                return
        self._presenter.finish()
        if self._presenter.state.editing:
            focus.go_to(self.first_open())


def _is_open(entry: QWidget) -> bool:
    """Whether nothing is typed or chosen there yet."""
    if isinstance(entry, LabelledField):
        return not entry.text().strip()
    return isinstance(entry, ChoiceField) and not entry.value()


def narrow(field: ChoiceField[str]) -> None:
    """A choice takes the width of its column, however long its longest name is."""
    field.edit.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    field.edit.setMinimumContentsLength(8)
    field.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def _street_line(address: PostalAddress, number: int) -> str:
    return address.street[number] if number < len(address.street) else ""


def _pick_of(address: PostalAddress) -> Pick:
    lines = format_lines(address, home=address.country)
    street = ", ".join(address.street) or (lines[0] if lines else "")
    town = f"{address.city} {address.postcode}".strip()
    return Pick(words=(Part(street),), below=town)
