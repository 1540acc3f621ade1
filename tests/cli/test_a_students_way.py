"""hint, list, reset and notebook, as a student uses them one after the other in a clone."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ..web.starting import fresh_copy
from .test_commands import run

STEP = "01_twitter_login"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which the student has done nothing yet."""
    return fresh_copy(tmp_path)


def test_hints_come_one_more_each_time(clone: Path) -> None:
    shown = []
    for _ in range(4):
        done = run(clone, "hint", "1.2")
        assert done.returncode == 0
        shown.append([int(number) for number in re.findall(r"Hint (\d) of 3", done.stdout)])
    assert shown == [[1], [1, 2], [2, 3], [2, 3]]
    assert "That was the last one" in done.stdout


def test_without_an_exercise_the_hint_is_for_the_first_that_is_open(clone: Path) -> None:
    assert "0.1 " in run(clone, "hint").stdout
    shutil.copy(
        clone / "solutions" / "00_what_oauth_is" / "answers.toml", clone / "chapters" / "00_what_oauth_is"
    )
    shutil.copy(
        clone / "solutions" / "00_what_oauth_is" / "diagram.mmd", clone / "chapters" / "00_what_oauth_is"
    )
    assert run(clone, "check", "00").returncode == 0
    assert "1.1 " in run(clone, "hint").stdout


def test_the_map_knows_what_the_last_check_saw(clone: Path) -> None:
    assert "Nothing is known yet" in run(clone, "list").stdout
    place = clone / "chapters" / "00_what_oauth_is"
    shutil.copy(clone / "solutions" / "00_what_oauth_is" / "answers.toml", place)
    assert run(clone, "check", "00").returncode == 1
    shown = run(clone, "list").stdout
    assert (
        "→ 00_what_oauth_is" in shown and "5 of 13 points" in shown and "✓ 0.5" in shown and "· 0.1" in shown
    )
    # Other students' folders do not count as progress.
    run(clone, "check", "00", "--in", "solutions")
    assert "5 of 13 points" in run(clone, "list").stdout


def test_the_map_shows_where_the_student_worked_last(clone: Path) -> None:
    """Also if earlier steps are open."""
    run(clone, "check", "02")
    assert "→ 02_inside_the_session" in run(clone, "list").stdout
    run(clone, "check")  # all steps: the place stays
    shown = run(clone, "list").stdout
    assert "→ 02_inside_the_session" in shown and "chapters/02_inside_the_session/README.md" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_step_that_is_done_is_no_place_to_work(clone: Path) -> None:
    for name in ("answers.toml", "diagram.mmd"):
        shutil.copy(clone / "solutions/00_what_oauth_is" / name, clone / "chapters/00_what_oauth_is")
    run(clone, "check", "00")
    assert "→ 01_twitter_login" in run(clone, "list").stdout


def test_progress_survives_reset_and_can_be_thrown_away(clone: Path) -> None:
    place = clone / "chapters" / "00_what_oauth_is"
    shutil.copy(clone / "solutions" / "00_what_oauth_is" / "answers.toml", place)
    run(clone, "check", "00")
    assert run(clone, "reset", "00").returncode == 0
    assert "✓ 0.5" in run(clone, "list").stdout
    shutil.rmtree(clone / ".workbook")
    assert "Nothing is known yet" in run(clone, "list").stdout


def test_a_damaged_progress_file_is_said_once_and_harms_nothing(clone: Path) -> None:
    (clone / ".workbook").mkdir()
    (clone / ".workbook" / "progress.json").write_text("{half of")
    first, second = run(clone, "list"), run(clone, "list")
    assert first.returncode == second.returncode == 0
    assert "damaged" in first.stderr and second.stderr == ""


def test_reset_keeps_what_was_there(clone: Path) -> None:
    app = clone / "chapters" / STEP / "app.py"
    starter = app.read_text()
    app.write_text("mine = True\n")
    done = run(clone, "reset", "1")
    assert done.returncode == 0 and f"chapters/{STEP}.kept-1" in done.stdout and "editor" in done.stdout
    assert app.read_text() == starter
    assert (clone / "chapters" / f"{STEP}.kept-1" / "app.py").read_text() == "mine = True\n"
    again = run(clone, "reset", "1")
    assert again.returncode == 0 and "already" in again.stdout
    assert not (clone / "chapters" / f"{STEP}.kept-2").exists()


@pytest.mark.parametrize(
    ("file", "content", "exercise", "says"),
    [
        ("diagram.mmd", "this is no diagram\n", "0.1", "line 1"),
        ("diagram.mmd", None, "0.1", "there is no file diagram.mmd"),
        ("answers.toml", "access_token = b\n", "0.5", "answers.toml is not TOML"),
        ("answers.toml", 'client = "c"\n', "0.5", "no line that begins with access_token"),
        ("answers.toml", None, "0.5", "there is no file answers.toml"),
    ],
)
def test_a_file_of_answers_that_is_none(
    clone: Path, file: str, content: str | None, exercise: str, says: str
) -> None:
    place = clone / "chapters" / "00_what_oauth_is" / file
    place.unlink()
    if content is not None:
        place.write_text(content)
    done = run(clone, "check", exercise)
    assert done.returncode == 1 and says in " ".join(done.stdout.split())


def test_the_notebook_opens_and_ctrl_c_ends_it(clone: Path) -> None:
    command = [sys.executable, "-m", "workbook", "notebook", "00", "--no-browser"]
    process = subprocess.Popen(
        command,
        cwd=clone,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    ends = threading.Timer(60, process.kill)
    ends.start()
    assert process.stdout is not None
    address, said = None, []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab/tree/notebooks/00_what_oauth_is\.ipynb\S*", line):
            address = found[0]
            break
    assert address, said
    with requests.Session() as asking:
        # It prints the URL a moment before it listens.
        asking.mount("http://", HTTPAdapter(max_retries=Retry(connect=20, backoff_factor=0.05)))
        assert asking.get(address, timeout=60).status_code == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    ends.cancel()


def test_a_notebook_says_what_to_do_where_the_workbook_is_not(clone: Path) -> None:
    for notebook in (clone / "notebooks").glob("*.ipynb"):
        assert "No module named 'workbook'" in notebook.read_text(encoding="utf-8"), notebook
