"""The job that a step's app runs as: it loads the app as `flask run` does, and serves it.

It reports {"event": "ready", "port": …}; {"event": "failed", "error": …, "traceback": …} where the app cannot
be loaded, "error" with the same where it leaves an exception unhandled, or reads a parameter that the request does not
have; when asked to record, "message" for each message; and, when asked to watch writes, "write" each time that it is
about to write to its database.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.providers.serving import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Report = Callable[[dict[str, Any]], None]

# How many requests the app handles at a time. One that waits for a silent provider keeps a thread.
THREADS = 8


def serve(arguments: dict[str, Any], report: Report) -> None:
    """Serves the app of the current folder on the loopback address until the process is ended.

    `arguments`: "port" (0 takes a free one) or "socket" (the number of one that listens already); "record";
    "show_errors": instead of a bare 500 a page with the error and its lines in the app's own files, the same in the
    terminal, and a page for an app that cannot be loaded; "instead": only such a page, with that "error" and
    "traceback"; "watch_writes"; "ahead": how many seconds its clock is ahead of the real one; "alike": the clock and
    the seed of a process that is like others (see alike.py).
    """
    from flask import got_request_exception

    def unhandled(sender: object, exception: BaseException, **extra: object) -> None:
        report({"event": "error", **described(exception)})

    if arguments.get("ahead"):
        from .later import set_clock_ahead

        set_clock_ahead(arguments["ahead"])
    if arguments.get("alike"):
        from .alike import Alike, make_alike

        make_alike(Alike(*arguments["alike"]))
    if arguments.get("watch_writes"):
        _watch_writes(report)
    application: WSGIApplication
    try:
        if arguments.get("instead"):
            raise _Instead(arguments["instead"])
        application = load()
        got_request_exception.connect(unhandled, weak=False)
        _watch_missing_parameters(application, report)
    except BaseException as error:
        report({"event": "failed", **described(error)})
        if not arguments.get("show_errors"):
            return
        application = _only_page("Your app does not start", described(error))
    else:
        if arguments.get("show_errors"):
            application.config["PROPAGATE_EXCEPTIONS"] = True  # type: ignore[attr-defined]
            application = _showing_errors(application)
    if arguments.get("record"):
        from workbook.flow.messages import APP, BROWSER
        from workbook.flow.recording import Recorder

        application = Recorder(
            application,
            lambda message: report({"event": "message", "message": message.to_json()}),
            sender=BROWSER,
            receiver=APP,
        )
    handed = arguments.get("socket")
    server = Server(
        application,
        port=arguments.get("port", 0),
        listening=socket.socket(fileno=handed) if handed is not None else None,
        threads=THREADS,
    )
    report({"event": "ready", "port": server.port})
    server.run()


def _watch_missing_parameters(application: WSGIApplication, report: Report) -> None:
    """Reports each request.args["name"] without such a name, too. Flask raises no exception for it, and only responds
    with status 400."""
    from werkzeug.exceptions import BadRequestKeyError

    handle: Callable[[Exception], object] = application.handle_user_exception  # type: ignore[attr-defined]

    def watched(error: Exception) -> object:
        if isinstance(error, BadRequestKeyError):
            report({"event": "error", **described(error)})
        return handle(error)

    application.handle_user_exception = watched  # type: ignore[attr-defined]


def _watch_writes(report: Report) -> None:
    """Reports each statement that writes, before it runs. The app has to use SQLAlchemy for that."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "before_cursor_execute")
    def about_to_execute(connection: object, cursor: object, statement: str, *others: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            report({"event": "write"})


class _Instead(Exception):
    """The error of an app that was not loaded, because its error is known already."""

    def __init__(self, said: dict[str, str]) -> None:
        super().__init__(said["error"])
        self.said = said


def load() -> WSGIApplication:
    """The app of the current folder, found as `flask run` with FLASK_APP=app finds it."""
    from flask.cli import ScriptInfo

    sys.argv = ["flask", "run"]
    os.environ["FLASK_RUN_FROM_CLI"] = "true"  # Flask skips app.run() in the module, as under `flask run`
    return ScriptInfo(app_import_path=os.environ.get("FLASK_APP", "app"), set_debug_flag=False).load_app()


def described(error: BaseException) -> dict[str, str]:
    """An error as {"error": one line, "traceback": its lines in the app's own files, innermost last}."""
    if isinstance(error, _Instead):
        return error.said
    cause = error
    if type(error).__name__ == "NoAppException" and error.__context__ is not None:
        # Flask raises its own exception over an error in the app's import.
        cause = error.__context__ if own_lines(error.__context__) else error
    return {"error": _one_line(cause) + _of_two_modules(cause), "traceback": own_lines(cause)}


def _one_line(error: BaseException) -> str:
    text = str(getattr(error, "orig", None) or error)
    # SQLAlchemy adds the whole statement and a URL to the database's message.
    text = re.split(r"\s\[SQL: |\s\(Background on this error", text)[0].strip()
    if isinstance(error, SyntaxError):
        text = f"{error.msg} ({_file(error.filename or '?')}, line {error.lineno})"
    if type(error).__name__ == "NoAppException":
        # Flask's own message for a folder without an app.
        return " ".join(text.split())
    if isinstance(error, SystemExit):
        return f"the app ended itself (sys.exit({error.code!r}))"
    name = type(error).__name__
    if name == "BadRequestKeyError":  # its own text is that of any 400
        return f"{name}: {', '.join(map(repr, error.args))}"
    if name == "Error":  # binascii's, csv's, …: the name alone does not tell which
        name = f"{type(error).__module__}.{name}"
    return f"{name}: {' '.join(text.split())}" if text else name


def _of_two_modules(error: BaseException) -> str:
    """Says that a file of the app has the name of another module, if that caused the error; otherwise empty.

    Either the file hides the module, as under `python app.py`, or the module was there first, as under `flask run`.
    """
    found = re.match(r"cannot import name .* from (?:partially initialized module )?'(\w+)'", str(error))
    found = found or re.match(r"(?:partially initialized )?module '(\w+)' has no attribute", str(error))
    if not isinstance(error, ImportError | AttributeError) or not found:
        return ""
    name, file = found[1], Path(f"{found[1]}.py")
    if not file.is_file() or (name not in sys.stdlib_module_names and not _installed(name)):
        return ""
    return f". Your file {file} has the name of a module that is there already, and Python finds one of them: rename it"


def _installed(name: str) -> bool:
    """Whether an installed package has a module of that name."""
    from importlib.metadata import packages_distributions

    return name in packages_distributions()


def own_lines(error: BaseException) -> str:
    """The lines of a traceback that are in the current folder, each as `file, line n: code`."""
    here = os.path.realpath(".") + os.sep
    lines = [
        f"{_file(frame.filename)}, line {frame.lineno}, in {frame.name}: {frame.line}".removesuffix(": ")
        for frame in traceback.extract_tb(error.__traceback__)
        # "<frozen os>" and SQLAlchemy's "lib/sqlalchemy/….pyx" are no files, but look like files of this folder.
        if Path(frame.filename).is_file() and os.path.realpath(frame.filename).startswith(here)
    ]
    if isinstance(error, SyntaxError) and error.text:
        lines.append(f"{_file(error.filename or '?')}, line {error.lineno}: {error.text.strip()}")
    return "\n".join(lines)


def _file(name: str) -> str:
    here = os.path.realpath(".") + os.sep
    return os.path.realpath(name).removeprefix(here)


def _only_page(heading: str, said: dict[str, str]) -> WSGIApplication:
    """A page instead of an app that cannot be loaded."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response(_ERROR, _HTML)
        return [_page(heading, said)]

    return application


def _showing_errors(application: WSGIApplication) -> WSGIApplication:
    """An app that shows its exceptions, in the page and in the terminal: the error, and its lines in the app's own
    files."""

    def shown(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        parts: Iterable[bytes] = ()
        try:
            parts = application(environ, start_response)
            yield from parts
        except Exception as error:
            said = described(error)
            print(f"{said['error']}\n{said['traceback']}", file=sys.stderr, flush=True)
            with suppress(Exception):  # it raises the error again if the response has begun
                start_response(_ERROR, _HTML, sys.exc_info())
                yield _page("Your app raised an error", said)
        finally:
            if close := getattr(parts, "close", None):
                close()

    return shown


_MEND = "Mend it and save; then load this page again."
_NO_COLUMN = re.compile(r"no such column: \w+\.|has no column named")
_OLD_TABLE = (
    "The table in the database file was made by another model than the one in your code, and the app changes no table "
    "that is there. In step 04, stop the app, delete instance/people.db, and start the app again. From step 05 on, "
    "stop the app and run `flask db upgrade`."
)
_ERROR = "500 Internal Server Error"
_HTML = [("Content-Type", "text/html; charset=utf-8")]


def _page(heading: str, said: dict[str, str]) -> bytes:
    from markupsafe import escape

    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{heading}</title>"
        "<body style='font:1.1rem/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem'>"
        f"<h1>{heading}</h1>"
        f"<p>{escape(said['error'])}</p><pre style='white-space:pre-wrap'>{escape(said['traceback'])}</pre>"
        f"<p>{_OLD_TABLE if _NO_COLUMN.search(said['error']) else _MEND}</p>"
    ).encode()
