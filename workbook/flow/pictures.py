"""Mermaid's text as SVG and PNG: without a browser, and the same bytes every time.

Flows are drawn by ourselves (sequence.py says why), tables by mermaidx, which paints the PNGs of both.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from .folding import LeftOut
from .mermaid import from_mermaid, unescaped
from .sequence import to_sequence_svg

# The width of a PNG in pixels, twice that of the picture. Tables are narrow.
_PNG_WIDTH = 1560
_ENTITY_PNG_WIDTH = 800
# Enough for the edges of letters: they look as they did.
_PNG_COLOURS = 16

# Entity diagrams are drawn with the help of chance, unless its seed is given.
_ENTITY_SETTINGS = (
    "%%{init: {'theme': 'base', 'handDrawnSeed': 1, 'themeVariables': {'fontFamily': 'Helvetica, Arial, sans-serif',"
    "'fontSize': '15px', 'primaryColor': '#eef3fb', 'primaryBorderColor': '#3b5b92', 'primaryTextColor': '#1b2a41',"
    "'lineColor': '#3b5b92', 'edgeLabelBackground': '#ffffff'}}}%%\n"
)
# The words on a line cover it, and a dark page gets the same colours inverted. What is not on a screen stays light.
_ENTITY_RULES = (
    "#ID .labelBkg { background-color: #ffffff !important } "
    "@media screen and (prefers-color-scheme: dark) { #ID { filter: invert(0.94) hue-rotate(180deg) } }"
)


class PicturesUnavailable(Exception):
    """There is no mermaidx for this machine: diagrams are text here."""


def to_svg(mermaid: str, left_out: Sequence[LeftOut] = ()) -> str:
    """The picture of a diagram, with a title and a description for those who do not see it. The description has the
    arrows that the picture leaves out, too."""
    # Two pictures in one page must not share their ids.
    own = f"flow-{hashlib.sha256(mermaid.encode()).hexdigest()[:8]}"
    title = re.search(r"^\s*(?:title|accTitle:) (.*)$", mermaid, re.MULTILINE)
    name = unescaped(title[1]) if title else ""
    if mermaid.startswith("erDiagram"):
        return _entity_svg(mermaid, name, own)
    return to_sequence_svg(from_mermaid(mermaid), name, own, left_out)


def _entity_svg(mermaid: str, name: str, own: str) -> str:
    svg: str = _diagram(mermaid).svg()
    # Every picture of mermaidx comes with the same ids.
    svg = svg.replace("my-svg", own)
    svg = re.sub(rf' id="(?!{own})', f' id="{own}-', svg)
    svg = re.sub(rf'(url\(#|href="#)(?!{own})', rf"\g<1>{own}-", svg)
    # The picture comes as wide as its page, and begins left of and above nought. An <img> has to know its
    # size, and the white has to lie exactly under it.
    opening = re.search(r"<svg\b[^>]*>", svg)
    box = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg)
    assert opening and box, "an SVG of mermaidx has a viewBox"
    size = f'width="{box[3]}" height="{box[4]}"'
    ground = f'<rect x="{box[1]}" y="{box[2]}" {size} fill="#ffffff"/>'
    sized = opening[0].replace('width="100%"', size)
    rules = f"<style>{_ENTITY_RULES.replace('ID', own)}</style>"
    return f"{sized}<title>{escape(name)}</title>{rules}{ground}{svg[opening.end() :]}"


def to_png(mermaid: str) -> bytes:
    """The same picture as PNG, png_width wide: to be shown half as wide, and sharp there."""
    if mermaid.startswith("erDiagram"):
        return _with_few_colours(_diagram(mermaid).png(width=png_width(mermaid), background="#ffffff"))
    try:
        from mermaidx.raster import svg_to_png
    except ImportError:
        raise _unavailable() from None
    light = re.sub(r"<style>.*?</style>", "", to_svg(mermaid), flags=re.DOTALL)
    return _with_few_colours(svg_to_png(light, width=png_width(mermaid), background="#ffffff"))


def png_width(mermaid: str) -> int:
    """How wide a diagram's PNG is, in pixels."""
    return _ENTITY_PNG_WIDTH if mermaid.startswith("erDiagram") else _PNG_WIDTH


def _with_few_colours(png: bytes) -> bytes:
    """The same PNG with a palette: lines and letters of few colours take a fifth of the room then, in notebooks too."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(_PNG_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


def _diagram(mermaid: str) -> Any:
    try:
        from mermaidx.diagram import Diagram
    except ImportError:
        raise _unavailable() from None
    # An accTitle would become a second title, under an id that to_svg changes.
    return Diagram(_ENTITY_SETTINGS + re.sub(r"^ *accTitle: .*\n", "", mermaid, flags=re.MULTILINE))


def _unavailable() -> PicturesUnavailable:
    return PicturesUnavailable(
        "There is no picture: mermaidx has no package for this machine. The diagram as text is complete."
    )
