"""A database for one app: a new SQLite file, or a new database on a PostgreSQL server. Checks look at it from
outside."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbook.flow.rows import BYTES, Tables

from .rooms import new_room, remove_room

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Inspector

# How long a query waits for a lock that another connection holds (seconds).
PATIENCE = 10
# How long it waits for a lock where there is another way (seconds).
_AT_ONCE = 2

# How much SQLite may do for one connection: so many times so many of its steps. A row takes some ten.
_PARTS, _PART = 100, 100_000

# The number of the lock that holds transactions, and how often the lab counts those that wait there (seconds).
_HELD = 8
_LOOK_AGAIN = 0.01
_WAIT_AT_COMMIT = f"""
    CREATE OR REPLACE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared({_HELD}); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT OR UPDATE OR DELETE ON {{table}}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
"""
_WAITING = f"""
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {_HELD} AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Database:
    """A new, empty database, which `close` removes.

    `server` is the URL of a PostgreSQL server where the lab may make databases; without one it is an SQLite file.
    Imports and the database wait for the first use, so an app without a database costs nothing.
    """

    def __init__(self, server: str | None = None) -> None:
        self.server = server
        self._folder: Path | None = None
        self._name: str | None = None

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def url(self) -> str:
        """Its URL, as SQLAlchemy writes it (DATABASE_URL)."""
        if self.server is None:
            return f"sqlite:///{self._file.as_posix()}"
        name = f"site_{secrets.token_hex(8)}"
        self._on_server(f"CREATE DATABASE {name}")
        self._name = name
        return self._server_url.set(database=name).render_as_string(hide_password=False)

    @cached_property
    def _file(self) -> Path:
        self._folder = new_room("database-")
        return self._folder / "people.db"

    @cached_property
    def engine(self) -> Engine:
        """Connections that are not the app's. On SQLite they enforce foreign keys, as the steps' apps do."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        if self.server is not None:
            return create_engine(self.url, poolclass=NullPool)
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": PATIENCE})

        @event.listens_for(engine, "do_connect")
        def look_first(*unused: object) -> None:
            # SQLite follows a link by itself, also where the file system follows none.
            if self._file.is_symlink():
                raise sqlite3.OperationalError("the database is a link")

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, record: object) -> None:
            connection.execute("PRAGMA foreign_keys = ON")
            # What an app calls a table can be a view without an end.
            connection.set_progress_handler(partial(next, repeat(0, _PARTS), 1), _PART)

        return engine

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        """The rows of a query's result, a dict each."""
        from sqlalchemy import text

        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    def change(self, sql: str, **values: object) -> None:
        """Carries a statement out, in a transaction of its own."""
        from sqlalchemy import text

        with self.engine.begin() as connection:
            connection.execute(text(sql), values)

    def tables(self) -> Tables | None:
        """Every row, as text; None where a look is not possible now. Alembic's own table is left out, and so is one
        without a primary key. Bytes are told by their digest."""
        from sqlalchemy import inspect
        from sqlalchemy.exc import SQLAlchemyError

        if self.server is None and not self._file.is_file():
            return {}
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql(
                    f"PRAGMA busy_timeout = {_AT_ONCE * 1000}"
                    if self.server is None
                    else f"SET LOCAL lock_timeout = '{_AT_ONCE}s'"
                )
                found = inspect(connection)
                names = [name for name, _ in found.get_sorted_table_and_fkc_names() if name is not None]
                keys = {name: found.get_pk_constraint(name)["constrained_columns"] for name in names}
                quoted = connection.dialect.identifier_preparer.quote
                return {
                    name: {
                        tuple(str(row[column]) for column in keys[name]): {
                            column: _as_text(value)
                            for column, value in row.items()
                            if column not in keys[name]
                        }
                        for row in connection.exec_driver_sql(f"SELECT * FROM {quoted(name)}").mappings()
                    }
                    for name in names
                    if name != "alembic_version" and keys[name]
                }
        except SQLAlchemyError:
            return None

    def content(self) -> bytes | None:
        """The content of the SQLite file; None where there is no file, or where the database is on a server."""
        return self._file.read_bytes() if self.server is None and self._file.is_file() else None

    def fill(self, content: bytes) -> None:
        """Writes the `content` of another database into this new one."""
        self._file.write_bytes(content)

    def is_empty(self) -> bool:
        """Whether no table has a row, apart from Alembic's table with the revision."""
        with self.engine.connect() as connection:
            return not any(
                connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first()
                for table in self._tables(connection)
            )

    def empty(self) -> bool:
        """Deletes all rows, and counts from 1 again; False where another connection holds a lock for too long.
        Alembic's revision stays."""
        from sqlalchemy.exc import OperationalError

        try:
            with self.engine.begin() as connection:
                tables = self._tables(connection)
                if self.server is not None and tables:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_AT_ONCE}s'")
                    connection.exec_driver_sql(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
                elif tables:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_AT_ONCE * 1000}")
                    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                    counted = "SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'"
                    if connection.exec_driver_sql(counted).first():
                        tables.append("sqlite_sequence")
                    for table in tables:
                        connection.exec_driver_sql(f"DELETE FROM {table}")
        except OperationalError:
            return False
        return True

    def _tables(self, connection: Connection) -> list[str]:
        """The tables that the app made, with their names quoted for a statement."""
        from sqlalchemy import inspect

        quoted = connection.dialect.identifier_preparer.quote
        return [quoted(name) for name in inspect(connection).get_table_names() if name != "alembic_version"]

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[Connection]:
        """No other connection can write to a table inside of this `with`; reading goes on. On SQLite it is the whole
        database."""
        from sqlalchemy import text

        with self.engine.connect() as connection:
            if self.server is None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            yield connection
            connection.rollback()

    @contextlib.contextmanager
    def commits_held(self, table: str) -> Iterator[Callable[[int, float], None]]:
        """On PostgreSQL: inside of this `with` a transaction that has changed a table waits at its end, so that no
        other one sees the change. Yields a function that waits until `count` transactions do, or `patience` seconds."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql(_WAIT_AT_COMMIT.format(table=table))
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_HELD})")
            connection.commit()

            def wait(count: int, patience: float) -> None:
                until = time.monotonic() + patience
                while time.monotonic() < until:
                    if connection.exec_driver_sql(_WAITING).scalar_one() >= count:
                        return
                    time.sleep(_LOOK_AGAIN)

            yield wait
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_HELD})")

    def look(self) -> Inspector:
        """An inspector of its tables as they are now."""
        from sqlalchemy import inspect

        return inspect(self.engine)

    def close(self) -> None:
        """Removes it, also under open connections. A second call is harmless."""
        if "engine" in self.__dict__:
            self.engine.dispose()
        if self._folder is not None:
            remove_room(self._folder)
        if self._name is not None:
            self._on_server(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            self._name = None

    @property
    def _server_url(self) -> URL:
        from sqlalchemy import make_url

        assert self.server is not None
        # The driver of a URL that names none depends on SQLAlchemy's version: psycopg2 until 2.0, psycopg in 2.1.
        return make_url(self.server).set(drivername="postgresql+psycopg2")

    def _on_server(self, sql: str) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        engine = create_engine(self._server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(sql)


def _as_text(value: object) -> str | None:
    """A value of a row as text; None is NULL."""
    if isinstance(value, (bytes, memoryview)):
        return f"{BYTES}{hashlib.sha256(value).hexdigest()}"
    return None if value is None else str(value)


def uses_a_database(folder: Path) -> bool:
    """Whether the app in a folder keeps users in a database: its files name SQLAlchemy."""
    return any(
        "sqlalchemy" in file.read_text(encoding="utf-8", errors="replace").lower()
        for file in folder.rglob("*.py")
    )
