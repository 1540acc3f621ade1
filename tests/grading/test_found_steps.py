"""Step folders are found wherever they are, and of two of one step the student's own work is taken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbook.grading.found_steps import step_of

from .making import SECOND, STEP, Files, app, files_of, said, solution, starter, taken, within, written

OLD, NEW = 1_700_000_000, 1_790_000_000


def two(
    tmp: Path, first: Files, second: Files, places: tuple[str, str] = ("first", "second")
) -> tuple[str, str]:
    """Which of two folders is taken, the first of which is newer, and what is said of it."""
    anna = tmp / "anna"
    shutil.rmtree(anna, ignore_errors=True)
    written(anna, within(f"chapters/{places[0]}" if places[0] else "chapters", first), at=NEW)
    written(anna, within(f"chapters/{places[1]}" if places[1] else "chapters", second), at=OLD)
    one = taken(anna, tmp)
    kept = files_of(one)
    same_as_first = all(kept.get(name) == _text(content) for name, content in first.items())
    return ("first" if same_as_first else "second"), said(one)


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode()


def crlf(files: Files) -> dict[str, bytes]:
    return {name: _text(content).encode().replace(b"\n", b"\r\n") for name, content in files.items()}


def test_the_one_that_is_not_the_starter(tmp_path: Path) -> None:
    taken_one, text = two(tmp_path, starter(), solution())
    assert taken_one == "second" and "it differs from the starter" in text and "is there 2 times" in text
    assert (
        f"anna/chapters/second/{STEP} was taken" in text and f"left out: anna/chapters/first/{STEP}." in text
    )
    assert two(tmp_path, crlf(starter()), solution())[0] == "second", "line ends are no difference"
    assert two(tmp_path, {**starter(), f"{STEP}/README.md": "the chapter"}, solution())[0] == "second"
    assert two(tmp_path, solution(), starter())[0] == "first"


def test_the_newest(tmp_path: Path) -> None:
    changed = {**starter(), f"{STEP}/more.py": "x = 1\n"}
    taken_one, text = two(tmp_path, changed, solution())
    assert taken_one == "first" and "it is the newest" in text
    assert two(tmp_path, solution(), changed)[0] == "first"


def test_work_before_what_only_has_the_name(tmp_path: Path) -> None:
    assert two(tmp_path, {f"{STEP}/notes.txt": "my notes"}, solution())[0] == "second"


def test_the_finished_steps_of_the_workbook_come_last(tmp_path: Path) -> None:
    anna = written(tmp_path / "anna", within("chapters", starter()), at=OLD)
    written(anna, within("solutions", solution()), at=NEW)
    one = taken(anna, tmp_path)
    assert files_of(one)[f"{STEP}/app.py"] == _text(starter()[f"{STEP}/app.py"])
    assert said(one) == "", "every clone has both"


@pytest.mark.parametrize(
    "name", [f"{STEP} (1)", f"{STEP}_final", f"{STEP}-copy", f"{STEP}.kept-1", f"{STEP} - Kopie"]
)
def test_a_name_with_something_after_it(tmp_path: Path, name: str) -> None:
    """It is taken where there is no other with work in it."""
    files = {f"{name}/app.py": "# copy\n"}
    anna = written(tmp_path / "anna", files, at=NEW)
    one = taken(anna, tmp_path)
    assert files_of(one) == {
        f"{STEP}/app.py": "# copy\n"
    } and f"was taken from the folder anna/{name}" in said(one)
    written(anna, app("anna"), at=OLD)
    one = taken(anna, tmp_path)
    assert files_of(one) == app("anna") and "its name is the step's" in said(one)


def test_what_reset_has_kept_is_the_work_where_nothing_was_done_since(tmp_path: Path) -> None:
    kept = {name.replace(STEP, f"{STEP}.kept-1"): content for name, content in solution().items()}
    taken_one, text = two(tmp_path, starter(), kept)
    assert taken_one == "second" and "it differs from the starter" in text


def test_names_of_steps() -> None:
    steps = (STEP, SECOND)
    assert step_of(STEP.upper(), steps) == STEP and step_of(f"{SECOND} 2", steps) == SECOND
    for name in ("01", "01_twitter", f"x{STEP}", f"{STEP}s", "chapters", ""):
        assert step_of(name, steps) is None


def test_a_step_in_a_folder_of_its_name(tmp_path: Path) -> None:
    one = taken(written(tmp_path / "anna", within(STEP, app("anna"))), tmp_path)
    assert files_of(one) == app("anna") and said(one) == ""


def test_a_step_in_another_step(tmp_path: Path) -> None:
    """It is moved out of it."""
    files = {**app("anna"), **within(STEP, app("anna", SECOND))}
    one = taken(written(tmp_path / "anna", files), tmp_path)
    assert files_of(one) == {**app("anna"), **app("anna", SECOND)} and one.steps == (STEP, SECOND)


def test_steps_in_several_places(tmp_path: Path) -> None:
    files = {**within("week 1", app("anna")), **within("week 2/work", app("anna", SECOND))}
    one = taken(written(tmp_path / "anna", {**files, "notes.txt": ""}), tmp_path)
    assert one.steps == (STEP, SECOND) and said(one) == ""


def test_an_empty_step_folder_is_no_work(tmp_path: Path) -> None:
    (tmp_path / "anna" / STEP).mkdir(parents=True)
    one = taken(tmp_path / "anna", tmp_path)
    assert one.steps == () and "No step folder was found, such as 00_what_oauth_is." in said(one)


def test_all_solutions_come_through_as_they_are(tmp_path: Path) -> None:
    from workbook.course.places import SOLUTIONS
    from workbook.course.steps import all_steps

    every = {name: content for step in all_steps() for name, content in solution(step.name).items()}
    one = taken(written(tmp_path / "anna", every), tmp_path)
    assert one.steps == tuple(step.name for step in all_steps()) and said(one) == ""
    kept = {
        f.relative_to(one.folder).as_posix(): f.read_bytes() for f in one.folder.rglob("*") if f.is_file()
    }
    assert kept == every and (SOLUTIONS / STEP).is_dir()
