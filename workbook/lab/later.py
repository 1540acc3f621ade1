"""Sets the clock of a process ahead, or stops it, without waiting."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable


def set_clock_ahead(seconds: float) -> None:
    """From now on `time` and `datetime` are ahead of the real clock in this process, by `seconds`.

    Code that has imported `time.time` or `datetime.datetime` by name before keeps the real clock.
    """
    real, real_ns = time.time, time.time_ns
    _set_clock(lambda: real() + seconds, lambda: real_ns() + int(seconds * 1_000_000_000))


def set_clock_still(at: float) -> None:
    """From now on `time` and `datetime` stand still in this process at `at` (seconds since 1970). The rest is as for
    set_clock_ahead."""
    _set_clock(lambda: at, lambda: int(at * 1_000_000_000))


def _set_clock(now: Callable[[], float], now_ns: Callable[[], int]) -> None:
    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Later:
            return cls.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls) -> Later:
            return cls.now(datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Later:
            return cls.now()

    time.time, time.time_ns = now, now_ns
    datetime.datetime = Later  # type: ignore[misc]
