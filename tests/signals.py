"""Programs that a test starts can be interrupted, even where the tests themselves cannot be.

A script's `python3 -m workbook test &` ignores SIGINT and SIGQUIT, and nohup adds SIGHUP. A program inherits ignored
signals, but not handled ones (POSIX, execve). So the tests handle these signals, by doing nothing: they go on, and each
program that they start begins as it would from a terminal.
"""

from __future__ import annotations

import signal


def pass_none_on_ignored() -> None:
    """Handles each of these signals that is ignored, for this process; its effect is on the programs that it starts."""
    for name in ("SIGINT", "SIGQUIT", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has not all of them
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)
