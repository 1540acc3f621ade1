"""What the app has printed and logged: its newest lines."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections import deque
from dataclasses import dataclass, field

# The most lines that are kept, and the most characters of one.
MOST_LINES = 1000
LONGEST_LINE = 2000
# What colours a terminal, and moves its cursor (ECMA-48 section 5.4).
_COMMANDS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass
class Printed:
    """The newest lines, numbered from 1. The last one may still grow. It is for one thread at a time."""

    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    _count: int = 0
    _open: bool = False

    def __post_init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def add(self, text: bytes) -> None:
        """Takes the next piece."""
        for line in self._decode(text).splitlines(keepends=True):
            shown = _COMMANDS.sub("", line.rstrip("\r\n"))
            if self._open:
                self._lines[-1] = (self._lines[-1] + shown)[:LONGEST_LINE]
            else:
                self._lines.append(shown[:LONGEST_LINE])
                self._count += 1
            self._open = not line.endswith(("\n", "\r"))

    def since(self, number: int) -> tuple[int, list[str]]:
        """The lines from that number on, as far as they are kept, and the number of the first of them."""
        first = self._count - len(self._lines) + 1
        begin = max(first, number)
        return begin, list(self._lines)[begin - first :]
