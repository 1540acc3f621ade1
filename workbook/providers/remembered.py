"""Dictionaries for a provider's memory of logins. Its server may run for days, and see any number of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

# How many entries of each kind are remembered: more than a user's logins in a day. A check makes fewer than a hundred.
MOST = 2000

K = TypeVar("K")
V = TypeVar("V")


class Remembered(OrderedDict[K, V]):
    """A dictionary of the newest `most` entries, MOST where nothing else is given. A set entry is the newest; the
    oldest is dropped for it."""

    def __init__(self, most: int | None = None) -> None:
        super().__init__()
        self._most = MOST if most is None else most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._most:
            self.popitem(last=False)

    def forget_while(self, is_old: Callable[[V], bool]) -> None:
        """Drops the oldest entries, as long as their values are old."""
        while self and is_old(next(iter(self.values()))):
            self.popitem(last=False)
