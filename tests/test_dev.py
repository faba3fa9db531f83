"""dev.py against fakes of the operating system's programs, and a checkout of its own."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dev

SOURCE = Path(dev.__file__).read_text(encoding="utf-8")
Machine = Callable[..., Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Debian machine with some packages; its apt knows some names and writes what it is told."""

    def make(installed: str, known: str = "", os_release: str = "ID=debian\n") -> Path:
        programs = tmp_path / "bin"
        programs.mkdir()
        fakes = {
            "dpkg-query": "\n".join(f"echo '{name} installed'" for name in installed.split()),
            "apt-cache": "\n".join(f"echo {name}" for name in known.split()),
            "apt-get": f'echo "$@" >> {tmp_path}/apt-get.log',
        }
        for name, script in fakes.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        (tmp_path / "os-release").write_text(os_release, encoding="utf-8")
        monkeypatch.setattr(dev, "OS_RELEASE", tmp_path / "os-release")
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        monkeypatch.setattr(dev, "is_administrator", lambda: False)
        return tmp_path / "apt-get.log"

    return make


# ------------------------------------------------------------ the Python it is started with


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_the_pythons_of_readback_are_welcome(version: tuple[int, int]) -> None:
    assert not dev.wrong_python(version)


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 14)])
def test_another_python_is_named_with_those_that_will_do(version: tuple[int, int]) -> None:
    sentence = dev.wrong_python(version)
    assert "3.11, 3.12 and 3.13" in sentence
    assert "Python {}.{}.".format(*version) in sentence


def test_an_old_python_can_read_the_file() -> None:
    assert ast.parse(SOURCE, feature_version=(3, 6)).body


