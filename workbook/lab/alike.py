"""Processes that are alike: what one makes by chance, another one makes as well, unless the system gives the chance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .later import set_clock_still


@dataclass(frozen=True)
class Alike:
    """What processes that are alike have in common: their clock stands still at `clock` (seconds since 1970), and the
    numbers of the module `random` begin with `seed`."""

    clock: float
    seed: int


def make_alike(alike: Alike) -> None:
    """Makes this process one of those. What comes from the system stays as it is (`secrets`, `os.urandom`, `uuid4`)."""
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
