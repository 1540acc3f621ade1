"""For each diagram one line says what to look at, by the numbers of arrows, and the arrows of these numbers say so."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from workbook.checks.repeated import left_out
from workbook.course.places import CHAPTERS, DIAGRAMS
from workbook.flow.drawn import Arrow
from workbook.flow.folding import labels
from workbook.flow.mermaid import from_mermaid
from workbook.flow.messages import BROWSER, BROWSERS
from workbook.flow.pictures import to_svg

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINES: dict[str, dict[str, Any]] = tomllib.loads(
    (DIAGRAMS / "what_to_look_at.toml").read_text(encoding="utf-8")
)


def arrows_of(entry: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(key): value for key, value in entry.items() if key.isdecimal()}


def test_every_flow_has_its_line() -> None:
    flows = {file.stem for file in DIAGRAMS.glob("*.mmd") if not file.stem.endswith(".entities")}
    assert set(LINES) == flows


@pytest.mark.parametrize("name", LINES)
def test_the_line_names_the_arrows_by_their_numbers(name: str) -> None:
    line = LINES[name]["line"]
    named = {int(number) for found in re.findall(r"arrows? (\d+(?: and \d+)?)", line, re.IGNORECASE)
             for number in found.split(" and ")}  # fmt: skip
    assert named == set(arrows_of(LINES[name]))


@pytest.mark.parametrize("name", LINES)
def test_the_arrow_of_that_number_says_so_and_the_picture_writes_it_there(name: str) -> None:
    drawn = from_mermaid((DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8"))
    written = labels(drawn, left_out(name))
    unseen = {number for part in left_out(name) for number in part.numbers}
    for number, wanted in arrows_of(LINES[name]).items():
        assert number not in unseen
        arrow, label = drawn[number - 1], written[number - 1]
        assert (arrow.sender, arrow.receiver, arrow.title) == (
            wanted["from"],
            wanted["to"],
            wanted["title"],
        ), number
        for has in wanted.get("has", ()):
            assert any(has in (detail, detail.partition("=")[0]) for detail in label.details), (number, has)
        assert not {name for name, _ in arrow.details} & set(wanted.get("lacks", ())), number


def in_kind(arrow: Arrow) -> Arrow:
    """The arrow whoever it is that comes, in whichever browser, and however often this flow has had such values."""
    details = tuple(
        (name, re.sub(r" \(\d+\)›", "›", value)) for name, value in arrow.details if name != "person"
    )
    ends = (BROWSER if end in BROWSERS else end for end in (arrow.sender, arrow.receiver))
    return Arrow(*ends, arrow.is_request, arrow.title, details)


@pytest.mark.parametrize("name", [name for name in LINES if "shown_before" in LINES[name]])
def test_what_a_picture_leaves_out_an_earlier_one_shows(name: str) -> None:
    drawn = from_mermaid((DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8"))
    svg = (DIAGRAMS / f"{name}.svg").read_text(encoding="utf-8")
    assert svg == to_svg((DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8"), left_out(name))
    for part in LINES[name]["shown_before"]:
        first, last, other, since = (part[key] for key in ("first", "last", "as_in", "from"))
        assert other[:2] < name[:2] and "shown_before" not in LINES[other]
        before = from_mermaid((DIAGRAMS / f"{other}.mmd").read_text(encoding="utf-8"))
        assert [in_kind(arrow) for arrow in drawn[first - 1 : last]] == [
            in_kind(arrow) for arrow in before[since - 1 : since + last - first]
        ]
        assert f">Arrows {first} to {last}: as in step {other[:2]}<" in svg


@pytest.mark.parametrize("name", LINES)
def test_the_chapter_has_the_line_under_the_diagram(name: str) -> None:
    step = name.partition(".")[0]
    chapter = (CHAPTERS / step / "README.md").read_text(encoding="utf-8")
    _, picture, after = chapter.partition(f"](../../diagrams/{name}.svg)")
    assert picture, "the chapter shows the diagram"
    assert " ".join(after.split()).startswith(" ".join(LINES[name]["line"].split()))


@pytest.mark.parametrize("name", [name for name in LINES if "shown_before" in LINES[name]])
def test_the_chapter_links_the_whole_flow_where_the_picture_leaves_a_part_out(name: str) -> None:
    chapter = (CHAPTERS / name.partition(".")[0] / "README.md").read_text(encoding="utf-8")
    assert f"](../../diagrams/{name}.mmd)" in chapter
