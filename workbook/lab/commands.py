"""`flask …` in a copy of a step's folder, such as `flask db upgrade`, in a process of its own."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from workbook.course.places import ROOT
from workbook.flow.entities import Column, Table

from .environments import bare_environment
from .rooms import new_room, remove_room
from .running import AppFailed, copied, reported_failure
from .serve import described, load
from .warm import Warm
from .warm_apps import PRELOAD_DATABASE

if TYPE_CHECKING:
    from .databases import Database

# A command that has not ended by then will not end (seconds).
TIMEOUT = 30.0


@dataclass(frozen=True)
class Done:
    """A command that has ended. `failure` is its error, None where it ended well; `output` is what it printed, and
    `told` its result."""

    failure: AppFailed | None
    output: str
    told: Any = None


class MigrationFailed(AppFailed):
    """`flask db upgrade` failed, so the app has no database to run with."""


def environment_for(database: Database) -> dict[str, str]:
    """The environment of an app's command: the database, and the variables of .flaskenv."""
    known = dotenv_values(ROOT / ".flaskenv")
    return {
        **{name: value for name, value in known.items() if value is not None},
        "DATABASE_URL": database.url,
    }


def flask(folder: Path, warm: Warm, environment: Mapping[str, str], *arguments: str) -> Done:
    """Runs `flask ARGUMENTS` on the app in `folder`, and waits for its end."""
    return _run(folder, warm, environment, "flask", {"arguments": arguments})


def create_tables(folder: Path, warm: Warm, environment: Mapping[str, str], *, related: bool = False) -> Done:
    """Makes the tables of the app's models, as `db.create_all()` does, whatever its migrations say. With `related` its
    result says, too, what is wrong between a user and an identity: None where each leads to the other."""
    return _run(folder, warm, environment, "create", {"related": related})


def tables(folder: Path, warm: Warm, environment: Mapping[str, str]) -> tuple[Table, ...]:
    """The tables of the app's models, those that others refer to first; AppFailed where it cannot be loaded."""
    done = _run(folder, warm, environment, "tables", {})
    if done.failure:
        raise done.failure
    return tuple(Table.from_json(table) for table in done.told)


@dataclass(frozen=True)
class Revisions:
    """A database: its URL without a password, its revision, and the last revision of the migrations; None where it has
    none, or where there are none."""

    url: str
    current: str | None
    newest: str | None


def revisions(folder: Path, warm: Warm, environment: Mapping[str, str]) -> Revisions | None:
    """The revisions of the app in `folder` with its own database, which does not change; None where the app cannot be
    loaded, or the migrations cannot be read."""
    done = _run(folder, warm, environment, "revisions", {}, in_place=True)
    return None if done.failure else Revisions(**done.told)


def call(
    folder: Path,
    warm: Warm,
    environment: Mapping[str, str],
    module: str,
    calls: Sequence[tuple[str, Sequence[str]]],
) -> Done:
    """Calls functions of a module of the app in `folder`, each by its name and with its arguments. It loads the module
    without the app.

    `told` has for each call {"type", "value"}, a string where the function returned one and otherwise its repr(), or,
    where it raised an error, {"error", "traceback"}.
    """
    arguments = {"module": module, "calls": calls}
    done = _run(folder, warm, environment, "call", arguments, preload=())
    if done.failure is None and not _is_of_calls(done.told, len(calls)):
        # The module's own code can write to the pipe of the reports.
        return Done(AppFailed("its process did not report what the functions returned"), done.output)
    return done


def _is_of_calls(told: object, count: int) -> bool:
    return (
        isinstance(told, list)
        and len(told) == count
        and all(
            isinstance(one, dict)
            and set(one) in ({"type", "value"}, {"error", "traceback"})
            and all(isinstance(text, str) for text in one.values())
            for one in told
        )
    )


def _run(
    folder: Path,
    warm: Warm,
    environment: Mapping[str, str],
    job: str,
    arguments: dict[str, Any],
    *,
    in_place: bool = False,
    preload: Iterable[str] = PRELOAD_DATABASE,
) -> Done:
    workplace = Path(tempfile.mkdtemp(prefix="command-"))
    room = new_room("command-")
    try:
        log = workplace / "log"
        child = warm.run(
            f"{__name__}:{job}_job",
            arguments,
            folder=folder if in_place else copied(folder, room),
            environment={**bare_environment(), "FLASK_APP": "app", **environment},
            log=log,
            preload=preload,
        )
        begun = time.monotonic()
        overdue = threading.Timer(TIMEOUT, child.stop)
        overdue.start()
        try:
            ended = next(child.reports(), None)
        finally:
            late = time.monotonic() - begun >= TIMEOUT
            overdue.cancel()
            child.stop()
        output = log.read_text(encoding="utf-8", errors="replace")
    finally:
        for place in (workplace, room):
            remove_room(place)
    if ended is not None and ended.get("event") == "done":
        return Done(None, output, ended.get("told"))
    if ended is None:
        last = output.strip().splitlines()[-1:] or ["it printed nothing"]
        endless = f"it was still at work after {TIMEOUT:g} seconds: is there an endless loop?"
        ended = {"event": "failed", "error": endless if late else last[0], "traceback": ""}
    return Done(reported_failure(ended), output)


