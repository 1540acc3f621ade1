"""The outcome of an attack: it works, the app withstood it, or it could not be tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WORKS, WITHSTOOD, NOT_TRIED = "works", "withstood", "not tried"


@dataclass(frozen=True)
class Outcome:
    """`result` is WORKS, WITHSTOOD or NOT_TRIED. `because` is the evidence, or what stopped the attack, or what the app
    lacks: whole sentences."""

    result: str
    because: str


class CannotTry(Exception):
    """The attack could not be tried. The text is a whole sentence, and says what the app lacks."""


def works(evidence: str) -> Outcome:
    """The attack works, as `evidence` shows."""
    return Outcome(WORKS, evidence)


def withstood(because: str) -> Outcome:
    """The attack was tried, and the app withstood it."""
    return Outcome(WITHSTOOD, because)


def of_all(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of an attack, from those of the ways in which it was tried. One way that works is enough. Where none
    works, an app that withstood one way has withstood the attack."""
    every = list(outcomes)
    for result in (WORKS, WITHSTOOD, NOT_TRIED):
        of_this = dict.fromkeys(outcome.because for outcome in every if outcome.result == result)
        if of_this:
            return Outcome(result, " ".join(of_this))
    raise ValueError("an attack has at least one way")
