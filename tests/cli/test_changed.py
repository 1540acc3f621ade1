"""`test --changed`: the files that git names as changed, and the tests that these touch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbook.course.places import ROOT

from ..changed import NotKnown, changed_files, said
from ..reach import Reach, Touched, touched
from ..web.starting import fresh_copy

CHECKS = "tests/steps/test_01_twitter_login.py"
HOUSE = "tests/test_house.py"
SUBMISSIONS = "tests/submissions/test_submissions.py"


def git(folder: Path, *arguments: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(
        ["git", *person, *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **own}
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with two commits; the second changes two.py."""
    git(tmp_path, "init", "--initial-branch=main")
    for name in ("pyproject.toml", "one.py", "two.py"):
        (tmp_path / name).write_text("")
        git(tmp_path, "add", name)
    git(tmp_path, "commit", "--message=begin")
    (tmp_path / "two.py").write_text("2")
    git(tmp_path, "commit", "--all", "--message=two")
    return tmp_path


def test_what_is_not_committed_has_changed(checkout: Path) -> None:
    (checkout / "one.py").unlink()
    (checkout / "naïve file.py").touch()
    assert changed_files(checkout) == ("since the last commit", ["naïve file.py", "one.py"])


def test_where_all_is_committed_the_last_commit_counts(checkout: Path) -> None:
    assert changed_files(checkout) == ("with the last commit", ["two.py"])


def test_a_base_is_where_the_branch_grew_from(checkout: Path) -> None:
    git(checkout, "checkout", "-b", "branch", "HEAD~1")
    (checkout / "one.py").write_text("1")
    git(checkout, "commit", "--all", "--message=one")
    (checkout / "new.py").touch()
    since, changed = changed_files(checkout, "main")
    assert since.startswith("since main (") and changed == ["new.py", "one.py"]


