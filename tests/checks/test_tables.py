"""The entity diagrams show the present models, and the migrations make the models' tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from workbook.course.places import CHAPTERS, DIAGRAMS, SOLUTIONS
from workbook.course.steps import find_step
from workbook.exercises.fifty_people import as_columns, as_identities, fill
from workbook.exercises.tables import SHOWN, entity_diagram
from workbook.lab import commands
from workbook.lab.commands import Revisions, environment_for, flask, revisions, tables
from workbook.lab.databases import Database
from workbook.lab.running import AppFailed
from workbook.lab.warm import Warm

STEP_04, STEP_05 = SOLUTIONS / "04_users_in_a_database", SOLUTIONS / "05_one_user_many_identities"
DRAWN = sorted({(step, shown) for step, every in SHOWN.items() for shown in every})


@pytest.mark.parametrize(("step", "shown"), DRAWN, ids=lambda value: value[:2])
def test_a_diagram_is_of_the_models_as_they_are(step: str, shown: str, warm: Warm) -> None:
    name = f"{shown}.entities"
    assert (DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8") == entity_diagram(SOLUTIONS / shown, warm)
    assert f"](../../diagrams/{name}.svg)" in (CHAPTERS / step / "README.md").read_text(encoding="utf-8")


def copied(folder: Path, into: Path) -> Path:
    for file in folder.rglob("*.*"):
        if "__pycache__" not in file.parts:
            copy = into / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    return into


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("    subject = db.Column(db.String,", "    subject = db.Column(db.Text,", "TEXT subject"),
        ('ondelete="CASCADE"', 'ondelete="SET NULL"', "ON DELETE SET NULL"),
        ('("provider", "subject", name=', '("provider", name=', "VARCHAR provider UK\n"),
        ("email = db.Column(db.String)", "email = db.Column(db.String, unique=True)", "email UK"),
    ],
)
def test_a_change_of_a_model_is_a_change_of_its_diagram(
    old: str, new: str, line: str, warm: Warm, tmp_path: Path
) -> None:
    folder = copied(STEP_05, tmp_path / STEP_05.name)
    changed(folder / "app" / "models.py", old, new)
    stored = (DIAGRAMS / f"{STEP_05.name}.entities.mmd").read_text(encoding="utf-8")
    assert line not in stored and line in entity_diagram(folder, warm)


def test_an_app_that_cannot_be_loaded_says_why(warm: Warm, database: Database, tmp_path: Path) -> None:
    folder = copied(STEP_05, tmp_path / STEP_05.name)
    (folder / "app" / "models.py").write_text("db = nothing\n")
    with pytest.raises(AppFailed) as raised:
        tables(folder, warm, environment_for(database))
    assert raised.value.error == "NameError: name 'nothing' is not defined"
    assert revisions(folder, warm, environment_for(database)) is None


def test_a_command_that_does_not_end_is_ended(
    warm: Warm, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(STEP_05, tmp_path / STEP_05.name)
    changed(
        folder / "migrations" / "versions" / "0001_people.py",
        "def upgrade():\n",
        "def upgrade():\n    while True: pass\n",
    )
    monkeypatch.setattr(commands, "TIMEOUT", 1.5)
    done = flask(folder, warm, environment_for(database), "db", "upgrade")
    assert done.failure is not None and "is there an endless loop?" in done.failure.error


def test_the_models_are_what_the_migrations_make(warm: Warm, database: Database) -> None:
    environment = environment_for(database)
    assert flask(STEP_05, warm, environment, "db", "upgrade").failure is None
    checked = flask(STEP_05, warm, environment, "db", "check")
    assert checked.failure is None and "No new upgrade operations detected" in checked.output


def test_how_far_a_database_has_come(warm: Warm, database: Database) -> None:
    environment = environment_for(database)
    found = []
    for command in (("upgrade", "0001"), ("upgrade",), ("downgrade",)):
        found.append(revisions(STEP_05, warm, environment))
        assert flask(STEP_05, warm, environment, "db", *command).failure is None
    found.append(revisions(STEP_05, warm, environment))
    url = found[0].url if found[0] else ""
    assert found == [Revisions(url, now, "0002") for now in (None, "0001", "0002", "0001")]
    assert make_url(url).database == make_url(database.url).database


def test_the_app_in_the_process_of_its_migrations_keeps_its_foreign_keys(
    warm: Warm, database: Database, tmp_path: Path
) -> None:
    """Some apps run their migrations when they start, and again in their tests. Settings of env.py must not reach the
    app."""
    folder = copied(STEP_05, tmp_path / STEP_05.name)
    (folder / "app" / "cli.py").write_text(
        "import flask_migrate, sqlalchemy\n"
        "from .models import db\n\n\n"
        "def twice():\n"
        "    for _ in range(2):\n"
        "        flask_migrate.upgrade()\n"
        "        flask_migrate.downgrade(revision='base')\n"
        "    flask_migrate.upgrade()\n"
        "    if db.engine.dialect.name == 'sqlite':\n"
        "        assert db.session.execute(sqlalchemy.text('PRAGMA foreign_keys')).scalar() == 1\n"
    )
    changed(folder / "app" / "__init__.py", "    return app\n", "    from . import cli\n"
            "    app.cli.command('twice')(cli.twice)\n    return app\n")  # fmt: skip
    done = flask(folder, warm, environment_for(database), "twice")
    assert done.failure is None, done.failure


def test_the_fifty_are_really_fifty_and_awkward(warm: Warm, database: Database) -> None:
    people = fill(database, warm, by_login=True)
    assert as_columns(database) == people and len(people) == 50
    assert sorted(people) != list(range(1, 51)), "numbers are missing, as people have left"
    counts = {n: sum(len(p.ways_in) == n for p in people.values()) for n in (0, 1, 2)}
    assert all(counts.values()), counts
    assert flask(STEP_05, warm, environment_for(database), "db", "upgrade").failure is None
    assert as_identities(database) == people


@pytest.mark.parametrize("step", ["05", "06", "07", "08"])
def test_another_projects_table_is_left_alone(step: str, warm: Warm, database: Database) -> None:
    folder, environment = SOLUTIONS / find_step(step).name, environment_for(database)
    database.change("CREATE TABLE users (id INTEGER PRIMARY KEY, login VARCHAR NOT NULL)")
    database.change("INSERT INTO users (id, login) VALUES (1, 'somebody')")
    upgraded = flask(folder, warm, environment, "db", "upgrade")
    assert "belongs to another app" in upgraded.output and upgraded.failure is not None
    # Another project may give its migrations the same numbers.
    assert flask(folder, warm, environment, "db", "stamp", "0001").failure is None
    downgraded = flask(folder, warm, environment, "db", "downgrade")
    assert "belongs to another app" in downgraded.output and downgraded.failure is not None
    assert database.rows("SELECT id, login FROM users") == [{"id": 1, "login": "somebody"}]


def test_indexes_of_another_name_are_taken_over(warm: Warm, database: Database) -> None:
    before = fill(database, warm)
    for column in ("twitter_id", "facebook_id"):
        database.change(f"DROP INDEX ix_users_{column}")
        database.change(f"CREATE UNIQUE INDEX by_{column} ON users ({column})")
    for command in (("upgrade",), ("downgrade",), ("upgrade",)):
        done = flask(STEP_05, warm, environment_for(database), "db", *command)
        assert done.failure is None, done.output
    assert len(as_identities(database)) == len(before)
