"""Step 09: its starter falls to each attack that an exercise names, and its finished app to none."""

from __future__ import annotations

import re
from pathlib import Path

from workbook.attacks.outcomes import WITHSTOOD, WORKS
from workbook.attacks.registry import attacks
from workbook.attacks.table import outcomes
from workbook.course.places import CHAPTERS, SOLUTIONS
from workbook.course.starters import write_starter
from workbook.lab.warm import Warm

from .table import recorded

STEP = "09_attacks_and_defences"
NAMED = re.compile(r"^Attack: `([a-z0-9-]+)`$", re.MULTILINE)


def test_the_finished_app_withstands_every_attack() -> None:
    assert {name: outcome.result for name, outcome in recorded()["09"].items()} == dict.fromkeys(
        attacks(), WITHSTOOD
    )


def test_every_attack_that_an_exercise_names_works_on_the_starter(tmp_path: Path, warm: Warm) -> None:
    named = NAMED.findall((CHAPTERS / STEP / "README.md").read_text(encoding="utf-8"))
    assert len(named) == len(set(named)) >= 10
    write_starter(SOLUTIONS / STEP, tmp_path / STEP)
    found = outcomes(tmp_path / STEP, warm)
    assert {name for name, outcome in found.items() if outcome.result == WORKS} == set(named)
