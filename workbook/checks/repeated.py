"""Messages that the pictures of later steps leave out, because an earlier chapter has shown them.

The recorded flow and the notebooks have all messages. The data is in diagrams/what_to_look_at.toml.
"""

from __future__ import annotations

import sys

from workbook.course.places import DIAGRAMS
from workbook.flow.folding import LeftOut

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def left_out(name: str) -> tuple[LeftOut, ...]:
    """The arrows that the picture of a flow leaves out, by the name of its file in diagrams/."""
    file = DIAGRAMS / "what_to_look_at.toml"
    every = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return tuple(
        LeftOut(
            part["first"],
            part["last"],
            f"Arrows {part['first']} to {part['last']}: as in step {part['as_in'][:2]}",
        )
        for part in every.get(name, {}).get("shown_before", ())
    )
