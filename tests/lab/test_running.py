"""A step's app runs on a copy, and says why if it does not start."""

from __future__ import annotations

import os
import queue
from pathlib import Path

import pytest

from workbook.lab.browser import Browser
from workbook.lab.running import AppFailed, RunningApp
from workbook.lab.warm import CAN_FORK, Warm

APP = """
import os, sys
from flask import Flask, request
from flask.cli import load_dotenv
load_dotenv()
app = Flask(__name__)

@app.route("/")
def index():
    return {"secret": os.environ.get("SECRET"), "pytest": "pytest" in sys.modules, "host": request.host,
            "names": sorted(n for n in os.environ if n.startswith(("PYTEST", "WORKBOOK", "VIRTUAL")))}

@app.route("/write")
def write():
    with open("written", "w") as file:
        file.write("here")
    return "ok"

@app.route("/raise")
def fail():
    return 1 / 0

@app.route("/args")
def args():
    return request.args['name']
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "01_a_step"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return folder


def test_it_sees_no_settings_and_leaves_nothing(warm: Warm, folder: Path) -> None:
    (folder / ".env").write_text("SECRET=from .env\n")
    (folder.parent / ".env").write_text("SECRET=from the root's .env\n")
    os.environ["WORKBOOK_TRAP"] = "1"
    try:
        with RunningApp(warm, folder, {}) as app:
            browser = Browser(app.port)
            page = browser.open("/")
            assert (
                '"secret":null' in page.text and '"pytest":false' in page.text and '"names":[]' in page.text
            )
            assert '"host":"localhost:5000"' in page.text
            assert browser.open("/write").status == 200
    finally:
        del os.environ["WORKBOOK_TRAP"]
    assert {path.name for path in folder.iterdir()} == {"app.py", ".env"}


def test_an_unhandled_exception_is_told(warm: Warm, folder: Path) -> None:
    with RunningApp(warm, folder, {}) as app:
        assert Browser(app.port).open("/raise").status == 500
        error = app.last_error()
    assert error is not None
    assert error.error == "ZeroDivisionError: division by zero"
    assert error.traceback == "app.py, line 21, in fail: return 1 / 0"


def test_a_parameter_that_a_request_does_not_have_is_told(warm: Warm, folder: Path) -> None:
    with RunningApp(warm, folder, {}) as app:
        assert Browser(app.port).open("/args").status == 400
        error = app.last_error()
    assert error is not None
    assert error.error == "BadRequestKeyError: 'name'"
    assert "return request.args['name']" in error.traceback


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("def f(:", "SyntaxError: invalid syntax (app.py, line 1)"),
        ("raise SystemExit(3)", r"the app ended itself (sys.exit(3))"),
        ("import os; print('last words', flush=True); os._exit(1)", "last words"),
        ("app = 1", "Failed to find Flask application or factory in module 'app'"),
        ("while True: pass", "endless loop"),
    ],
)
def test_an_app_that_does_not_come_up_says_why(warm: Warm, folder: Path, text: str, says: str) -> None:
    (folder / "app.py").write_text(text)
    with pytest.raises(AppFailed) as failed:
        RunningApp(warm, folder, {}, timeout=1.5)
    assert says in failed.value.error


def test_an_app_that_runs_itself_is_loaded_all_the_same(warm: Warm, folder: Path) -> None:
    (folder / "app.py").write_text(APP + "\napp.run()\n")
    with RunningApp(warm, folder, {}) as app:
        assert Browser(app.port).open("/").status == 200


def test_in_place_a_page_says_why_an_app_does_not_load(warm: Warm, folder: Path) -> None:
    (folder / "app.py").write_text("x = <script>")
    with RunningApp(warm, folder, {}, in_place=True) as app:
        page = Browser(app.port).open("/anything")
        assert (
            page.status == 500 and "Your app does not start" in page.words and "app.py, line 1" in page.words
        )
        assert "<script>" not in page.text
        assert app.failure is not None


@pytest.mark.parametrize(
    "fork", [True, False] if CAN_FORK else [False], ids=lambda fork: "forked" if fork else "new"
)
def test_what_an_app_prints_is_shown_and_given_on(
    fork: bool, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """All of it, in its order, also where there is more than a pipe holds."""
    many = 20_000
    (folder / "app.py").write_text(
        APP + f"\nprint('loaded \u00fc')\nfor n in range({many}): print(n, file=sys.stderr)\n",
        encoding="utf-8",
    )
    given: queue.Queue[bytes] = queue.Queue()
    wanted = (
        "".join(f"{line}\n" for line in ("loaded \u00fc", *range(many))).replace("\n", os.linesep).encode()
    )
    found = b""
    with Warm(fork=fork) as warm, RunningApp(warm, folder, {}, in_place=True, on_output=given.put):
        while len(found) < len(wanted):
            found += given.get(timeout=60)
    assert found == wanted
    assert "loaded \u00fc" in capfd.readouterr().err
