"""The ports that people are told of: taken once, and a taken one is said kindly."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

from workbook.course.errors import WorkbookError


class PortTaken(WorkbookError):
    """Another program has the port."""


class Socket:
    """A port that is held: by a socket that is handed to each app in turn, or let go just before the app takes it."""

    def __init__(self, listening: socket.socket) -> None:
        self.handed = listening
        self._port: int = listening.getsockname()[1]

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *unused: object) -> None:
        self.handed.close()

    def let_go(self) -> int:
        """Frees the port for an app that binds it itself; gives its number."""
        self.handed.close()
        return self._port


def listen(port: int, option: str) -> Socket:
    """Holds a port of the loopback address; WorkbookError where another program has it.

    `option` is the one by which the person can choose another.
    """
    if _answers("::1", port):
        # A browser that looks for "localhost" tries this address first, and would meet the other program.
        raise port_taken(port, option)
    ours = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ours.bind(("127.0.0.1", port))
        ours.listen(128)
    except OverflowError:
        ours.close()
        raise WorkbookError(f"{port} is no port: choose a number from 1024 to 65535 with {option}.") from None
    except OSError as error:
        ours.close()
        if error.errno == errno.EACCES and port < 1024:
            raise WorkbookError(
                f"Port {port} is kept for the system: choose one from 1024 with {option}."
            ) from None
        raise port_taken(port, option) from None
    return Socket(ours)


def port_taken(port: int, option: str) -> PortTaken:
    """What is said of a port that is taken."""
    airplay = ""
    if sys.platform == "darwin" and port in (5000, 7000):
        airplay = " On a Mac this is often AirPlay Receiver (System Settings, General, AirDrop & Handoff)."
    return PortTaken(
        f"Port {port} is taken by another program, perhaps by a workbook that still runs.{airplay} "
        f"Stop that program, or choose another port, such as {option} {port + 10}."
    )


def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.2):
        return True
    return False
