"""`attack`: its output, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.attacks.registry import attacks
from workbook.course.places import ROOT


def attack(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the command, without the set-up of `python -m workbook`."""
    done = subprocess.run(
        [sys.executable, "-c", "from workbook.cli.main import main; main()", "attack", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_alone_it_lists_the_attacks() -> None:
    done = attack()
    assert done.returncode == 0 and len(done.stdout.splitlines()) == len(attacks())
    assert all(f"{one.name} " in done.stdout and one.title in done.stdout for one in attacks().values())


def test_an_attack_that_works() -> None:
    done = attack("copied-cookie", "02", "--in", "solutions")
    assert done.returncode == 1 and done.stderr == ""
    title, rest = done.stdout.split("\n\n", 1)
    assert title == "copied-cookie: A copy of Ada's cookie is still logged in after Ada has logged out"
    story, rest = rest.split("It works.\n", 1)
    assert story.startswith("Eve once had a copy") and rest.startswith("Ada logged out. Eve's copy")
    assert "Eve's browser" in rest and "POST /logout" in rest and "──▶" in rest


def test_an_attack_that_does_not_work() -> None:
    done = attack("token-in-the-cookie", "03", "--in", "solutions")
    assert done.returncode == 0 and "The app withstood it.\nNo cookie of Ada's" in done.stdout


def test_an_attack_that_could_not_be_tried() -> None:
    done = attack("mix-up", "03", "--in", "solutions")
    assert done.returncode == 0 and "It could not be tried.\nThe app has one provider" in done.stdout
    assert "withstood" not in done.stdout and "──▶" not in done.stdout


def test_all_of_them_as_json() -> None:
    done = attack("all", "01", "--in", "solutions", "--json")
    found = json.loads(done.stdout)
    results = {one["name"]: one["result"] for one in found["attacks"]}
    assert done.returncode == 1 and found["step"] == "01_twitter_login" and list(results) == list(attacks())
    assert results["open-redirect"] == "works" and results["back-button"] == "not tried"
    count = list(results.values()).count
    assert [found[name] for name in ("works", "withstood", "not_tried")] == [
        count(result) for result in ("works", "withstood", "not tried")
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("nothing-of-the-kind", "There is no attack 'nothing-of-the-kind'. The attacks are: back-button,"),
        ("http://localhost:5000", "There is no attack 'http://localhost:5000'."),
        ("all 77", "There is no step '77'."),
        ("all http://localhost:5000", "There is no step 'http://localhost:5000'."),
        ("all 08 --in http://localhost:5000", "There is no folder 'http://localhost:5000'."),
        ("all 08 --in nowhere", "There is no folder 'nowhere'."),
        ("all 08 --in workbook", "There is no folder "),
        ("all 08 extra", "Got unexpected extra argument (extra)"),
    ],
)
def test_wrong_use_gets_one_line(arguments: str, says: str) -> None:
    done = attack(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith(says), done.stderr
    assert done.stderr.count("\n") == 1


def test_an_app_that_does_not_start_gets_one_line(tmp_path: Path) -> None:
    place = tmp_path / "01_twitter_login"
    place.mkdir()
    (place / "app.py").write_text("import nothing_of_the_kind\n", encoding="utf-8")
    done = attack("all", "01", "--in", tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    assert "does not start: " in done.stderr and "nothing_of_the_kind" in done.stderr


def test_a_folder_without_an_app(tmp_path: Path) -> None:
    (tmp_path / "01_twitter_login").mkdir()
    done = attack("all", "01", "--in", tmp_path)
    assert done.returncode == 2 and done.stderr == "Step 01_twitter_login has no app to attack.\n"
