"""The text of an app, made fit to be shown: an app can say anything."""

from __future__ import annotations

import re

# Characters that a terminal obeys, and halves of characters, which no file can have.
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def readable(text: str, most: int) -> str:
    """At most so many characters of a text, without those that a terminal obeys."""
    cut = text if len(text) <= most else f"{text[:most]}…"
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", cut)
