"""`bring` copies the database of the step before, and loses none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbook.cli.bring import bring_command
from workbook.course.bringing import bring
from workbook.course.errors import WorkbookError
from workbook.course.steps import find_step

FOUR, FIVE = find_step("04"), find_step("05")


def people_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [name for (name,) in database.execute("SELECT name FROM users ORDER BY name")]


def put(file: Path, *names: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE IF NOT EXISTS users (name TEXT)")
        database.executemany("INSERT INTO users VALUES (?)", [(name,) for name in names])
        database.commit()
    return file


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of step folders in which step 04 has two users."""
    put(tmp_path / FOUR.name / "instance" / "people.db", "Ada", "Bo")
    (tmp_path / FIVE.name).mkdir()
    return tmp_path


def test_the_people_come_and_those_of_before_stay_there(work: Path) -> None:
    (brought,) = bring(FIVE, work)
    assert brought.target == work / FIVE.name / "instance" / "people.db" and brought.kept is None
    assert people_in(brought.target) == people_in(brought.source) == ["Ada", "Bo"]


def test_what_was_there_is_kept_each_time(work: Path) -> None:
    put(work / FIVE.name / "instance" / "people.db", "Chén")
    first, second = bring(FIVE, work)[0], bring(FIVE, work)[0]
    assert first.kept and second.kept and first.kept != second.kept
    assert people_in(first.kept) == ["Chén"] and people_in(second.kept) == ["Ada", "Bo"]
    assert people_in(second.target) == ["Ada", "Bo"]


def test_an_app_that_has_the_database_open_sees_the_new_people(work: Path) -> None:
    target = put(work / FIVE.name / "instance" / "people.db", "Chén")
    with closing(sqlite3.connect(target)) as app:
        assert app.execute("SELECT name FROM users").fetchall() == [("Chén",)]
        bring(FIVE, work)
        assert app.execute("SELECT name FROM users ORDER BY name").fetchall() == [("Ada",), ("Bo",)]


def test_rows_that_are_still_in_the_log_come_along(work: Path) -> None:
    source = work / FOUR.name / "instance" / "people.db"
    with closing(sqlite3.connect(source)) as app:
        app.execute("PRAGMA journal_mode=WAL")
        app.execute("INSERT INTO users VALUES ('Dee')")
        app.commit()
        (brought,) = bring(FIVE, work)
        assert people_in(brought.target) == ["Ada", "Bo", "Dee"]


def test_a_database_that_somebody_writes_to_is_left_as_it_was(work: Path) -> None:
    target = put(work / FIVE.name / "instance" / "people.db", "Chén")
    with closing(sqlite3.connect(target, isolation_level=None)) as app:
        app.execute("BEGIN EXCLUSIVE")
        with pytest.raises(WorkbookError, match="Stop the apps"):
            bring(FIVE, work)
        app.execute("ROLLBACK")
    assert [file.name for file in target.parent.iterdir()] == ["people.db"]
    assert people_in(target) == ["Chén"]


@pytest.mark.parametrize("left", [None, b"", b"not a database"])
def test_where_the_step_before_has_none_one_line_says_so(work: Path, left: bytes | None) -> None:
    source = work / FOUR.name / "instance" / "people.db"
    source.unlink() if left is None else source.write_bytes(left)
    target = put(work / FIVE.name / "instance" / "people.db", "Chén")
    with pytest.raises(WorkbookError, match="Step 04 has no database file to bring"):
        bring(FIVE, work)
    assert people_in(target) == ["Chén"]


@pytest.mark.parametrize("step", ["00", "01", "04"])
def test_the_first_steps_have_none_before_them(step: str, work: Path) -> None:
    (work / find_step(step).name).mkdir(exist_ok=True)
    with pytest.raises(WorkbookError, match="has no database file to bring"):
        bring(find_step(step), work)


def test_a_step_that_is_not_there_is_named(work: Path) -> None:
    with pytest.raises(WorkbookError, match="08_the_account_page"):
        bring(find_step("08"), work)


def test_the_command_says_what_is_where_and_what_comes_next(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (work / FIVE.name / "migrations").mkdir()
    put(work / FIVE.name / "instance" / "people.db", "Chén")
    said = CliRunner().invoke(bring_command, ["05", "--in", str(work)])
    assert said.exit_code == 0, said.output
    assert "has the users of" in said.output and "people.db.kept-1" in said.output
    assert "flask db upgrade" in said.output and "DATABASE_URL" not in said.output
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg2://there/people")
    assert "DATABASE_URL is set" in CliRunner().invoke(bring_command, ["05", "--in", str(work)]).output
