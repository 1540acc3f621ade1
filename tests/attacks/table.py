"""`python -m tests.attacks.table`: carries out every attack on every finished app, and writes the outcomes down.

The outcomes are in attacks_by_step.json, and as a table in attacks_by_step.md.
"""

from __future__ import annotations

import json
from pathlib import Path

from workbook.attacks.outcomes import Outcome
from workbook.attacks.table import Outcomes, outcomes, steps_with_an_app, table
from workbook.course.places import SOLUTIONS
from workbook.course.steps import all_steps
from workbook.lab.warm_apps import warm_for_apps

RECORDED = Path(__file__).with_name("attacks_by_step.json")
TABLE = RECORDED.with_suffix(".md")


def as_json(of_steps: dict[str, Outcomes]) -> str:
    """The outcomes of all steps, by the steps' numbers."""
    data = {
        number: {name: [one.result, one.because] for name, one in found.items()}
        for number, found in of_steps.items()
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def recorded() -> dict[str, Outcomes]:
    """The outcomes that are written down."""
    data = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {number: {name: Outcome(*one) for name, one in found.items()} for number, found in data.items()}


def main() -> None:
    """Writes both files."""
    steps = steps_with_an_app(all_steps(), SOLUTIONS)
    with warm_for_apps([SOLUTIONS / step.name for step in steps]) as warm:
        of_steps = {step.number: outcomes(SOLUTIONS / step.name, warm) for step in steps}
    RECORDED.write_text(as_json(of_steps), encoding="utf-8", newline="\n")
    TABLE.write_text(table(of_steps), encoding="utf-8", newline="\n")
    print(f"Wrote {RECORDED} and {TABLE}.")


if __name__ == "__main__":
    main()
