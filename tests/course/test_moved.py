"""The page that shows where every line of step 04 went is complete, true and current."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.moved import PAGE, STEP_04, STEP_05, where_it_went
from workbook.course.places import CHAPTERS, SOLUTIONS

STORED = CHAPTERS / STEP_05 / PAGE


def test_the_page_is_current() -> None:
    assert STORED.read_text(encoding="utf-8") == where_it_went()


def test_the_chapter_links_to_it() -> None:
    assert f"]({PAGE})" in (CHAPTERS / STEP_05 / "README.md").read_text(encoding="utf-8")


def test_every_statement_of_step_04_is_on_it_and_every_file_that_it_names_is_there() -> None:
    tree = ast.parse((SOLUTIONS / STEP_04 / "app.py").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `(.+?)` \| \d+ \| `(.+?)` \|", STORED.read_text(encoding="utf-8"), re.MULTILINE)
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert len(rows) == len(tree.body) - len(imports) - 1, "all but the imports and the docstring"
    for _, place in rows:
        assert (SOLUTIONS / STEP_05 / place).is_file(), place


def test_every_file_of_step_04_is_on_it() -> None:
    page = STORED.read_text(encoding="utf-8")
    for file in (SOLUTIONS / STEP_04).rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts and "instance" not in file.parts:
            assert f"`{file.relative_to(SOLUTIONS / STEP_04).as_posix()}`" in page


@pytest.fixture
def solutions(tmp_path: Path) -> Path:
    """Copies of the two apps, to change."""
    for step in (STEP_04, STEP_05):
        shutil.copytree(
            SOLUTIONS / step, tmp_path / step, ignore=shutil.ignore_patterns("__pycache__", "instance")
        )
    return tmp_path


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def a_new_line_in_step_04(solutions: Path) -> None:
    changed(solutions / STEP_04 / "app.py", "TABS = 5", "LIMIT = 3\nTABS = 5")


def a_function_is_gone_from_step_05(solutions: Path) -> None:
    changed(solutions / STEP_05 / "app" / "auth.py", "def sorry(", "def excuse(")


def what_took_its_place_is_gone(solutions: Path) -> None:
    changed(solutions / STEP_05 / "app" / "providers.py", "oauth = OAuth()", "oauth = OAuth(None)")


def a_line_is_gone_from_step_04(solutions: Path) -> None:
    changed(solutions / STEP_04 / "app.py", 'login_manager.login_view = "index"\n', "")


def a_file_more_in_step_04(solutions: Path) -> None:
    (solutions / STEP_04 / "more.txt").write_text("more")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_new_line_in_step_04, "where did 'LIMIT' of step 04 go?"),
        (a_function_is_gone_from_step_05, "where did 'sorry' of step 04 go?"),
        (what_took_its_place_is_gone, "'oauth = OAuth()' is not in"),
        (a_line_is_gone_from_step_04, "there is no 'login_manager.login_view' in step 04 any more"),
        (a_file_more_in_step_04, "where did more.txt of step 04 go?"),
    ],
)
def test_a_change_that_it_does_not_know_of_is_said(
    solutions: Path, change: Callable[[Path], None], said: str
) -> None:
    change(solutions)
    with pytest.raises(WorkbookError) as raised:
        where_it_went(solutions)
    assert said in str(raised.value)


def test_a_changed_line_is_shown(solutions: Path) -> None:
    changed(solutions / STEP_05 / "app" / "state.py", "TABS = 5", "TABS = 6")
    page = where_it_went(solutions)
    assert "| `TABS` | 1 | `app/state.py` | Changed, see below. |" in page
    assert "-TABS = 5  # the most unfinished logins in one browser\n+TABS = 6" in page


def test_a_changed_template_is_shown(solutions: Path) -> None:
    changed(solutions / STEP_05 / "app" / "templates" / "base.html", "<main>", '<main class="new">')
    page = where_it_went(solutions)
    assert "- `templates/base.html` is `app/templates/base.html`. Changed, see below." in page
    assert '-  <main>\n+  <main class="new">' in page


def test_a_setting_that_step_04_does_not_name_is_new(solutions: Path) -> None:
    assert "the setting `SESSION_COOKIE_HTTPONLY`" not in where_it_went(solutions)
    changed(
        solutions / STEP_05 / "app" / "config.py",
        '"SESSION_COOKIE_SAMESITE"',
        '"SESSION_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SAMESITE"',
    )
    assert "- the setting `SESSION_COOKIE_HTTPONLY`, in `app/config.py`" in where_it_went(solutions)


def test_it_shows_the_starter_and_no_solution() -> None:
    page = where_it_went()
    assert "Identity" not in page and "# exercise" not in page and "TODO" not in page
