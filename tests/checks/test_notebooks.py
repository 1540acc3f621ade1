"""A notebook checks its step: green on the solution, red at exactly the cells of the wrong exercises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.places import NOTEBOOKS, ROOT
from workbook.course.steps import all_steps

from ..submissions.submitting import HERE, Submission, submissions

STEP = "01_twitter_login"
NOTEBOOK = NOTEBOOKS / f"{STEP}.ipynb"


@pytest.fixture(scope="module")
def no_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that hides mermaidx, as on machines for which it has no package: a picture takes seconds, and nbval does
    not compare pictures."""
    folder = tmp_path_factory.mktemp("no_pictures")
    (folder / "mermaidx.py").write_text("raise ImportError('no package for this machine')")
    return folder


def red_cells(
    no_pictures: Path, folder: Path | str | None = None, root: Path = ROOT, notebook: Path = NOTEBOOK
) -> list[str]:
    """The cells of a notebook that nbval finds wrong, each by its last line; `folder` is for WORKBOOK_IN."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("WORKBOOK", "PYTEST"))
    }
    if folder is not None:
        environment["WORKBOOK_IN"] = str(folder)
    name = notebook.relative_to(ROOT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(name), "-q"],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(no_pictures), str(root)])},
    )
    print(done.stdout, done.stderr)  # shown where a test fails
    cells = json.loads((root / name).read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]).splitlines()[-1] for cell in cells if cell["cell_type"] == "code"]
    red = [code[int(number)] for number in re.findall(r"^FAILED .*::Cell (\d+)", done.stdout, re.MULTILINE)]
    assert done.returncode == (1 if red else 0)
    assert f"{len(code)} notebook cells ran" in done.stdout
    return red


def test_it_is_green_twice_in_a_row_and_stays_as_it_was(no_pictures: Path) -> None:
    """The stored outputs are from a third run, on another day."""
    before = NOTEBOOK.read_bytes()
    assert red_cells(no_pictures) == []
    assert red_cells(no_pictures) == []
    assert NOTEBOOK.read_bytes() == before


def test_it_is_red_at_exactly_the_exercises_that_are_not_passed(no_pictures: Path, tmp_path: Path) -> None:
    """Exercises that need a wrong exercise wait for it."""
    folder = Submission(HERE / "01" / "wrong" / "1.5-twitter-not-asked.patch").write(tmp_path)
    assert red_cells(no_pictures, folder) == ['lesson.verdict("1.5")', 'lesson.verdict("1.6")']


# Of each step the submission that differs most: all of them would take minutes.
RIGHT = [
    max(submissions(step.number, "right"), key=lambda one: one.file.stat().st_size) for step in all_steps()
]


@pytest.mark.parametrize("submission", RIGHT, ids=lambda one: f"{one.step}-{one.file.stem}")
def test_what_a_right_app_does_otherwise_is_no_fault(
    no_pictures: Path, tmp_path: Path, submission: Submission
) -> None:
    notebook = NOTEBOOKS / f"{submission.step}.ipynb"
    assert red_cells(no_pictures, submission.write(tmp_path), notebook=notebook) == []


def test_it_is_red_where_one_message_of_the_solution_changes(no_pictures: Path, tmp_path: Path) -> None:
    for part in ("workbook", "chapters", "solutions", "diagrams", "tests", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "requirements.txt"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    app = tmp_path / "solutions" / STEP / "app.py"
    call = 'twitter.get("account/verify_credentials.json")'
    text = app.read_text(encoding="utf-8")
    assert text.count(call) == 1
    app.write_text(text.replace(call, f'[{call} for _ in "12"][0]'), encoding="utf-8", newline="\n")
    assert red_cells(no_pictures, root=tmp_path) == [
        'lesson.draw("sign_in")',
        "lesson.take_apart(direct[2:])",
    ]
