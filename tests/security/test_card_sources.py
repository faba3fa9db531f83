"""What must not stand in the sources that meet card digits, however it would behave."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAYMENT = ROOT / "app" / "ui" / "payment"
MEETS_DIGITS = (
    PAYMENT / "card_field.py",
    PAYMENT / "digit_guard.py",
    *sorted((ROOT / "app" / "adapters" / "card_entry").glob("*.py")),
    ROOT / "app" / "services" / "rules" / "card_check.py",
)
TEXT_FIELDS = {
    "QLineEdit",
    "QPlainTextEdit",
    "QTextEdit",
    "QSpinBox",
    "QInputDialog",
    "QClipboard",
    "LabelledField",
}
TEXT_OF_IT = {"text", "displayText", "value", "toPlainText", "selectedText", "getText"}
MAKERS = {"str", "bytes", "int", "repr", "format", "list", "tuple", "join", "decode", "tobytes"}
DIGITS = {"digits", "number", "expiry", "code", "card", "_digits", "part"}
"""Names that stand for digits in those sources."""

# where, what: each with its reason
ALLOWED_MAKERS = {
    ("sealing.py", "tobytes"),  # the content key; RSA takes bytes only, and they are overwritten
}


def sources(paths: Iterator[Path] | tuple[Path, ...]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def names_in(node: ast.AST) -> set[str]:
    found = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return found | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}


def called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
    return ""


def makers_of_text(tree: ast.Module) -> Iterator[str]:
    """Calls that would make a string, bytes or one figure of digits."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if called(call) not in MAKERS:
            continue
        on = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        if any(names_in(one) & DIGITS for one in (*call.args, *on)) or called(call) == "tobytes":
            yield called(call)


def formatted_digits(tree: ast.Module) -> Iterator[str]:
    """Digits in an f-string."""
    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(value=ast.Name(id=name)) if name in DIGITS:
                yield name


def test_no_text_field_stands_in_the_card_field_or_its_pane() -> None:
    for path, tree in sources(
        (*MEETS_DIGITS, PAYMENT / "card_fields.py", PAYMENT / "card_pane.py")
    ):
        assert not names_in(tree) & TEXT_FIELDS, path.name


def test_no_line_edit_stands_anywhere_in_the_payment_package() -> None:
    for path, tree in sources(PAYMENT.glob("*.py")):
        assert "QLineEdit" not in names_in(tree), path.name


def test_no_string_bytes_or_figure_is_made_of_digits() -> None:
    found = {
        (path.name, maker) for path, tree in sources(MEETS_DIGITS) for maker in makers_of_text(tree)
    }
    assert found <= ALLOWED_MAKERS
    assert not [*(name for _, tree in sources(MEETS_DIGITS) for name in formatted_digits(tree))]


def test_the_field_offers_nothing_that_is_called_like_text() -> None:
    (_, tree), *_ = sources((PAYMENT / "card_field.py",))
    defined = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assigned = {
        target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
    }
    assert not (defined | assigned) & TEXT_OF_IT


def test_nothing_that_meets_digits_logs_or_prints() -> None:
    for path, tree in sources(MEETS_DIGITS):
        assert not names_in(tree) & {"logging", "print", "warnings", "getLogger"}, path.name


@pytest.mark.parametrize(
    "source",
    [
        "str(digits)",
        "int(card.number)",
        "bytes(number.at(0))",
        "''.join(str(digits.at(p)) for p in range(9))",
        "page.tobytes()",
        "digits.decode()",
        "list(digits)",
    ],
)
def test_a_planted_maker_is_found(source: str) -> None:
    assert list(makers_of_text(ast.parse(source)))


def test_planted_digits_in_a_text_are_found() -> None:
    assert list(formatted_digits(ast.parse("f'{digits}'")))
    assert not list(formatted_digits(ast.parse("f'{count} digits'")))