def test_an_old_python_stops_before_the_imports_it_lacks() -> None:
    pretend = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path('dev.py')"
    run = subprocess.run(
        [sys.executable, "-c", pretend], cwd=dev.ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "this is Python 3.9." in run.stderr
    assert "Traceback" not in run.stderr


# ------------------------------------------------------------ packages of the operating system


def test_a_machine_with_everything_is_left_alone(machine: Machine) -> None:
    log = machine(installed=f"{dev.RUNNING} {dev.TESTING}")
    dev.see_to_packages(testing=True)
    assert not log.exists()


def test_the_newer_spelling_of_a_package_counts_as_installed(machine: Machine) -> None:
    machine(installed="libglib2.0-0t64 libegl1")
    assert dev.missing_packages(["libegl1", "libglib2.0-0", "xvfb"]) == ["xvfb"]


def test_anyone_but_the_administrator_is_given_one_line_to_run(machine: Machine) -> None:
    without = dev.RUNNING.replace("libegl1", "").replace("libcups2", "")
    log = machine(installed=without, known="libcups2t64 libegl1")
    with pytest.raises(dev.Stop) as stop:
        dev.see_to_packages(testing=False)
    assert "sudo apt-get install -y --no-install-recommends libcups2t64 libegl1\n" in str(
        stop.value
    )
    assert not log.exists()


def test_the_administrator_has_the_lists_read_once_and_the_missing_installed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = machine(installed=dev.RUNNING)
    monkeypatch.setattr(dev, "is_administrator", lambda: True)
    dev.see_to_packages(testing=True)
    update, install = log.read_text(encoding="utf-8").splitlines()
    assert update.endswith("update")
    assert install.endswith(dev.TESTING)


def test_only_the_tests_want_the_packages_for_testing(machine: Machine) -> None:
    machine(installed=dev.RUNNING)
    dev.see_to_packages(testing=False)
    with pytest.raises(dev.Stop, match="xvfb"):
        dev.see_to_packages(testing=True)


def test_a_python_without_pip_asks_for_its_own_package(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(installed=dev.RUNNING)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(dev.Stop, match=r"python3\.\d+-venv"):
        dev.see_to_packages(testing=False)


@pytest.mark.parametrize("os_release", ["ID=ubuntu\n", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'])
def test_children_of_debian_are_known(machine: Machine, os_release: str) -> None:
    machine(installed="", os_release=os_release)
    assert dev.is_debian_like()


def test_another_system_is_told_what_is_needed_and_goes_on(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(installed="", os_release="ID=fedora\n")
    dev.see_to_packages(testing=True)
    assert "xdotool" in capsys.readouterr().out


# ------------------------------------------------------------ the environment


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A checkout of its own, and the steps that `prepare` takes there, none of them real."""
    (tmp_path / "requirements").mkdir()
    for name in (
        "pyproject.toml",
        *(f"requirements/{n}" for n in ("run.in", "run.txt", "dev.txt")),
    ):
        (tmp_path / name).write_text(name, encoding="utf-8")
    taken: list[str] = []

    def make_environment() -> None:
        dev.VENV.mkdir(exist_ok=True)
        taken.append("made")

    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(dev, "is_working", lambda _python: True)
    monkeypatch.setattr(dev, "make_environment", make_environment)
    monkeypatch.setattr(dev, "install_locked", taken.append)
    monkeypatch.setattr(dev, "install_project", lambda: taken.append("project"))
    return taken


def test_the_first_run_does_everything_and_the_second_nothing(steps: list[str]) -> None:
    dev.prepare(testing=True)
    dev.prepare(testing=True)
    dev.prepare(testing=False)
    assert steps == ["made", "dev.txt", "project"]


def test_the_packages_for_testing_are_added_when_they_are_first_wanted(steps: list[str]) -> None:
    dev.prepare(testing=False)
    dev.prepare(testing=True)
    assert steps == ["made", "run.txt", "project", "dev.txt"]


def test_a_changed_lock_file_makes_the_environment_anew(steps: list[str]) -> None:
    dev.prepare(testing=False)
    (dev.ROOT / "requirements" / "run.txt").write_text("changed", encoding="utf-8")
    dev.prepare(testing=False)
    assert steps == 2 * ["made", "run.txt", "project"]


def test_a_changed_project_file_installs_the_project_only(steps: list[str]) -> None:
    dev.prepare(testing=False)
    (dev.ROOT / "pyproject.toml").write_text("changed", encoding="utf-8")
    dev.prepare(testing=False)
    assert steps == ["made", "run.txt", "project", "project"]


@pytest.mark.parametrize("stamp", [None, "", "{", "[]", json.dumps({"python": "another"})])
def test_an_environment_without_a_good_stamp_is_made_anew(
    steps: list[str], stamp: str | None
) -> None:
    dev.VENV.mkdir()
    if stamp is not None:
        dev.STAMP.write_text(stamp, encoding="utf-8")
    dev.prepare(testing=False)
    assert steps == ["made", "run.txt", "project"]


def test_an_install_that_was_cut_off_is_made_anew(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_lock: str) -> None:
        raise KeyboardInterrupt

    dev.prepare(testing=False)
    with monkeypatch.context() as during:
        during.setattr(dev, "install_locked", cut_off)
        with pytest.raises(KeyboardInterrupt):
            dev.prepare(testing=True)
    dev.prepare(testing=True)
    assert steps == ["made", "run.txt", "project", "made", "dev.txt", "project"]


def test_an_environment_whose_python_is_gone_is_made_anew(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.prepare(testing=False)
    monkeypatch.setattr(dev, "is_working", lambda _python: False)
    dev.prepare(testing=False)
    assert steps.count("made") == 2


def test_a_python_that_does_not_start_is_not_working(tmp_path: Path) -> None:
    assert dev.is_working(sys.executable)
    assert not dev.is_working(str(tmp_path / "python"))


# ------------------------------------------------------------ running programs


def test_a_step_that_fails_shows_the_end_of_what_it_said() -> None:
    command = [sys.executable, "-c", "print('the last word'); raise SystemExit(3)"]
    with pytest.raises(dev.Stop, match="the last word\n\nTrying: this failed"):
        dev.run_quietly(command, "Trying")


def test_a_step_that_succeeds_says_only_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    dev.run_quietly([sys.executable, "-c", "print('chatter')"], "Trying")
    assert capsys.readouterr().out == "Trying ...\n"


def test_a_check_has_one_line_and_its_output_only_when_it_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "program", lambda _name: sys.executable)
    assert dev.passes("good", ("x", "-c", "print('chatter')"))
    assert not dev.passes("bad", ("x", "-c", "print('offence'); raise SystemExit(1)"))
    good, offence, _blank, bad = capsys.readouterr().out.splitlines()
    assert good.startswith("ok     good ")
    assert offence == "offence"
    assert bad.startswith("FAILED bad ")


def test_the_caller_may_decide_the_number_of_workers() -> None:
    assert dev.workers(["-n0"]) == []


def test_an_unknown_command_shows_the_four_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["deploy"]) == 2
    assert capsys.readouterr().out.count("python3 dev.py") == 4


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A finished checkout whose program tells its arguments, then waits for Ctrl+C."""
    root = tmp_path / "checkout"
    (root / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(dev.__file__, root)
    shutil.copy(dev.ROOT / "pyproject.toml", root)
    shutil.copytree(dev.ROOT / "requirements", root / "requirements")
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = {
        "python": sys.version,
        "prefix": sys.base_prefix,
        "folder": str(root),
        "run": dev.digest("requirements/run.txt"),
        "project": dev.digest("pyproject.toml", "requirements/run.in"),
    }
    (root / ".venv" / dev.STAMP.name).write_text(json.dumps(stamp), encoding="utf-8")
    program = root / ".venv" / "bin" / "readback"
    program.write_text(
        '#!/bin/sh\ntrap "echo stopped; exit 7" INT\necho "$@"\nwhile read -r line; do :; done\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return root


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """It is ignored by whatever the background of a shell runs, and so by every child."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
@pytest.mark.skipif(os.name == "nt", reason="on Windows there is no signal to send to one process")
def test_a_demo_is_given_its_arguments_and_ctrl_c_and_keeps_its_exit_status(checkout: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "dev.py", "demo", "--fresh", "--headless", "a folder"],
        cwd=checkout,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        told = next(line for line in running.stdout if line.startswith("demo"))
        assert told == "demo --fresh --headless a folder\n"
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=30)[0] == "stopped\n"
    assert running.returncode == 7
