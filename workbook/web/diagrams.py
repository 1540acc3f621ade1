"""The recorded diagrams as the pages show them."""

from __future__ import annotations

import re
from html import unescape

from workbook.checks.repeated import left_out
from workbook.course.places import DIAGRAMS
from workbook.flow.pictures import to_svg

from .chapter import WHOLE


def names() -> tuple[str, ...]:
    """The names of the pictures, in the order of the steps."""
    return tuple(sorted(file.name for file in DIAGRAMS.glob("*.svg")))


def whole_of(name: str) -> str | None:
    """The name of the same picture with nothing left out; None where nothing is left out."""
    stem = name.removesuffix(".svg")
    return stem + WHOLE if left_out(stem) else None


def title_of(svg: str) -> str:
    """The title of a picture."""
    found = re.search(r"<title\b[^>]*>(.*?)</title>", svg)
    return unescape(found[1]) if found else ""


def picture(name: str) -> str | None:
    """The picture of that name, as SVG; None where there is none. A name that ends in `.whole.svg` is a flow of which
    the picture in the chapter leaves arrows out. Here the picture has them all."""
    if name in names():
        return (DIAGRAMS / name).read_text(encoding="utf-8")
    stem = name.removesuffix(WHOLE)
    if stem != name and f"{stem}.svg" in names():
        mermaid = (DIAGRAMS / f"{stem}.mmd").read_text(encoding="utf-8")
        return None if mermaid.startswith("erDiagram") else to_svg(mermaid)
    return None
