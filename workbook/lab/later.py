"""A process whose clock is ahead: what is to end after ten minutes has ended there, and nobody has waited."""

from __future__ import annotations

import datetime
import time


def set_clock_ahead(seconds: float) -> None:
    """From now on `time` and `datetime` say in this process what they will say so many seconds later.

    What has imported `time.time` or `datetime.datetime` by name before goes on with the real clock.
    """
    real, real_ns = time.time, time.time_ns

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

    time.time = lambda: real() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1_000_000_000)
    datetime.datetime = Later  # type: ignore[misc]
