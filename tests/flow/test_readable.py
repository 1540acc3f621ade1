"""The text of every kept picture is large enough to read where people see it: in the column of a repository's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workbook.course.places import DIAGRAMS

from ..web.browsing import chromium

# The column of a repository's page on GitHub (px).
COLUMN = 838
# The smallest text there (px).
LEAST = 4.5

PICTURES = sorted(DIAGRAMS.glob("*.svg"))


def text_sizes(svg: str) -> list[float]:
    """The size of each piece of text in a picture, in the picture's own units."""
    root = ElementTree.fromstring(svg)
    rule = re.search(r"#[\w-]+\{[^}]*font-size:\s*([\d.]+)px", svg)
    return list(_sizes(root, float(rule[1]) if rule else 16.0))


def _sizes(element: ElementTree.Element, inherited: float) -> Iterator[float]:
    if element.tag.endswith(("}style", "}title", "}desc")):
        return
    own = re.search(r"font-size:\s*([\d.]+)px", element.attrib.get("style", "")) or re.fullmatch(
        r"([\d.]+)(?:px)?", element.attrib.get("font-size", "")
    )
    size = float(own[1]) if own else inherited
    if element.text and element.text.strip():
        yield size
    for child in element:
        yield from _sizes(child, size)


def smallest_text(svg: str, column: float) -> float:
    """The height of the smallest text, in px, where a picture is shown in a column: as wide as it is, or narrower."""
    width = float(ElementTree.fromstring(svg).attrib["viewBox"].split()[2])
    return min(text_sizes(svg)) * min(1.0, column / width)


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_its_text_can_be_read_in_a_repositorys_page(file: Path) -> None:
    assert smallest_text(file.read_text(encoding="utf-8"), COLUMN) >= LEAST, "px"


# What a browser says of each text in the one picture of a page.
_MEASURED = """() => [...document.querySelectorAll("svg text, svg foreignObject *")]
    .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    .map(node => {
        const svg = node.closest("svg");
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        return parseFloat(getComputedStyle(node).fontSize) * scale;
    })"""


@pytest.mark.browser
def test_chromium_measures_the_same() -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": COLUMN, "height": 600})
        for file in PICTURES:
            svg = file.read_text(encoding="utf-8")
            page.set_content(
                f"<style>body {{ margin: 0 }} svg {{ max-width: 100% !important; height: auto }}</style>{svg}"
            )
            smallest = min(page.evaluate(_MEASURED))
            assert smallest >= LEAST, file.stem
            # Entity diagrams have a rule of their own for the words on a line.
            if not file.stem.endswith(".entities"):
                assert smallest == pytest.approx(smallest_text(svg, COLUMN), rel=0.01), file.stem
