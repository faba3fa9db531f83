"""`readback simulate`: stand-ins for what a call centre has, to try the program without it.

`call-recorder` is a telephone exchange that speaks Asterisk's manager interface and records WAV
files; `tell` says to a running one what people do: hold, transfer, hang up. `warehouse` takes
orders by webhook and reports what becomes of them.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import threading
from pathlib import Path

from app.adapters.child_program import end_with_input
from app.simulators.ami_server import AmiServer
from app.simulators.call_recorder import CallRecorder
from app.simulators.control import Act, Control
from app.simulators.warehouse import Pace, Reporter, StandInWarehouse, WarehouseServer
from app.values.clock import SystemClock
from app.values.errors import Fault, Refusal
from app.values.identity import SystemIds
from app.wire.webhook_signature import parse_secrets

TELL_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command per stand-in."""
    commands = parser.add_subparsers(dest="stand_in", required=True, metavar="WHAT")
    exchange = commands.add_parser(
        "call-recorder", help="a telephone exchange with call recorders, on 127.0.0.1 only"
    )
    exchange.add_argument("--folder", type=Path, required=True, help="where recordings go")
    exchange.add_argument(
        "--secret-file", type=Path, required=True, help="holds the secret of the manager"
    )
    exchange.add_argument("--user", default="readback", help="name of the manager (readback)")
    exchange.add_argument("--port", type=int, default=0, help="of the manager; a free one if 0")
    exchange.add_argument(
        "--control-port", type=int, default=0, help="for `simulate tell`; a free one if 0"
    )
    exchange.add_argument(
        "--call",
        action="append",
        default=[],
        metavar="EXTENSION=CALLER_NUMBER",
        help="a call that is under way from the start; may be given several times",
    )
    exchange.add_argument(
        "--end-with-input",
        action="store_true",
        help="stop when standard input ends, as it does when the starting program does",
    )
    _warehouse_arguments(commands.add_parser("warehouse", help="takes orders, and sends parcels"))
    tell = commands.add_parser("tell", help="say to a running call-recorder what happens")
    tell.add_argument("control_port", type=int, metavar="CONTROL_PORT")
    tell.add_argument("act", choices=[act.value for act in Act], metavar="ACT", help=_acts())
    tell.add_argument("extension", nargs="?", default="", metavar="EXTENSION")
    tell.add_argument("--caller-number", default="", metavar="NUMBER", help="with start")
    tell.add_argument("--to", default="", metavar="EXTENSION", help="with transfer")


def run(arguments: argparse.Namespace) -> int:
    """The exit code."""
    if arguments.stand_in == "warehouse":
        return _warehouse(arguments)
    return _tell(arguments) if arguments.stand_in == "tell" else _exchange(arguments)


def _warehouse_arguments(warehouse: argparse.ArgumentParser) -> None:
    usual = Pace()
    warehouse.add_argument("--centre", required=True, metavar="URL", help="where it reports")
    warehouse.add_argument(
        "--secret-file", type=Path, required=True, help="holds the secret that it signs with"
    )
    warehouse.add_argument("--port", type=int, default=0, help="of the webhook; a free one if 0")
    for step, seconds in (
        ("allocate", usual.allocate_s),
        ("pick", usual.pick_s),
        ("ship", usual.ship_s),
        ("deliver", usual.deliver_s),
    ):
        warehouse.add_argument(
            f"--{step}-after", type=float, default=seconds, metavar="SECONDS", help="(%(default)s)"
        )
    warehouse.add_argument("--parcels", type=int, default=1, help="of each order (1)")
    warehouse.add_argument("--lose-percent", type=int, default=0, help="messages that get lost")
    warehouse.add_argument("--double-percent", type=int, default=0, help="reports that come twice")
    warehouse.add_argument("--shuffled", action="store_true", help="reports come in any order")
    warehouse.add_argument("--seed", type=int, default=1, help="of the chance (1)")
    warehouse.add_argument(
        "--end-with-input",
        action="store_true",
        help="stop when standard input ends, as it does when the starting program does",
    )


def _warehouse(arguments: argparse.Namespace) -> int:
    pace = Pace(
        allocate_s=arguments.allocate_after,
        pick_s=arguments.pick_after,
        ship_s=arguments.ship_after,
        deliver_s=arguments.deliver_after,
        parcels=max(arguments.parcels, 1),
        lose_percent=arguments.lose_percent,
        double_percent=arguments.double_percent,
        shuffled=arguments.shuffled,
        seed=arguments.seed,
    )
    keys = parse_secrets(_secret(arguments.secret_file))
    clock, ids = SystemClock(), SystemIds()
    warehouse = StandInWarehouse(pace, clock, ids)
    ended = _until_told_to_stop(watch_input=arguments.end_with_input)
    try:
        server = WarehouseServer(warehouse, pace, keys, clock, arguments.port)
    except OSError as cause:
        raise Refusal("port_taken", "Another program uses this port already.") from cause
    reporter = Reporter(warehouse, pace, arguments.centre, keys, clock, ids)
    try:
        reporter.start()
        print(json.dumps({"port": server.port, "url": server.url}), flush=True)
        ended.wait()
    finally:
        server.close()
        reporter.close()
    return 0


def _acts() -> str:
    return ", ".join(act.value for act in Act)


def _exchange(arguments: argparse.Namespace) -> int:
    calls = [_call(told) for told in arguments.call]
    secret = _secret(arguments.secret_file)
    recorder = CallRecorder(arguments.folder, SystemClock())
    ended = _until_told_to_stop(watch_input=arguments.end_with_input)
    try:
        ami = AmiServer(recorder, arguments.user, secret, port=arguments.port)
        control = Control(recorder, ami, arguments.control_port)
    except OSError as cause:
        raise Refusal("port_taken", "Another program uses this port already.") from cause
    try:
        recorder.start()
        for extension, number in calls:
            recorder.start_call(extension, number)
        ready = {
            "port": ami.port,
            "control_port": control.port,
            "folder": str(arguments.folder.resolve()),
            "calls": list(recorder.calls()),
        }
        print(json.dumps(ready), flush=True)
        ended.wait()
    finally:
        control.close()
        recorder.close()
        ami.close()
    return 0


def _until_told_to_stop(*, watch_input: bool) -> threading.Event:
    """Set when this program is to end: by signal, or with its input."""
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ended.set())
    if watch_input:
        end_with_input(ended.set)
    return ended


def _call(told: str) -> tuple[str, str]:
    extension, equals, number = told.partition("=")
    if not extension or not equals:
        raise Refusal("call_malformed", f"--call {told}: it is written EXTENSION=CALLER_NUMBER.")
    return extension, number


def _secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise Refusal("secret_unreadable", f"{path} cannot be read.") from cause
    if not secret:
        raise Refusal("secret_unreadable", f"{path} is empty.")
    return secret


def _tell(arguments: argparse.Namespace) -> int:
    told = {
        "do": arguments.act,
        "extension": arguments.extension,
        "caller_number": arguments.caller_number,
        "to": arguments.to,
    }
    there = ("127.0.0.1", arguments.control_port)
    try:
        with (
            socket.create_connection(there, timeout=TELL_SECONDS) as line,
            line.makefile("rb") as reading,
        ):
            line.sendall(json.dumps(told).encode() + b"\n")
            answer = json.loads(reading.readline())
    except (OSError, ValueError) as cause:
        raise Fault("simulator_away", "No call-recorder answers at this port.") from cause
    if not answer["ok"]:
        raise Refusal("not_done", answer["sentence"])
    print(json.dumps(answer["calls"], indent=2))
    return 0
