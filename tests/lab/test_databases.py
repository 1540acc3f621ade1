"""A database for one app, on SQLite and on PostgreSQL: read, changed and locked from outside, and removed at the
end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.pool import NullPool

from workbook.course.places import SOLUTIONS
from workbook.lab.databases import Database, uses_a_database


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql")


@pytest.fixture
def database(server: str | None) -> Iterator[Database]:
    with Database(server) as database:
        database.change("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR UNIQUE)")
        database.change("INSERT INTO users VALUES (1, :name)", name="Ada Okafor")
        yield database


def another_way_in(database: Database, patience: float = 10) -> Database:
    """An app beside the check: it has the database's URL, and connections of its own."""
    arguments = {"timeout": patience} if database.server is None else {}
    other = Database(database.server)
    other.engine = create_engine(database.url, poolclass=NullPool, connect_args=arguments)
    return other


def test_rows_and_changes(database: Database) -> None:
    assert database.rows("SELECT * FROM users WHERE name = :name", name="Ada Okafor") == [
        {"id": 1, "name": "Ada Okafor"}
    ]
    database.change("UPDATE users SET name = :name WHERE id = 1", name="Ada O'Kafor; --")
    assert database.rows("SELECT name FROM users") == [{"name": "Ada O'Kafor; --"}]
    assert database.look().get_table_names() == ["users"]
    assert [column["name"] for column in database.look().get_columns("users")] == ["id", "name"]


def test_a_change_that_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        database.change("INSERT INTO users VALUES (2, 'Bo Lindqvist'), (3, 'Ada Okafor')")
    assert len(database.rows("SELECT * FROM users")) == 1


def test_it_can_be_emptied(database: Database) -> None:
    database.change("CREATE TABLE identities (user_id INTEGER NOT NULL REFERENCES users (id))")
    database.change("INSERT INTO identities VALUES (1)")
    database.change("CREATE TABLE alembic_version (version_num VARCHAR)")
    database.change("INSERT INTO alembic_version VALUES ('0001')")
    assert not database.is_empty()
    assert database.empty()
    assert database.is_empty() and database.rows("SELECT * FROM users") == []
    assert database.rows("SELECT * FROM alembic_version") == [{"version_num": "0001"}]


def test_somebody_in_the_way_of_emptying_is_told(database: Database) -> None:
    other = another_way_in(database)
    with other.engine.connect() as connection:
        connection.execute(text("UPDATE users SET name = 'Bo Lindqvist'"))
        assert not database.empty()
    assert database.rows("SELECT name FROM users") == [{"name": "Ada Okafor"}]


def test_what_is_made_later_is_seen(database: Database) -> None:
    assert database.look().has_table("identities") is False
    database.change("CREATE TABLE identities (id INTEGER PRIMARY KEY)")
    assert database.look().has_table("identities") is True


def test_foreign_keys_are_enforced(database: Database) -> None:
    database.change("CREATE TABLE identities (user_id INTEGER NOT NULL REFERENCES users (id))")
    with pytest.raises(IntegrityError):
        database.change("INSERT INTO identities VALUES (2)")


def test_two_have_nothing_in_common(server: str | None) -> None:
    with Database(server) as one, Database(server) as other:
        one.change("CREATE TABLE users (id INTEGER PRIMARY KEY)")
        assert one.url != other.url
        assert other.look().get_table_names() == []


def test_under_a_lock_one_reads_and_does_not_write(database: Database) -> None:
    app = another_way_in(database)
    written = threading.Event()

    def write() -> None:
        app.change("INSERT INTO users VALUES (2, 'Bo Lindqvist')")
        written.set()

    writer = threading.Thread(target=write)
    with database.locked("users") as connection:
        assert app.rows("SELECT name FROM users") == [{"name": "Ada Okafor"}]
        writer.start()
        assert not written.wait(0.3)
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 1
    writer.join(10)
    assert written.is_set()
    assert len(app.rows("SELECT name FROM users")) == 2


def test_a_lock_ends_with_an_error(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.locked("users"):
        raise ZeroDivisionError
    another_way_in(database, patience=0.1).change("INSERT INTO users VALUES (2, 'Bo Lindqvist')")


def test_what_is_written_under_a_lock_is_taken_back(database: Database) -> None:
    with database.locked("users") as connection:
        connection.execute(text("INSERT INTO users VALUES (2, 'Bo Lindqvist')"))
    assert len(database.rows("SELECT name FROM users")) == 1


def test_it_is_gone_though_somebody_is_connected(server: str | None) -> None:
    database = Database(server)
    database.change("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    somebody = create_engine(database.url).connect()
    somebody.execute(text("SELECT * FROM users"))
    database.close()
    if server is None:
        assert not Path(database.url.removeprefix("sqlite:///")).parent.exists()
    else:
        with pytest.raises(OperationalError):
            create_engine(database.url).connect()
        with pytest.raises(DatabaseError):
            somebody.execute(text("SELECT * FROM users"))
    database.close()
    somebody.invalidate()
    somebody.close()


def test_one_that_nobody_asked_for_is_never_made() -> None:
    with Database("postgresql://nobody@127.0.0.1:1/nothing") as database:
        pass
    database.close()


def test_which_apps_use_one() -> None:
    assert uses_a_database(SOLUTIONS / "04_users_in_a_database")
    assert not uses_a_database(SOLUTIONS / "02_inside_the_session")


def test_all_rows_at_a_look_each_table_after_those_that_it_refers_to(database: Database) -> None:
    database.change(
        "CREATE TABLE identities (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id))"
    )
    database.change("INSERT INTO identities VALUES (7, 1)")
    database.change("CREATE TABLE alembic_version (version_num VARCHAR PRIMARY KEY)")
    database.change("CREATE TABLE keyless (name VARCHAR)")
    database.change("INSERT INTO users VALUES (2, NULL)")
    seen = database.tables()
    assert seen == {
        "users": {("1",): {"name": "Ada Okafor"}, ("2",): {"name": None}},
        "identities": {("7",): {"user_id": "1"}},
    }
    assert list(seen) == ["users", "identities"]


def test_a_look_at_what_somebody_has_locked_gives_nothing(database: Database) -> None:
    other = another_way_in(database)
    with other.engine.connect() as connection:
        lock = "BEGIN EXCLUSIVE" if database.server is None else "LOCK TABLE users"
        connection.exec_driver_sql(lock)
        assert database.tables() is None
        connection.rollback()
    assert database.tables() is not None


def test_a_look_does_not_make_the_file() -> None:
    with Database() as database:
        assert database.tables() == {}
        assert database.content() is None


ENDLESS = "CREATE VIEW numbers AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n"


def test_a_table_without_an_end_is_not_read_for_ever() -> None:
    with Database() as database:
        database.change(ENDLESS)
        with pytest.raises(OperationalError, match="interrupted"):
            database.rows("SELECT count(*) FROM numbers")


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows makes a symbolic link only with a right of its own"
)
def test_a_database_that_has_become_a_link_is_not_opened(tmp_path: Path) -> None:
    with Database() as other, Database() as database:
        other.change("CREATE TABLE users (id INTEGER PRIMARY KEY)")
        path, target = (Path(one.url.partition("///")[2]) for one in (database, other))
        path.symlink_to(target)
        with pytest.raises(OperationalError, match="is a link"):
            database.rows("SELECT * FROM users")
        assert database.tables() is None
