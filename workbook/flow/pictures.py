"""Mermaid's text as SVG and PNG, by mermaidx: without a browser, and the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import re
from html import escape
from typing import Any

from .mermaid import unescaped

# The width of a PNG in pixels: sharp on a page that is half as wide. Tables are narrow.
_PNG_WIDTH = 1600
_ENTITY_PNG_WIDTH = 800
# Enough for the edges of letters: with half of it they look as they did.
_PNG_COLOURS = 32

_SETTINGS = (
    "%%{init: {'theme': 'base', 'themeVariables': {'fontFamily': 'Helvetica, Arial, sans-serif', 'fontSize': '15px',"
    "'actorBkg': '#eef3fb', 'actorBorder': '#3b5b92', 'actorTextColor': '#1b2a41', 'signalColor': '#3b5b92',"
    "'signalTextColor': '#1b2a41', 'sequenceNumberColor': '#ffffff', 'actorLineColor': '#9db0cf'},"
    "'sequence': {'messageAlign': 'left', 'actorMargin': 190, 'mirrorActors': false, 'width': 150, 'height': 44,"
    "'messageMargin': 30, 'wrap': false}}}%%\n"
)
# Entity diagrams are drawn with the help of chance, unless its seed is given.
_ENTITY_SETTINGS = (
    "%%{init: {'theme': 'base', 'handDrawnSeed': 1, 'themeVariables': {'fontFamily': 'Helvetica, Arial, sans-serif',"
    "'fontSize': '15px', 'primaryColor': '#eef3fb', 'primaryBorderColor': '#3b5b92', 'primaryTextColor': '#1b2a41',"
    "'lineColor': '#3b5b92', 'edgeLabelBackground': '#ffffff'}}}%%\n"
)


class PicturesUnavailable(Exception):
    """There is no mermaidx for this machine: diagrams are text here."""


def to_svg(mermaid: str) -> str:
    """The picture of a diagram, dark on white, with a title for those who do not see it."""
    svg: str = _diagram(mermaid).svg()
    # Every picture comes with the same ids; two of them in one page would share their styles and arrowheads.
    own = f"flow-{hashlib.sha256(mermaid.encode()).hexdigest()[:8]}"
    svg = svg.replace("my-svg", own)
    svg = re.sub(rf' id="(?!{own})', f' id="{own}-', svg)
    svg = re.sub(rf'(url\(#|href="#)(?!{own})', rf"\g<1>{own}-", svg)
    title = re.search(r"^\s*(?:title|accTitle:) (.*)$", mermaid, re.MULTILINE)
    name = escape(unescaped(title[1]) if title else "Sequence diagram")
    # The picture comes as wide as its page, and begins left of and above nought. An <img> has to know its
    # size, and the white has to lie exactly under it.
    opening = re.search(r"<svg\b[^>]*>", svg)
    box = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', svg)
    assert opening and box, "an SVG of mermaidx has a viewBox"
    size = f'width="{box[3]}" height="{box[4]}"'
    ground = f'<rect x="{box[1]}" y="{box[2]}" {size} fill="#ffffff"/>'
    sized = opening[0].replace('width="100%"', size)
    return f"{sized}<title>{name}</title>{ground}{svg[opening.end() :]}"


def to_png(mermaid: str) -> bytes:
    """The same picture as PNG."""
    width = _ENTITY_PNG_WIDTH if mermaid.startswith("erDiagram") else _PNG_WIDTH
    return _with_few_colours(_diagram(mermaid).png(width=width, background="#ffffff"))


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
        raise PicturesUnavailable(
            "There is no picture: mermaidx has no package for this machine. The diagram as text is complete."
        ) from None

    class WithLongLines(Diagram):  # type: ignore[misc]
        def _svg(self) -> str:
            return _to_the_bottom(super()._svg())

    settings = _ENTITY_SETTINGS if mermaid.startswith("erDiagram") else _SETTINGS
    # An accTitle would become a second title, under an id that to_svg changes.
    return WithLongLines(settings + re.sub(r"^ *accTitle: .*\n", "", mermaid, flags=re.MULTILINE))


def _to_the_bottom(svg: str) -> str:
    """Without boxes at the bottom Mermaid ends the participants' lines at 2000, however high the picture is."""
    box = re.search(r'viewBox="\S+ (\S+) \S+ (\S+)"', svg)
    assert box, "an SVG of mermaidx has a viewBox"
    bottom = float(box[1]) + float(box[2])
    if bottom <= 2000:
        return svg
    return re.sub(r'y2="2000"(?=[^>]*data-et="life-line")', f'y2="{bottom:g}"', svg)
