"""`python -m tests.attacks.table`: carries out every attack on every finished app, and writes the outcomes down.

The outcomes are in attacks_by_step.json, as a table in attacks_by_step.md, and its cells in the chapter of step 09.
"""

from __future__ import annotations

import json
from pathlib import Path

from workbook.attacks.outcomes import Outcome
from workbook.attacks.table import Outcomes, outcomes, signs, steps_with_an_app, table
from workbook.course.places import CHAPTERS, SOLUTIONS
from workbook.course.steps import all_steps
from workbook.lab.warm_apps import warm_for_apps

RECORDED = Path(__file__).with_name("attacks_by_step.json")
TABLE = RECORDED.with_suffix(".md")
# The chapter has the table between these two lines.
CHAPTER = CHAPTERS / "09_attacks_and_defences" / "README.md"
BEGIN, END = "<!-- attacks -->\n", "<!-- end of attacks -->\n"


def as_json(of_steps: dict[str, Outcomes]) -> str:
    """The outcomes of all steps, by the steps' numbers."""
    data = {
        number: {name: [one.result, one.because] for name, one in found.items()}
        for number, found in of_steps.items()
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def with_cells(chapter: str, of_steps: dict[str, Outcomes]) -> str:
    """The chapter's text with the table of these outcomes."""
    before, _, rest = chapter.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{CHAPTER} has no place for the table"
    return f"{before}{BEGIN}{signs(of_steps)}{END}{after}"


def recorded() -> dict[str, Outcomes]:
    """The outcomes that are written down."""
    data = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {number: {name: Outcome(*one) for name, one in found.items()} for number, found in data.items()}


def main() -> None:
    """Writes all three."""
    steps = steps_with_an_app(all_steps(), SOLUTIONS)
    with warm_for_apps([SOLUTIONS / step.name for step in steps]) as warm:
        of_steps = {step.number: outcomes(SOLUTIONS / step.name, warm) for step in steps}
    RECORDED.write_text(as_json(of_steps), encoding="utf-8", newline="\n")
    TABLE.write_text(table(of_steps), encoding="utf-8", newline="\n")
    chapter = CHAPTER.read_text(encoding="utf-8")
    CHAPTER.write_text(with_cells(chapter, of_steps), encoding="utf-8", newline="\n")
    print(f"Wrote {RECORDED}, {TABLE}, and the table in {CHAPTER}.")


if __name__ == "__main__":
    main()
