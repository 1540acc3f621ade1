"""The recorded flows in diagrams/, as text.

In a student's copy the flows that no chapter links to are packed. Their pictures are there as everywhere. A packed flow
is no secret. It is only no text that somebody could copy into a diagram of their own.
"""

from __future__ import annotations

import base64
import zlib

from workbook.course.places import DIAGRAMS, RELEASE

_PACKED = RELEASE / "diagrams"


def stored(name: str) -> str:
    """A recorded flow or picture of tables as Mermaid, by the name of its file in diagrams/, without its ending."""
    file = DIAGRAMS / f"{name}.mmd"
    if _PACKED.is_dir() and not file.exists():
        return unpacked((_PACKED / name).read_bytes())
    return file.read_text(encoding="utf-8")


def packed(text: str) -> bytes:
    """The text as a student's copy has it."""
    return base64.b85encode(zlib.compress(text.encode()))


def unpacked(content: bytes) -> str:
    """The text that was packed."""
    return zlib.decompress(base64.b85decode(content)).decode()
