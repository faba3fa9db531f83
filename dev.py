"""Readback from a checkout, with nothing but Python: `python3 dev.py setup|test|demo|lock`.

Makes .venv from the hash-locked requirements, sees to the packages of the operating system, and
runs the checks or the program. Imports nothing of the project. The syntax of the whole file, and
all that stands above the second block of imports, must suit any Python 3, so that an old one is
told what to do.
"""

import shutil
import sys


def wrong_python(version: "tuple[int, int]") -> str:
    """Say why this Python will not do, and which on this machine would; empty when it will."""
    if (3, 11) <= version <= (3, 13):
        return ""
    found = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    return (
        "Readback runs on Python 3.11, 3.12 and 3.13, and this is Python {}.{}.\n{} {} dev.py {}"
    ).format(
        *version,
        "This machine has one that will do:" if found else "Install one, then start again:",
        (found or ["python3.12"])[0],
        " ".join(sys.argv[1:]),
    )


if wrong_python(sys.version_info[:2]):
    sys.exit(wrong_python(sys.version_info[:2]))

import contextlib
import hashlib
import importlib.util
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "readback-stamp.json"
OS_RELEASE = Path("/etc/os-release")

USAGE = """\
python3 dev.py setup         make .venv; the program is then .venv/bin/readback
python3 dev.py test [ARGS]   run every check, then the tests; ARGS go to pytest
python3 dev.py demo [ARGS]   run the whole system on this machine; ARGS go to `readback demo`
python3 dev.py lock [ARGS]   make the lock files anew; ARGS go to uv, for example --upgrade"""

# Debian's names. Some end in t64 on releases since 2024; either spelling counts as installed.
RUNNING = """
fonts-dejavu-core libcups2 libdbus-1-3 libdrm2 libegl1 libfontconfig1 libfreetype6 libgl1
libglib2.0-0 libgssapi-krb5-2 libwayland-client0 libwayland-cursor0 libx11-6 libx11-xcb1
libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
libxcb-render-util0 libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1
libxcb-xfixes0 libxcb-xkb1 libxkbcommon-x11-0 libxkbcommon0
"""
TESTING = "at-spi2-core dbus gcc git gnome-keyring libc6-dev poppler-utils xauth xdotool xvfb"

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("import contracts", ("lint-imports", "--no-logo")),
)


class Stop(Exception):  # noqa: N818 - no error of the program: what the person has to know or do
    """Ends the run with a sentence for the person at the terminal."""


# ------------------------------------------------------------ other programs


def program(name: str) -> str:
    """The path of a program inside .venv."""
    if os.name == "nt":
        return str(VENV / "Scripts" / f"{name}.exe")
    return str(VENV / "bin" / name)


def undisturbed() -> "dict[str, str]":
    """The environment without what would make pip or Python look elsewhere, or ask."""
    unwanted = ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "PIP_USER")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {
        **kept,
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_USER": "0",
    }


def run_quietly(command: "list[str]", doing: str) -> None:
    """Run `command`, saying what it is `doing`; its output is shown, at its end, if it fails."""
    handle, name = tempfile.mkstemp(prefix="readback-", suffix=".log")
    print(f"{doing} ...", flush=True)
    with os.fdopen(handle, "wb") as output:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=undisturbed(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        status = _wait_showing_time(child)
    log = Path(name)
    if status:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
        raise Stop("\n".join([*tail, "", f"{doing}: this failed. All it said is in {log}"]))
    log.unlink()


def _wait_showing_time(child: "subprocess.Popen[bytes]") -> int:
    """Wait for `child`; on a terminal the seconds run, so that nobody thinks it stands still."""
    started = time.monotonic()
    try:
        while True:
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if sys.stdout.isatty():
                    print(f"\r  {time.monotonic() - started:.0f} s ", end="\r", flush=True)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


# ------------------------------------------------------------ packages of the operating system


def is_debian_like() -> bool:
    """Whether this is Debian, Ubuntu or one of their children."""
    if not OS_RELEASE.is_file() or not shutil.which("dpkg-query"):
        return False
    fields = dict(
        line.split("=", 1) for line in OS_RELEASE.read_text("utf-8").splitlines() if "=" in line
    )
    families = (fields.get("ID", "") + " " + fields.get("ID_LIKE", "")).replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(families))


