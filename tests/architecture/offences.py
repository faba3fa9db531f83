"""Checks of the source text that no linter has; each yields offences as `path:line what`.

Pure functions of a path (as committed, with slashes) and a text, so that the tests can prove each
of them on a planted offence. What ruff, mypy and import-linter see is not looked for again.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

Check = Callable[[str, str], Iterator[str]]

FILE_LINES = 500
FUNCTION_LINES = 60
FILE_BYTES = 1_000_000

CLOCK_AND_IDENTITY = {"app/values/clock.py", "app/values/identity.py"}
NOW = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "func.now",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid1",
    "uuid4",
    "uuid7",
}

MAIN_LOOPS = {"app/desktop.py", "app/ui/application.py", "app/ui/empty_window.py"}
CONFIRMATIONS = {"app/ui/notices.py", "app/ui/widgets/confirmation.py"}
NESTED_LOOP = re.compile(
    r"\.(exec|exec_)$"
    r"|^QMessageBox\.(about|critical|information|question|warning)$"
    r"|^QInputDialog\.get\w+$"
    r"|^QFileDialog\.get\w+$"
)

STYLE_SHEETS = {"app/ui/theme.py"}

CATCH_ALLS = {
    "app/campaigns/faults/simulation/world.py": "whatever the program raises there is a finding",
    "app/services/desk/worker.py": "a bug ends one step, not the outbox; it has an incident",
    "app/services/*/dispatcher.py": "an operation that fails in any way is answered",
    "app/ui/background.py": "whatever happens on a lane is handed to the GUI thread",
    "app/store/product_search.py": "a panic in Rust has no class that could be named",
}

SLEEPS = {
    "time.sleep",
    "sleep",
    "asyncio.sleep",
    "anyio.sleep",
    "qtbot.wait",
    "QTest.qWait",
    "QTest.qSleep",
}

VAGUE_WORDS = {
    "base",
    "common",
    "data",
    "helper",
    "helpers",
    "info",
    "manager",
    "misc",
    "util",
    "utils",
}
VAGUE_ALLOWED = {"app/models/base.py"}

INDEX_ADDRESS = re.compile(
    r"--(?:extra-)?index-url|--find-(?:links)|\bindex-url\s*=|"
    r"https?://\S*(?:/simple\b|pypi\.org|pythonhosted|registry\.npmjs)"
)


@lru_cache(maxsize=1)
def _nodes(source: str) -> tuple[ast.AST, ...]:
    """Every node of a text, which all checks of it share."""
    return tuple(ast.walk(ast.parse(source)))


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or attribute; anything before the last call or index is left out."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def _calls(source: str) -> Iterator[tuple[int, str, ast.Call]]:
    """Every call with its line and the dotted name of what is called."""
    for node in _nodes(source):
        if isinstance(node, ast.Call):
            yield node.lineno, _dotted(node.func), node


def _last_two(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def the_time_and_chance(path: str, source: str) -> Iterator[str]:
    """The hour, ids and chance come through Clock and Ids, which only two modules implement."""
    if path in CLOCK_AND_IDENTITY or not path.startswith("app/"):
        return
    for line, name, _call in _calls(source):
        if _last_two(name) in NOW:
            yield f"{path}:{line} calls {name}(); take a Clock or Ids as an argument"
    for node in _nodes(source):
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        if "random" in imported:
            line = getattr(node, "lineno", 0)
            yield f"{path}:{line} imports random; take the source of chance as an argument"


def event_loops_in_event_loops(path: str, source: str) -> Iterator[str]:
    """No processEvents anywhere; no nested exec() but the main loop and confirmations."""
    if not path.startswith("app/"):
        return
    in_ui = path.startswith("app/ui/") and path not in MAIN_LOOPS | CONFIRMATIONS
    for line, name, _call in _calls(source):
        if name.endswith("processEvents"):
            yield f"{path}:{line} calls processEvents(); use a lane and a signal"
        elif in_ui and NESTED_LOOP.search(name):
            yield f"{path}:{line} calls {name}(), a loop in a loop; use open() or popup()"


def style_sheets(path: str, source: str) -> Iterator[str]:
    """One style sheet, in the theme."""
    if not path.startswith("app/") or path in STYLE_SHEETS:
        return
    for line, name, _call in _calls(source):
        if name.endswith("setStyleSheet"):
            yield f"{path}:{line} sets a style sheet; styles live in app/ui/theme.py"


def lambdas_in_connects(path: str, source: str) -> Iterator[str]:
    """A signal meets a bound method or a partial of one: a lambda keeps its owner alive."""
    for line, name, call in _calls(source):
        handlers = [*call.args, *(keyword.value for keyword in call.keywords)]
        if name.endswith(".connect") and any(isinstance(h, ast.Lambda) for h in handlers):
            yield f"{path}:{line} connects a lambda"


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only clears up: its last statement is a bare `raise`."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def catch_alls(path: str, source: str) -> Iterator[str]:
    """What catches everything raises it again, but in the places named above."""
    named = any(PurePosixPath(path).match(place) for place in CATCH_ALLS)
    if path.startswith("app/") and not named:
        yield from handlers_of_everything(path, source)


def handlers_of_everything(path: str, source: str) -> Iterator[str]:
    """Every handler that lets nothing through, wherever it stands."""
    for node in _nodes(source):
        if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {"" if kind is None else _dotted(kind) for kind in caught}
            if names & {"", "Exception", "BaseException"}:
                yield f"{path}:{node.lineno} catches everything; name what can be handled here"


def sleeps(path: str, source: str) -> Iterator[str]:
    """A test waits for what it waits for, never for time to pass."""
    if not path.startswith("tests/"):
        return
    for line, name, _call in _calls(source):
        if name in SLEEPS or _last_two(name) in SLEEPS:
            yield f"{path}:{line} sleeps; wait for a signal, an event or a thread"


def long_files(path: str, source: str) -> Iterator[str]:
    """A file is read in one sitting."""
    lines = source.count("\n")
    if lines > FILE_LINES:
        yield f"{path}:{lines} has more than {FILE_LINES} lines"


def long_functions(path: str, source: str) -> Iterator[str]:
    """A function fits on a screen."""
    for node in _nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name}() has {lines} lines"


def vague_names(path: str, source: str) -> Iterator[str]:
    """A name says what a thing is: no utils, managers, helpers, data or info."""
    if not path.startswith(("app/", "tests/")) or path in VAGUE_ALLOWED:
        return
    for part in PurePosixPath(path).with_suffix("").parts:
        if VAGUE_WORDS & set(part.split("_")):
            yield f"{path}:1 has a vague name: {part}"
    for node in _nodes(source):
        if isinstance(node, ast.ClassDef) and re.search(
            r"(Helper|Manager|Util|Utils|Info|Data)$", node.name
        ):
            yield f"{path}:{node.lineno} has a vague name: {node.name}"


def index_addresses(path: str, text: str) -> Iterator[str]:
    """Where packages come from is the machine's business, in no committed file."""
    for number, line in enumerate(text.splitlines(), start=1):
        if INDEX_ADDRESS.search(line):
            yield f"{path}:{number} names a package index"


PYTHON_CHECKS: tuple[Check, ...] = (
    the_time_and_chance,
    event_loops_in_event_loops,
    style_sheets,
    lambdas_in_connects,
    catch_alls,
    sleeps,
    long_files,
    long_functions,
    vague_names,
)
