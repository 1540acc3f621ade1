"""`reset` makes the starter again, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.course import resetting
from workbook.course.errors import WorkbookError
from workbook.course.resetting import reset
from workbook.course.starters import MOVED, is_untouched, write_starter
from workbook.course.steps import Step

SOLUTION = "# exercise 1.1: do it\n# stub: done = False\ndone = True\n# end 1.1\n"
STARTER = "# TODO 1.1: do it\ndone = False\n"


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    """A small step, with an untouched starter."""
    chapters, solutions = tmp_path / "chapters", tmp_path / "solutions"
    monkeypatch.setattr(resetting, "CHAPTERS", chapters)
    monkeypatch.setattr(resetting, "SOLUTIONS", solutions)
    for name, text in {"app.py": SOLUTION, "templates/index.html": "<p>Hello</p>\n"}.items():
        file = solutions / "01_small" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    write_starter(solutions / "01_small", chapters / "01_small")
    chapter = chapters / "01_small" / "README.md"
    chapter.write_text("# Small\n")
    return Step("01_small", chapter)


def test_an_untouched_starter_is_left_alone(step: Step) -> None:
    assert reset(step) is None
    assert [place.name for place in step.chapter.parents[1].iterdir()] == ["01_small"]


def test_what_was_there_is_kept_beside_it(step: Step) -> None:
    place = step.chapter.parent
    (place / "app.py").write_text("done = 'by me'\n")
    (place / "mine.py").write_text("mine\n")
    (place / "templates" / "index.html").unlink()
    kept = reset(step)
    assert kept == place.with_name("01_small.kept-1")
    assert {f.relative_to(kept).as_posix(): f.read_text() for f in kept.rglob("*") if f.is_file()} == {
        "app.py": "done = 'by me'\n",
        "mine.py": "mine\n",
    }
    assert (place / "app.py").read_text() == STARTER
    assert (place / "templates" / "index.html").read_text() == "<p>Hello</p>\n"
    assert not (place / "mine.py").exists() and step.chapter.read_text() == "# Small\n"
    assert is_untouched(place)


def test_a_second_reset_keeps_both(step: Step) -> None:
    for text in ("first\n", "second\n"):
        (step.chapter.parent / "app.py").write_text(text)
        reset(step)
    kept = [step.chapter.parent.with_name(f"01_small.kept-{n}") / "app.py" for n in (1, 2)]
    assert [file.read_text() for file in kept] == ["first\n", "second\n"]


def test_a_database_and_settings_stay_where_they_are(step: Step) -> None:
    place = step.chapter.parent
    (place / "instance").mkdir()
    (place / "instance" / "app.db").write_bytes(b"rows")
    (place / ".env").write_text("KEY=mine\n")
    (place / "app.py").write_text("changed\n")
    reset(step)
    assert (place / "instance" / "app.db").read_bytes() == b"rows"
    assert (place / ".env").read_text() == "KEY=mine\n"


def test_what_cannot_be_kept_is_not_changed(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    place = step.chapter.parent
    (place / "app.py").write_text("mine\n")
    # Tests may run as root, whom no permission stops: so a file is where the copy's folder would be.
    monkeypatch.setattr(Path, "exists", lambda self: False)
    place.with_name("01_small.kept-1").write_text("in the way")
    with pytest.raises(WorkbookError, match="Nothing is lost"):
        reset(step)
    assert (place / "app.py").read_text() == "mine\n"


def test_without_a_solution_it_says_so(step: Step, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resetting, "SOLUTIONS", tmp_path / "none")
    with pytest.raises(WorkbookError, match="step 01"):
        reset(step)


def test_a_kept_folder_is_no_step(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbook.course import steps

    (step.chapter.parent / "app.py").write_text("mine\n")
    reset(step)
    monkeypatch.setattr(steps, "CHAPTERS", step.chapter.parents[1])
    assert [one.name for one in steps.all_steps()] == ["01_small"]


def test_the_page_on_where_things_went_is_no_part_of_it(step: Step) -> None:
    page = step.chapter.parent / MOVED
    page.write_text("# Where every line went\n")
    assert is_untouched(step.chapter.parent) and reset(step) is None
    (step.chapter.parent / "app.py").write_text("done = 'by me'\n")
    kept = reset(step)
    assert kept is not None and not (kept / MOVED).exists()
    assert page.read_text() == "# Where every line went\n"
