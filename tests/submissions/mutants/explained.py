"""The list of mutants that pass, each with the reason why that is right."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .judging import PASSES, Judged

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIST = Path(__file__).parent / "passing.toml"


@dataclass(frozen=True)
class Entry:
    """A change of a line that may pass: in the step of that number ("03"), or in each step where the line is."""

    was: str
    now: str
    why: str
    step: str = ""

    def fits(self, one: Judged) -> bool:
        """Whether this explains a mutant."""
        return (self.was, self.now) == (one.was, one.now) and one.step.startswith(self.step)


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every entry of the list."""
    return tuple(Entry(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["passes"])


def explained(one: Judged) -> Entry | None:
    """The entry that explains why a mutant passes, if there is one."""
    return next((entry for entry in entries() if entry.fits(one)), None)


def stale(judged: Iterable[Judged]) -> list[Entry]:
    """The entries for the steps of these mutants that explain none of them."""
    passing = [one for one in judged if one.outcome == PASSES]
    steps = {one.step for one in judged}
    return [
        entry
        for entry in entries()
        if entry.step and any(step.startswith(entry.step) for step in steps)
        if not any(entry.fits(one) for one in passing)
    ]