def missing_packages(wanted: "list[str]") -> "list[str]":
    """Those of `wanted` that are installed under neither of their two spellings."""
    names = [spelling for name in wanted for spelling in (name, f"{name}t64")]
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names]
    listing = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if not {name, f"{name}t64"} & installed]


def spelled_for_this_release(names: "list[str]") -> "list[str]":
    """The names as this release has them, as far as apt has its lists yet."""
    listing = subprocess.run(
        ["apt-cache", "pkgnames"], capture_output=True, text=True, check=False
    ).stdout
    known = set(listing.split())
    return [f"{name}t64" if f"{name}t64" in known else name for name in names]


def is_administrator() -> bool:
    """Whether packages may be installed without asking anyone."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def see_to_packages(*, testing: bool) -> None:
    """Install what is missing if that is allowed; otherwise stop with the one line to run."""
    if not is_debian_like():
        advise(testing=testing)
        return
    wanted = (RUNNING + (TESTING if testing else "")).split()
    missing = missing_packages(wanted)
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python{}.{}-venv".format(*sys.version_info[:2]))
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    if not is_administrator():
        line = " ".join([*install, *spelled_for_this_release(missing)])
        raise Stop(
            "Packages of the operating system are missing. Run this line, then start again:\n\n"
            f"    sudo apt-get update && sudo {line}\n"
        )
    patience = ["-o", "DPkg::Lock::Timeout=300"]
    with contextlib.suppress(Stop):  # one unreachable source need not keep us from the others
        run_quietly(["apt-get", *patience, "update"], "Reading the lists of packages")
    run_quietly(
        [*install, *patience, *spelled_for_this_release(missing)],
        "Installing " + " ".join(missing),
    )


def advise(*, testing: bool) -> None:
    """Say what another system has to bring, and go on."""
    if sys.platform.startswith("linux"):
        print(
            "This is neither Debian nor Ubuntu, so nothing of the operating system is installed.\n"
            "The desk needs the libraries that Qt draws with: EGL, fontconfig, D-Bus,\n"
            "xkbcommon-x11 and the xcb family (cursor, icccm, image, keysyms, render-util)."
        )
    if testing:
        print("The tests also need these programs: " + ", ".join(TESTING.split()) + ".")


# ------------------------------------------------------------ the environment


def digest(*names: str) -> str:
    """A fingerprint of files of the project."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read_stamp() -> "dict[str, str]":
    """What the last run has finished in .venv; empty if there is none or it cannot be read."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_working(python: str) -> bool:
    """Whether the Python of .venv starts and has its pip."""
    try:
        return not subprocess.run(
            [python, "-c", "import pip"], capture_output=True, env=undisturbed(), check=False
        ).returncode
    except OSError:
        return False


def prepare(*, testing: bool) -> None:
    """Make .venv what it should be: made anew if anything is in doubt, left alone if all is well.

    The stamp is taken away before each step and written after it, so that a step that was cut off
    is seen the next time.
    """
    base = {"python": sys.version, "prefix": sys.base_prefix, "folder": str(ROOT)}
    run, dev = digest("requirements/run.txt"), digest("requirements/dev.txt")
    project = digest("pyproject.toml", "requirements/run.in")
    stamp = read_stamp()
    sound = (
        all(stamp.get(name) == value for name, value in base.items())
        and stamp.get("run") == run
        and stamp.get("dev", dev) == dev
        and is_working(program("python"))
    )
    if not sound:
        make_environment()
        stamp = dict(base)
    if "run" not in stamp or (testing and "dev" not in stamp):
        STAMP.unlink(missing_ok=True)
        install_locked("dev.txt" if testing else "run.txt")
        stamp["run"] = run
        if testing:
            stamp["dev"] = dev
        STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    if stamp.get("project") != project:
        install_project()
        STAMP.write_text(json.dumps({**stamp, "project": project}), encoding="utf-8")


def make_environment() -> None:
    """An empty .venv, made by the Python that this script was started with."""
    try:
        if VENV.is_symlink() or VENV.is_file():
            VENV.unlink()
        elif VENV.exists():
            shutil.rmtree(VENV)
    except OSError as error:
        raise Stop(
            f"{VENV} is in use and cannot be made anew ({error}). Close what uses it."
        ) from error
    python = getattr(sys, "_base_executable", "") or sys.executable
    run_quietly([python, "-m", "venv", str(VENV)], "Making .venv")


def install_locked(lock: str) -> None:
    """Install exactly what a lock file names, and nothing whose hash is not in it."""
    pip = [program("python"), "-m", "pip", "install", "--require-hashes"]
    run_quietly(
        [*pip, "--requirement", str(ROOT / "requirements" / lock)],
        f"Installing the packages of requirements/{lock} (a minute or two)",
    )


def install_project() -> None:
    """Put the project itself into .venv, with the build tools that are locked there."""
    pip = [program("python"), "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    run_quietly([*pip, "--no-index", "--editable", str(ROOT)], "Installing Readback itself")


# ------------------------------------------------------------ the four commands


def setup(_arguments: "list[str]") -> int:
    """Only the environment."""
    see_to_packages(testing=False)
    prepare(testing=False)
    print(f"Ready: {program('readback')}")
    return 0


def test(arguments: "list[str]") -> int:
    """Every check, whether or not the one before it failed; pytest last, with its own last line."""
    see_to_packages(testing=True)
    prepare(testing=True)
    failed = [name for name, command in CHECKS if not passes(name, command)]
    environment = {**os.environ, "READBACK_FAILED_CHECKS": ", ".join(failed)}
    command = [program("python"), "-m", "pytest", *workers(arguments), *arguments]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return status or int(bool(failed))


def passes(name: str, command: "tuple[str, ...]") -> bool:
    """Run one check; print a line about it, and all it says if it fails."""
    started = time.monotonic()
    result = subprocess.run(
        [program(command[0]), *command[1:]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode:
        print(result.stdout)
    verdict = "FAILED" if result.returncode else "ok"
    print(f"{verdict:7}{name:18}{time.monotonic() - started:5.1f} s", flush=True)
    return not result.returncode


def workers(arguments: "list[str]") -> "list[str]":
    """Two processes for pytest where there are two processors, unless the caller decides."""
    decided = any(a.startswith(("-n", "--numprocesses", "--dist", "--pdb")) for a in arguments)
    return [] if decided or (os.cpu_count() or 1) < 2 else ["-n", "2", "--dist", "loadfile"]


def demo(arguments: "list[str]") -> int:
    """Become the program, so that signals, Ctrl+C and its exit status need no forwarding."""
    see_to_packages(testing=False)
    prepare(testing=False)
    command = [program("readback"), "demo", *arguments]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - there is no shell to go through, and none wanted
    child = subprocess.Popen(command)
    while True:  # Windows has no exec; Ctrl+C reaches both, and the program decides when it ends
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def lock(arguments: "list[str]") -> int:
    """Make run.txt, then dev.txt so that it agrees with it; for every system and Python."""
    prepare(testing=True)
    compiled = [program("uv"), "pip", "compile", "--universal", "--python-version", "3.11"]
    compiled += ["--generate-hashes", "--no-annotate", "--quiet", *arguments]
    compiled += ["--custom-compile-command", "python3 dev.py lock", "requirements/build.in"]
    for name, more in (("run", []), ("dev", ["--constraint", "requirements/run.txt"])):
        files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
        run_quietly([*compiled, *files, *more], f"Locking requirements/{name}.txt")
    return 0


def main(arguments: "list[str]") -> int:
    """Run one command; 2 if there is no such command."""
    commands = {"setup": setup, "test": test, "demo": demo, "lock": lock}
    if not arguments or arguments[0] not in commands:
        print(USAGE)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return commands[arguments[0]](arguments[1:])
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
