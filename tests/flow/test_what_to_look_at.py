"""For each diagram one line says what to look at, by the numbers of arrows, and the arrows of these numbers say so."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from workbook.course.places import CHAPTERS, DIAGRAMS
from workbook.flow.folding import labels
from workbook.flow.mermaid import from_mermaid

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINES: dict[str, dict[str, Any]] = tomllib.loads(
    (DIAGRAMS / "what_to_look_at.toml").read_text(encoding="utf-8")
)


def arrows_of(entry: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(key): value for key, value in entry.items() if key != "line"}


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
    written = labels(drawn)
    for number, wanted in arrows_of(LINES[name]).items():
        arrow, label = drawn[number - 1], written[number - 1]
        assert (arrow.sender, arrow.receiver, arrow.title) == (
            wanted["from"],
            wanted["to"],
            wanted["title"],
        ), number
        for has in wanted.get("has", ()):
            assert any(has in (detail, detail.partition("=")[0]) for detail in label.details), (number, has)
        assert not {name for name, _ in arrow.details} & set(wanted.get("lacks", ())), number


@pytest.mark.parametrize("name", LINES)
def test_the_chapter_has_the_line_under_the_diagram(name: str) -> None:
    step = name.partition(".")[0]
    chapter = (CHAPTERS / step / "README.md").read_text(encoding="utf-8")
    _, picture, after = chapter.partition(f"](../../diagrams/{name}.svg)")
    assert picture, "the chapter shows the diagram"
    assert " ".join(after.split()).startswith(" ".join(LINES[name]["line"].split()))
