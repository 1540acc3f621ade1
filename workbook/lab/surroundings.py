"""The job that looks around as a confined app would, and says what it should not be able to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .syscalls import are_taken_away

# An address for documentation: no machine has it (RFC 5737 section 3).
_ELSEWHERE = ("192.0.2.1", 9)


def look(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """Reports {"problem": …, "filtered": …}: the first in a few words, "" where there is none, the second whether the
    filter of lab.syscalls is there. `arguments`: "hidden", paths that it must not see."""
    report({"problem": "; ".join(_problems(arguments["hidden"])), "filtered": are_taken_away()})


def _problems(hidden: list[str]) -> list[str]:
    found = [f"an app would see {place}" for place in hidden if Path(place).exists()]
    if os.geteuid() == 0:
        found.append("an app would be root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.connect(_ELSEWHERE)  # sends nothing
            found.append("an app would have a network")
        except OSError:
            pass
    try:
        Path("written").write_text("", encoding="ascii")
    except OSError as error:
        found.append(f"an app could not write its own files ({error.strerror})")
    # What an app imports itself is only looked for.
    missing = [name for name in ("flask", "flask_oauthlib", "workbook.compat") if find_spec(name) is None]
    found += [f"an app could not load {name}" for name in missing]
    return found
