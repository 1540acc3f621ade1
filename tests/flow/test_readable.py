"""The text of every kept picture is large enough to read where people see it: in the column of a repository's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workbook.course.places import DIAGRAMS

from ..web.browsing import chromium

# The column of a repository's page on GitHub, and that of a small phone turned sideways (px).
COLUMN, PHONE = 838, 640
# The smallest text there (px).
LEAST = 11

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


@pytest.mark.parametrize("column", [COLUMN, PHONE])
@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_its_text_can_be_read(file: Path, column: int) -> None:
    assert smallest_text(file.read_text(encoding="utf-8"), column) >= LEAST, "px"


# What a browser says of the one picture of a page: the smallest text (px), and texts that are cut off or lie on others.
_MEASURED = """() => {
    const svg = document.querySelector("svg"), all = svg.getBoundingClientRect();
    const scale = all.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text, foreignObject *")]
        .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
    const smallest = Math.min(...texts.map(node => parseFloat(getComputedStyle(node).fontSize) * scale));
    const boxes = texts.map(node => [node.textContent, node.getBoundingClientRect()]);
    const wrong = boxes.filter(([, box]) => box.left < all.left || box.right > all.right || box.bottom > all.bottom)
        .map(([text]) => "cut off: " + text);
    boxes.forEach(([text, box], place) => boxes.slice(0, place).forEach(([other, its]) => {
        const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        if (across > 1 && down > 3) wrong.push(`${text} lies on ${other}`);
    }));
    return { smallest, wrong };
}"""


@pytest.mark.browser
def test_chromium_shows_every_text_whole_and_as_high_as_was_measured() -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": COLUMN, "height": 600})
        for file in PICTURES:
            svg = file.read_text(encoding="utf-8")
            page.set_content(
                f"<style>body {{ margin: 0 }} svg {{ max-width: 100% !important; height: auto }}</style>{svg}"
            )
            seen = page.evaluate(_MEASURED)
            assert seen["wrong"] == [], file.stem
            assert seen["smallest"] >= LEAST, file.stem
            # Entity diagrams have a rule of their own for the words on a line.
            if not file.stem.endswith(".entities"):
                assert seen["smallest"] == pytest.approx(smallest_text(svg, COLUMN), rel=0.01), file.stem
