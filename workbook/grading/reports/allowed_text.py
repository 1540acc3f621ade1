"""Text that every reader of XML and JSON takes."""

from __future__ import annotations

import re

# https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """The text with U+FFFD for each character that XML 1.0 forbids: control characters, halves of characters, U+FFFE
    and U+FFFF. JSON may hold them, but there are readers and databases that refuse U+0000 and halves."""
    return _FORBIDDEN.sub("\ufffd", text)
