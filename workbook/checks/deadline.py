"""The longest time that the checks of one exercise may take."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

# If the checks go on all the same, as where they clean up, they are interrupted again (seconds).
_AGAIN = 5.0


class TooLong(BaseException):
    """The checks of an exercise were interrupted. It is no Exception: no check takes it for the app's own failure."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not done within {seconds:g} seconds")
        self.seconds = seconds


@contextlib.contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raises TooLong inside of this `with` after so many seconds of the clock; None sets no limit.

    It works in the main thread of a process, and on systems with alarms (all but Windows).
    """
    if seconds is None:
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise TooLong(seconds)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
