"""Processes that are alike: they make the same random values, unless the system makes them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .later import set_clock_still


@dataclass(frozen=True)
class Alike:
    """The common settings of processes that are alike: their clock stands still at `clock` (seconds since 1970), and
    the numbers of the module `random` begin with `seed`."""

    clock: float
    seed: int


def make_alike(alike: Alike) -> None:
    """Makes this process one of those. Values from the system stay as they are (`secrets`, `os.urandom`, `uuid4`)."""
    import uuid

    set_clock_still(alike.clock)
    # The system's own version 1 UUIDs have the real clock in them.
    uuid._generate_time_safe = None  # type: ignore[attr-defined]
    # random.SystemRandom has a seed() of its own, which does nothing.
    seeded: Any = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        seeded(self, alike.seed if a is None else a, version)

    random.Random.seed = seed  # type: ignore[method-assign]
    # The functions of the module are methods of one object, which has the old seed().
    random.seed = random._inst.seed
    random.seed()
