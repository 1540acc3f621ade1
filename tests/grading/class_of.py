"""Makes a class of any size, some of it hostile, and says whether what `grade` made of it is as it should be.

python -m tests.grading.class_of make FOLDER [--students 400] [--hostile 40] [--seed 1] [--steps 01 02 …]
python3 -m workbook grade FOLDER/work --report FOLDER/report
python -m tests.grading.class_of compare FOLDER

Each student has, for each step, the finished app, the starter, a wrong or a differently written right submission, or
nothing. No two are equal but the untouched starters. They come as folders, zips and tars.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files, starter_files
from workbook.course.steps import Step, all_steps, find_step
from workbook.grading.a_class import RESULTS

from ..submissions.submitting import submissions
from .hostile import ANY, AS_THE_STARTER, PASSES, Attack
from .hostile.forging import FORGERIES
from .hostile.lasting import LASTING
from .hostile.using import DATA, USING

ATTACKS = {**FORGERIES, **LASTING, **USING, **DATA}
EXPECTED = "expected.json"
# How often a student has what for a step.
_SHARES = {"solution": 35, "starter": 20, "wrong": 30, "right": 10, "nothing": 5}


def make(folder: Path, students: int, hostile: int, seed: int, steps: Sequence[Step]) -> None:
    """Writes a class into the folder `work` below this one, and what should come of it beside it."""
    chance = random.Random(seed)
    expected: dict[str, dict[str, Any]] = {}
    attacks = [*ATTACKS.values()]
    for number in range(students):
        name = f"student-{number:03}"
        place = folder / "work" / name
        attack = attacks[number % len(attacks)] if number < hostile else None
        expected[name] = {step.name: _written(place, step, name, attack, chance) for step in steps}
        place.mkdir(parents=True, exist_ok=True)
        _pack(place, chance.choice(["folder", "zip", "gztar"]))
    (folder / EXPECTED).write_text(json.dumps(expected, indent=1), encoding="utf-8")


def _written(
    place: Path, step: Step, name: str, attack: Attack | None, chance: random.Random
) -> dict[str, str]:
    if attack is not None and attack.step == step.name:
        attack.write(place)
        return {"kind": "hostile", "expects": attack.expects, "tries": attack.tries}
    (kind,) = chance.choices(list(_SHARES), list(_SHARES.values()))
    patches = submissions(step.number, kind) if kind in ("wrong", "right") else []
    if kind in ("wrong", "right") and not patches:
        kind = "solution"
    if patches:
        patch = chance.choice(patches)
        patch.write(place)
        _mark(place / step.name, name)
        return {"kind": kind, "patch": patch.file.stem, "open": patch.exercise}
    if kind == "solution":
        for file in source_files(SOLUTIONS / step.name):
            copy = place / step.name / file.relative_to(SOLUTIONS / step.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        _mark(place / step.name, name)
    elif kind == "starter":
        for part, content in starter_files(SOLUTIONS / step.name).items():
            copy = place / step.name / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
    return {"kind": kind}


def _mark(folder: Path, name: str) -> None:
    """Makes an app one of its own, by a comment."""
    for file in (folder / "app.py", folder / "app" / "__init__.py"):
        if file.exists():
            with file.open("a", encoding="utf-8") as text:
                text.write(f"# {name}\n")


def _pack(place: Path, how: str) -> None:
    if how != "folder":
        shutil.make_archive(str(place), how, place)
        shutil.rmtree(place)


def compare(folder: Path) -> list[str]:
    """What in the report of the folder is not as it should be, a line each."""
    expected = json.loads((folder / EXPECTED).read_text(encoding="utf-8"))
    lines = (folder / "report" / RESULTS).read_text(encoding="utf-8").splitlines()
    found = {result["student"]: result for result in map(json.loads, lines)}
    wrong = [f"{name}: no result" for name in expected.keys() - found.keys()]
    starters: dict[str, set[str]] = {}
    for name in sorted(expected.keys() & found.keys()):
        for step in found[name]["steps"]:
            if expected[name][step["step"]]["kind"] == "starter" and not step["trouble"]:
                starters.setdefault(step["step"], _passed(step))
    for name in sorted(expected.keys() & found.keys()):
        for step in found[name]["steps"]:
            one = expected[name][step["step"]]
            problem = _problem(one, step, starters.get(step["step"], set()))
            if problem:
                wrong.append(f"{name}, {step['step']}, {one}: {problem}")
    return wrong


def _passed(step: dict[str, Any]) -> set[str]:
    return {verdict["id"] for verdict in step["verdicts"] if verdict["passed"]}


def _problem(one: dict[str, str], step: dict[str, Any], of_the_starter: set[str]) -> str:
    every = {exercise.id for exercise in find_step(step["step"]).exercises}
    passed, trouble = _passed(step), step["trouble"]
    kind = one["kind"]
    if kind in ("solution", "right") or (kind == "hostile" and one["expects"] == PASSES):
        return "" if passed == every and not trouble else f"open: {sorted(every - passed)} {trouble}"
    if kind == "wrong":
        return "" if one["open"] not in passed and not trouble else f"passed: {sorted(passed)} {trouble}"
    if kind == "starter":
        return "" if passed == of_the_starter and not trouble else f"passed: {sorted(passed)} {trouble}"
    if kind == "nothing":
        return f"passed: {sorted(passed)}" if passed else ""
    if one["expects"] == AS_THE_STARTER:
        return f"passed: {sorted(passed)}" if passed - of_the_starter and of_the_starter else ""
    return "passed whole" if one["expects"] != ANY and passed == every else ""


def main() -> int:
    """Makes a class, or compares its report. 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--students", type=int, default=400)
    parser.add_argument("--hostile", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", nargs="*", default=[])
    given = parser.parse_args()
    if given.what == "make":
        steps = tuple(map(find_step, given.steps)) or all_steps()
        make(given.folder, given.students, given.hostile, given.seed, steps)
        expected = json.loads((given.folder / EXPECTED).read_text(encoding="utf-8"))
        print(dict(Counter(one["kind"] for student in expected.values() for one in student.values())))
        return 0
    wrong = compare(given.folder)
    print("\n".join([*wrong, f"{len(wrong)} not as they should be."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
