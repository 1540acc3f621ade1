"""The clock, the randomness, and the apps' keys that the providers share."""

from __future__ import annotations

import os
import random
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_ALPHABET = string.ascii_letters + string.digits


@dataclass
class World:
    """`clock` gives the seconds since 1970. With a `seed` the same values are made up in the same order every time;
    without one they come from the system's source of randomness. `keys` are the apps' keys and secrets by their names
    in the environment, NAME_KEY and NAME_SECRET; missing ones are made up. The newest `most_messages` messages are
    kept; None keeps all."""

    seed: int | None = None
    clock: Callable[[], float] = time.time
    keys: dict[str, str] = field(default_factory=dict)
    most_messages: int | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._chance: dict[str, random.Random] = {}

    def word(self, kind: str, length: int, alphabet: str = _ALPHABET) -> str:
        """A random string. Each kind has a sequence of its own, so that asking for one does not change another."""
        if self.seed is None:
            return _unguessable(length, alphabet)
        with self._lock:
            if kind not in self._chance:
                self._chance[kind] = random.Random(f"{self.seed} {kind}")
            chance = self._chance[kind]
            return "".join(chance.choice(alphabet) for _ in range(length))

    def key(self, name: str, length: int, alphabet: str = _ALPHABET) -> str:
        """An app's key or secret, by its name in the environment."""
        if name not in self.keys:
            self.keys[name] = self.word(name, length, alphabet)
        return self.keys[name]

    def trim(self, said: list[Any]) -> None:
        """Removes the oldest messages, or attempts, from a list that has too many of them."""
        if self.most_messages is not None:
            del said[: -self.most_messages]


def _unguessable(length: int, alphabet: str) -> str:
    """A string of the system's randomness: a login has 300 such characters, so all are made at once."""
    letters, surplus = _letters(alphabet)
    word = b""
    while len(word) < length:
        word += os.urandom(length + length // 4 + 8).translate(letters, surplus)
    return word[:length].decode("ascii")


@lru_cache
def _letters(alphabet: str) -> tuple[bytes, bytes]:
    """A character of the alphabet for each byte, every character for as many bytes, and the bytes that then have
    none."""
    each = 256 // len(alphabet)
    table = (alphabet.encode("ascii") * (each + 1))[:256]
    return table, bytes(range(each * len(alphabet), 256))
