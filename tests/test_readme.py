"""What the README tells people to type is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from app.cli.program import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _typed(program: str) -> list[list[str]]:
    """Words after the name of a program, line by line, of all that is set in blocks of code."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    lines = (line.partition("  #")[0] for line in blocks.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{program} ")]


@pytest.mark.parametrize("words", _typed("readback"), ids=" ".join)
def test_a_command_of_the_readme_is_known_with_its_options(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sub_commands = [word for word in words[:3] if re.fullmatch(r"[a-z]+", word)]
    options = {word for word in words if word.startswith("--")}
    with pytest.raises(SystemExit) as ended:
        main([*sub_commands, "--help"])
    assert ended.value.code == 0
    told = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert options <= told


def test_the_readme_names_only_what_is_there() -> None:
    named = set(re.findall(r"`((?:app|resources|tests|requirements)/?[\w./]*)`", README))
    linked = set(re.findall(r"\]\((?!http)([^)]+)\)", README)) - {
        "resources/readme/call-screen.png"
    }
    assert len(named) > 10
    missing = [path for path in named | linked if not (ROOT / path).exists()]
    assert not missing