def flask_job(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job of a command: "arguments" are those of the command line. Reports {"event": "done"}, or "failed" with its
    error."""
    from flask.cli import ScriptInfo, cli

    def command() -> None:
        app: Any = load()  # here the job sees its errors; the command itself would only print them
        sys.argv = ["flask", *arguments["arguments"]]
        cli.main(args=arguments["arguments"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))

    _reported(command, report)


def call_job(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job that calls functions: "calls" are those of "module"."""

    def told(module: object, name: str, given: list[Any]) -> dict[str, str]:
        try:
            value = getattr(module, name)(*given)
        except Exception as error:
            return described(error)
        return {"type": type(value).__name__, "value": value if type(value) is str else repr(value)}

    def called() -> list[dict[str, str]]:
        sys.path.insert(0, str(Path.cwd()))
        module = importlib.import_module(arguments["module"])
        return [told(module, *one) for one in arguments["calls"]]

    _reported(called, report)


def create_job(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job that makes the tables of the app's models."""

    def create() -> str | None:
        app: Any = load()
        with app.app_context():
            db = app.extensions["sqlalchemy"]
            db.create_all()
            return _wrong_between(db) if arguments["related"] else None

    _reported(create, report)


def _wrong_between(db: Any) -> str | None:
    """Makes a user and one identity of this user, gets each through the other, and rolls both back. Says what was
    wrong."""
    models = {mapper.local_table.name: mapper.class_ for mapper in db.Model.registry.mappers}
    if not {"users", "identities"} <= set(models):
        return None  # the tables show this mistake, too
    try:
        user = models["users"](name="First")
        identity = models["identities"](provider="twitter", subject="1", user=user)
        db.session.add(identity)
        db.session.flush()
        db.session.expire_all()
        if list(user.identities) != [identity]:
            return f"user.identities was {user.identities!r}, where one identity belongs to the user"
        if identity.user is not user:
            return f"identity.user was {identity.user!r}, and not the user"
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    finally:
        db.session.rollback()
    return None


def tables_job(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job that reports the tables of the app's models."""

    def read() -> list[dict[str, Any]]:
        app: Any = load()
        return [asdict(_table(table)) for table in app.extensions["sqlalchemy"].metadata.sorted_tables]

    _reported(read, report)


def revisions_job(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job that reports the revisions of the app's database and of its migrations."""

    def read() -> dict[str, str | None]:
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory
        from sqlalchemy.exc import SQLAlchemyError

        app: Any = load()
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
            url = engine.url.render_as_string(hide_password=True)
            if "migrate" not in app.extensions:
                return {"url": url, "current": None, "newest": None}
            try:
                with engine.connect() as connection:
                    current = MigrationContext.configure(connection).get_current_heads()
            except SQLAlchemyError:  # no database responds at that URL
                return {"url": url, "current": None, "newest": None}
        newest = ScriptDirectory(app.extensions["migrate"].directory).get_heads()
        return {"url": url, "current": ", ".join(current) or None, "newest": ", ".join(newest) or None}

    _reported(read, report)


def _table(table: Any) -> Table:
    """An SQLAlchemy table as one of the lab's own."""
    from sqlalchemy import UniqueConstraint

    rules = [rule for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    rules += [index for index in table.indexes if index.unique]
    unique = sorted(tuple(column.name for column in rule.columns) for rule in rules)
    columns = []
    for column in table.columns:
        key = next(iter(column.foreign_keys), None)
        together = [name for names in unique if column.name in names for name in names if name != column.name]
        columns.append(
            Column(
                column.name,
                str(column.type),
                primary=column.primary_key,
                nullable=column.nullable,
                unique=(column.name,) in unique,
                together=tuple(dict.fromkeys(together)),
                refers_to=key.column.table.name if key is not None else None,
                on_delete=key.ondelete if key is not None else None,
            )
        )
    return Table(table.name, tuple(columns))


def _reported(work: Callable[[], object], report: Callable[[dict[str, Any]], None]) -> None:
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    told: object = None
    try:
        told = work()
    except SystemExit as end:
        if end.code not in (None, 0):
            return  # the command has printed why
    except BaseException as error:
        report({"event": "failed", **described(error)})
        return
    report({"event": "done", "told": told})
