"""The flows that a step's chapter shows, recorded from its solution: what a student's own can be held beside."""

from __future__ import annotations

from workbook.course.places import DIAGRAMS
from workbook.flow.drawn import Arrow
from workbook.flow.mermaid import from_mermaid
from workbook.lab.visits import RECORDED


def expected_flows(step: str) -> list[tuple[str, str]]:
    """The names of a step's flows, and their titles, the one that shows most first."""
    flows = RECORDED.get(step, {})
    return [
        (name, title) for name, (title, _) in flows.items() if (DIAGRAMS / f"{step}.{name}.mmd").is_file()
    ]


def expected_arrows(step: str, name: str) -> tuple[str, tuple[Arrow, ...]] | None:
    """The title and the arrows of such a flow; None where there is none of that name."""
    title = dict(expected_flows(step)).get(name)
    if title is None:
        return None
    return title, from_mermaid((DIAGRAMS / f"{step}.{name}.mmd").read_text(encoding="utf-8"))