def test_what_git_does_not_know_is_one_line(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(NotKnown, match=r"^git knows no commit 'nowhere' from which this branch grew\.$"):
        changed_files(checkout, "nowhere")
    with pytest.raises(
        NotKnown, match=r"is no git checkout, so nobody knows what has changed\. `python3 -m .*$"
    ):
        changed_files(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def reach() -> Reach:
    """The uses between the modules of this repository."""
    return Reach(ROOT)


@pytest.mark.parametrize(
    ("changed", "uses_it", "uses_it_not"),
    [
        # Itself, by an import, by the import of an import.
        ("tests/flow/test_drawn.py", "tests/flow/test_drawn.py", "tests/flow/test_compare.py"),
        ("workbook/course/progress.py", "tests/course/test_progress.py", "tests/flow/test_drawn.py"),
        ("workbook/providers/twitter/signed.py", CHECKS, "tests/course/test_steps.py"),
        # By `-m workbook`, and the command that is loaded by its name.
        ("workbook/cli/hint.py", "tests/cli/test_commands.py", CHECKS),
        ("workbook/setting_up.py", "tests/setting_up/test_set_up.py", CHECKS),
        # By a job's name; by a fixture of a conftest, and of the plugin.
        ("workbook/lab/serve.py", "tests/lab/test_running.py", "tests/course/test_steps.py"),
        ("tests/flow/conftest.py", "tests/flow/test_drawn.py", "tests/course/test_steps.py"),
        ("workbook/checks/plugin.py", CHECKS, None),
        # Notebooks.
        ("workbook/checks/lesson.py", "notebooks/01_twitter_login.ipynb", CHECKS),
        ("notebooks/01_twitter_login.ipynb", "notebooks/01_twitter_login.ipynb", CHECKS),
        # Files that are no modules.
        ("workbook/web/templates/desk.html", "tests/web/test_pages.py", CHECKS),
        ("requirements.txt", "tests/setting_up/test_requirements.py", CHECKS),
        (".flaskenv", "tests/apps/test_ways_to_run.py", "tests/course/test_steps.py"),
        # Modules that the apps import, and code in a string.
        ("workbook/compat.py", CHECKS, "tests/steps/test_00_what_oauth_is.py"),
        ("workbook/compat.py", "tests/test_compat.py", "tests/course/test_steps.py"),
        # Tests of the text of every module.
        ("workbook/course/progress.py", HOUSE, None),
    ],
)
def test_a_test_is_run_when_it_uses_what_has_changed(
    reach: Reach, changed: str, uses_it: str, uses_it_not: str | None
) -> None:
    these = touched(reach, [changed])
    assert uses_it in these.files and these.rank(uses_it) is not None
    assert uses_it_not is None or these.rank(uses_it_not) is None


def test_a_test_is_as_near_as_the_imports_between(reach: Reach) -> None:
    def near(changed: str, path: str) -> int:
        return touched(reach, [changed]).near[path]

    assert near("tests/flow/test_drawn.py", "tests/flow/test_drawn.py") == 0
    assert near("workbook/course/progress.py", "tests/course/test_progress.py") == 1
    assert near("workbook/course/progress.py", "tests/cli/test_commands.py") > 2
    # A conftest is as near as any module to a test that uses one of its fixtures, and far from the others.
    assert near("tests/conftest.py", "tests/checks/test_watching.py") == 1
    assert near("tests/conftest.py", "tests/flow/test_drawn.py") > 5


def ranked(tests: Touched, *ids: str) -> list[str]:
    """Those of the tests that run, in their order."""
    found = {id: tests.rank(id) for id in ids}
    return sorted((id for id in ids if found[id]), key=lambda id: found[id] or (9, 9, 9))


STARTER = f"{SUBMISSIONS}::test_a_starter_passes_no_new_exercise"
WRONG = f"{SUBMISSIONS}::test_wrong_is_refused"
OF_STEP_01 = (
    f"{CHECKS}::test_asks_twitter_with_its_key",
    f"{STARTER}[01_twitter_login]",
    f"{WRONG}[01-1.4-denial-ignored]",
    f"{WRONG}[01-1.2-no-return]",
)
OF_STEP_02 = (
    "tests/steps/test_02_inside_the_session.py::test_the_page",
    f"{STARTER}[02_inside_the_session]",
    f"{WRONG}[02-2.1-not-read]",
)


@pytest.mark.parametrize(
    "changed", ["solutions/01_twitter_login/app.py", "chapters/01_twitter_login/README.md", CHECKS]
)
def test_of_a_step_its_checks_and_starter_come_first_and_no_other_step(reach: Reach, changed: str) -> None:
    these = touched(reach, [changed])
    assert ranked(these, *OF_STEP_02, *OF_STEP_01) == list(OF_STEP_01)
    assert these.files[0] == CHECKS and SUBMISSIONS in these.files
    # The tests that run this step's app for something else come later.
    assert CHECKS in these.files and (these.rank("tests/cli/test_commands.py::test_x") or (9,)) > (0, 2)


def test_of_submissions_the_one_that_has_changed(reach: Reach) -> None:
    these = touched(reach, ["tests/submissions/01/wrong/1.2-no-return.patch"])
    assert ranked(these, *OF_STEP_01, *OF_STEP_02) == [OF_STEP_01[3], OF_STEP_01[1]]
    others = {f"tests/submissions/test_{name}.py" for name in ("messages", "mutants")}
    assert set(these.files) == {SUBMISSIONS, "tests/cli/test_changed.py", *others}


def test_what_there_is_once_for_each_step_comes_last(reach: Reach) -> None:
    these = touched(reach, ["workbook/exercises/twitter_login.py"])
    own, starter, *wrong = OF_STEP_01
    assert ranked(these, *wrong, starter, "notebooks/01_twitter_login.ipynb::Cell 1", own)[0] == own
    assert all((these.rank(test) or (0,))[0] == 1 for test in (starter, *wrong))


def test_the_part_itself_comes_first_among_those_that_are_as_near(reach: Reach) -> None:
    assert touched(reach, ["workbook/lab/wire.py"]).files[:2] == [HOUSE, "tests/lab/test_wire.py"]


def test_one_line_says_what_runs_and_why(reach: Reach) -> None:
    changed = ["LICENSE", "workbook/course/progress.py"]
    line = said("since the last commit", changed, touched(reach, changed), 90)
    assert line.startswith(
        "2 files have changed since the last commit (LICENSE, workbook/course/progress.py): tests of "
    )
    assert (
        f"the nearest first ({HOUSE}, tests/course/test_progress.py, " in line
        and "No test is known for LICENSE." in line
    )
    assert "are left to the whole suite" in line and "\n" not in line


def test_all_that_a_test_uses_is_known(reach: Reach) -> None:
    """This command would never test a module that no test reaches."""
    modules = [
        name
        for name in reach.files
        if name.startswith("workbook.") and reach.files[name].name != "__init__.py"
    ]
    tests = set(reach.tests().values())
    assert {name for name in modules if not tests & reach.near({name: 0}).keys()} == set()


def test_a_file_that_is_no_python_is_for_its_tests_to_find(tmp_path: Path) -> None:
    for name, text in (
        ("workbook/flow/words.py", "def"),
        ("tests/flow/test_words.py", "import workbook.flow.words"),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    assert touched(Reach(tmp_path), ["workbook/flow/words.py"]).files == ["tests/flow/test_words.py"]


def run_nearest(folder: Path, touched: Touched, until: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.nearest", "-n", "0", "-v"),
            *(f"--rootdir={folder}", f"--touched={json.dumps(touched.plain())}", f"--until={until}"),
            *(str(folder / path) for path in touched.files),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("late", [False, True])
def test_the_nearest_run_first_and_what_is_late_or_slow_is_left(tmp_path: Path, late: bool) -> None:
    slow = "import pytest\n@pytest.mark.slow\ndef test_slow(): pass\n"
    for name, text in (("far", slow), ("near", "def test_it(): pass"), ("own", slow)):
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / f"test_{name}.py").write_text(text)
    files = [f"tests/test_{name}.py" for name in ("far", "near", "own")]
    near = dict(zip(files, (2, 1, 0), strict=True))
    done = run_nearest(
        tmp_path, Touched(near, {}, [], [], [], [], files, []), time.time() + (-60 if late else 60)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"(\w+\.py)::\w+ (PASSED|SKIPPED)", done.stdout)
    # Even when it is late from the start it runs some tests: the nearest.
    assert ran == [
        ("test_own.py", "PASSED"),
        ("test_near.py", "PASSED"),
        ("test_far.py", "SKIPPED"),
    ]
    assert "1 tests are left to the whole suite: tests/test_far.py (1)." in done.stdout


def test_from_outside(tmp_path: Path) -> None:
    clone = fresh_copy(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbook", "test", "--changed", *arguments],
            cwd=clone,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    unknown = run()
    assert unknown.returncode == 2 and unknown.stdout == "" and unknown.stderr.count("\n") == 1
    assert "is no git checkout" in unknown.stderr
    git(clone, "init", "--initial-branch=main")
    git(clone, "add", ".")
    git(clone, "commit", "--message=all")
    (clone / "LICENSE").write_text("another")
    nothing = run()
    assert (nothing.returncode, nothing.stderr) == (0, "")
    assert (
        nothing.stdout == "1 file has changed since the last commit (LICENSE), and no test is known for it.\n"
    )
    progress = clone / "workbook" / "course" / "progress.py"
    progress.write_text(
        progress.read_text(encoding="utf-8") + "\nraise SystemError('changed')\n", encoding="utf-8"
    )
    failed = run("HEAD", "-x", "-n", "0", "-k", "not test_house")
    assert failed.returncode in (1, 2) and "SystemError: changed" in failed.stdout
    assert f"({HOUSE}, tests/course/test_progress.py, " in failed.stdout.splitlines()[0]
