"""Jobs for the tests of the warm process."""

import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[dict[str, Any]], None]

# A job that does not end by itself is for a test to end: no test waits for this. It only bounds, in seconds, how long a
# job stays that a failing test has lost. To wait for a condition would be to end by itself.
LOST_FOR = 600


def say(arguments: dict[str, Any], report: Report) -> None:
    """Reports its surroundings."""
    print("printed")
    print("to stderr", file=sys.stderr)
    report(
        {
            "arguments": arguments,
            "folder": os.getcwd(),  # noqa: PTH109
            "environment": dict(os.environ),
            "modules": [
                name for name in ("workbook.compat", "pytest", "flask_oauthlib") if name in sys.modules
            ],
        }
    )


def wait(arguments: dict[str, Any], report: Report) -> None:
    """Never ends by itself."""
    report({"pid": os.getpid()})
    time.sleep(LOST_FOR)


def start_another(arguments: dict[str, Any], report: Report) -> None:
    """Starts a process and never ends."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LOST_FOR})"])
    report({"pid": child.pid})
    time.sleep(LOST_FOR)


def leave_one(arguments: dict[str, Any], report: Report) -> None:
    """Forks a process into a session of its own, where it keeps all that is open; never ends by itself."""
    if os.fork() == 0:
        os.setsid()
        report({"left": os.getpid()})
    time.sleep(LOST_FOR)


def fail(arguments: dict[str, Any], report: Report) -> None:
    """Raises."""
    raise ValueError("on purpose")


def greet(arguments: dict[str, Any], report: Report) -> None:
    """Serves one caller on the socket that it got."""
    with socket.socket(fileno=arguments["socket"]) as listening:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"hello")


def load(arguments: dict[str, Any], report: Report) -> None:
    """Imports a module from its own folder, as an app is."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    importlib.import_module(arguments["module"])
    report({"event": "loaded"})
