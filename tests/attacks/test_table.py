"""The outcomes of all attacks on all finished apps are as they are written down.

`python -m tests.attacks.table` writes them down anew.
"""

from __future__ import annotations

import pytest

from workbook.attacks.registry import attacks
from workbook.attacks.table import outcomes, steps_with_an_app, table
from workbook.course.places import SOLUTIONS
from workbook.course.steps import Step, all_steps
from workbook.lab.warm import Warm

from .table import CHAPTER, RECORDED, TABLE, as_json, recorded, with_cells

STEPS = steps_with_an_app(all_steps(), SOLUTIONS)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_outcomes_of_a_step_are_written_down(step: Step, warm: Warm) -> None:
    assert outcomes(SOLUTIONS / step.name, warm) == recorded()[step.number]


def test_each_step_and_each_attack_is_written_down() -> None:
    assert list(recorded()) == [step.number for step in STEPS] and len(STEPS) >= 8
    assert all(list(found) == list(attacks()) for found in recorded().values())


def test_the_table_is_made_of_what_is_written_down() -> None:
    assert TABLE.read_bytes() == table(recorded()).encode()
    assert RECORDED.read_bytes() == as_json(recorded()).encode()


def test_the_chapter_has_the_table() -> None:
    chapter = CHAPTER.read_text(encoding="utf-8")
    assert with_cells(chapter, recorded()) == chapter
