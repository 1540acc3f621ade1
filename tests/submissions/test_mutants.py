"""Mutants are made alike each time, each is a change, and a run says which of them pass."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbook.course.places import SOLUTIONS
from workbook.course.steps import all_steps, find_step

from .mutants.__main__ import main
from .mutants.edits import Source, apply
from .mutants.explained import entries
from .mutants.field import PYTHON
from .mutants.general import OPERATORS
from .mutants.judging import AT_ITS_EXERCISE, judge
from .mutants.making import Mutant, mutants_of

WITH_CODE = [step for step in all_steps() if step.number != "00"]


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    return [mutant for step in WITH_CODE for mutant in mutants_of(step)]


def test_each_is_another_program_and_has_a_key_of_its_own(mutants: list[Mutant]) -> None:
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert mutant.text != (SOLUTIONS / mutant.step / mutant.file).read_text(encoding="utf-8")
        if mutant.file.endswith(".py"):
            ast.parse(mutant.text)


def test_every_exercise_with_code_has_some_and_none_is_another_steps(mutants: list[Mutant]) -> None:
    counts = Counter(mutant.exercise for mutant in mutants)
    for step in WITH_CODE:
        known = {exercise.id for exercise in step.exercises}
        of_step = {mutant.exercise for mutant in mutants if mutant.step == step.name}
        assert of_step <= known
        assert sum(counts[exercise] for exercise in of_step) >= 20


def test_no_kind_of_change_is_idle(mutants: list[Mutant]) -> None:
    used = {mutant.operator.lower().replace(" ", "_") for mutant in mutants}
    assert {operator.__name__ for operator in PYTHON} - used - {"always"} == set()


def test_a_change_of_the_session_is_made_at_each_of_its_uses() -> None:
    text = "from flask import session\n\ndef f():\n    session['a'] = session['b'] = 2\n    return session.get('a')\n"
    (per_process,) = (operator for operator in PYTHON if operator.__name__ == "per_process")
    first = next(iter(per_process(Source(text))))
    changed = apply(text, first)
    assert "kept = {}" in changed and "kept['a'] = session['b'] = 2" in changed and "kept.get('a')" in changed


def test_what_is_explained_is_a_mutant_that_is_made(mutants: list[Mutant]) -> None:
    made = {(mutant.step[:2], mutant.was, mutant.now) for mutant in mutants}
    for entry in entries():
        steps = [entry.step] if entry.step else [step.number for step in WITH_CODE]
        assert any((step, entry.was, entry.now) in made for step in steps), entry
        assert len(entry.why) > 20, entry


def test_a_run_refuses_them_at_their_exercise_and_says_why() -> None:
    chosen = [mutant for mutant in mutants_of(find_step("01")) if mutant.operator == "drop guard"]
    for one in judge(chosen):
        assert one.outcome == AT_ITS_EXERCISE and one.refused_by[0] == one.exercise and one.message


def test_the_command_goes_on_where_it_stopped(tmp_path: Path) -> None:
    found = tmp_path / "found.jsonl"
    arguments = ["run", "01", "--count", "2", "--seed", "3", "--found", str(found)]
    first = CliRunner().invoke(main, arguments)
    lines = found.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 and all(json.loads(line)["step"] == "01_twitter_login" for line in lines)
    second = CliRunner().invoke(main, arguments)
    assert found.read_text(encoding="utf-8").splitlines() == lines
    assert first.exit_code == second.exit_code and "01: 2 mutants" in second.output


def test_the_names_of_cosmic_rays_operators_exist() -> None:
    from cosmic_ray.plugins import operator_names

    assert {f"core/{name}" for name in OPERATORS} <= set(operator_names())
