"""The messages that a server received and sent. It may run for weeks."""

from __future__ import annotations

import sys
from collections import deque

from workbook.flow.messages import Message

# How many bytes of messages are kept, where not all are kept: enough for a thousand logins.
MOST_BYTES = 16 * 1024 * 1024


class Said:
    """The newest messages, `most` of them and MOST_BYTES at the most; all of them where `most` is None."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._messages: deque[Message] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0

    def add(self, message: Message) -> None:
        """Keeps a message, and drops the oldest ones for it."""
        self._messages.append(message)
        if self._most is None:
            return
        self._sizes.append(_size(message))
        self._bytes += self._sizes[-1]
        while len(self._messages) > self._most or self._bytes > MOST_BYTES:
            self._messages.popleft()
            self._bytes -= self._sizes.popleft()

    def all(self) -> list[Message]:
        """The messages that are kept, the oldest first."""
        return list(self._messages)


def _size(message: Message) -> int:
    """How much memory a message takes (bytes)."""
    texts = (message.url, message.body, *(text for header in message.headers for text in header))
    return sys.getsizeof(message) + sum(map(sys.getsizeof, texts))
