"""However an app is run, it finds the same providers: the shell overrides .env, and .env overrides .flaskenv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from dotenv import dotenv_values

from workbook.course.places import ROOT, SOLUTIONS
from workbook.lab.browser import Browser
from workbook.lab.visits import refuse, sign_in
from workbook.providers.server import ProvidersServer

from ..web.starting import free_port

STEP = "01_twitter_login"
# Longer than anything takes on a slow machine (seconds).
PATIENCE = 60.0
WAYS = [
    pytest.param(("-m", "flask", "run", "--port", "{port}"), id="flask run"),
    pytest.param(("app.py",), id="python app.py"),
    pytest.param(
        ("-m", "gunicorn", "--bind", "127.0.0.1:{port}", "app:app"),
        id="gunicorn",
        marks=pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows"),
    ),
]
NOWHERE = "http://127.0.0.1:1/twitter"


@pytest.fixture
def providers() -> Iterator[ProvidersServer]:
    """The local providers, with the keys of .flaskenv."""
    keys = {name: value or "" for name, value in dotenv_values(ROOT / ".flaskenv").items()}
    with ProvidersServer(keys=keys) as server:
        yield server


@pytest.fixture
def step(tmp_path: Path, providers: ProvidersServer) -> Path:
    """The step's folder in a workbook whose .flaskenv names the port that these providers have."""
    folder = shutil.copytree(SOLUTIONS / STEP, tmp_path / "solutions" / STEP)
    said = (ROOT / ".flaskenv").read_text(encoding="utf-8")
    assert "http://127.0.0.1:5001/twitter\n" in said
    (tmp_path / ".flaskenv").write_text(said.replace("http://127.0.0.1:5001", providers.url))
    return folder


def environment() -> dict[str, str]:
    """The environment of any shell, without the workbook's settings."""
    kept = {n: v for n, v in os.environ.items() if n in ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMPDIR")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(way: tuple[str, ...], folder: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """The app of a folder, run in that way; yields its port."""
    port = free_port()
    app = folder / "app.py"
    # `python app.py` takes no port from outside, and another program may have 5000.
    text = re.sub(r"app\.run\(.*\)", f"app.run(port={port})", app.read_text(encoding="utf-8"))
    app.write_text(text, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, *(part.format(port=port) for part in way)],
        cwd=folder,
        env={**environment(), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        try:
            assert process.stdout
            said = []
            for line in process.stdout:
                said.append(line)
                if re.search(r"Running on|Listening at", line):
                    break
            else:
                raise AssertionError("it does not come up:\n" + "".join(said))
            yield port
        finally:
            late.cancel()
            own = psutil.Process(process.pid)
            for member in (*own.children(recursive=True), own):
                with suppress(psutil.NoSuchProcess):  # one may end by itself in the meantime
                    member.kill()


@pytest.mark.parametrize(
    ("shell", "env", "flaskenv"),
    [
        (None, None, "{}"),
        (None, "{}", NOWHERE),
        ("{}", NOWHERE, NOWHERE),
        ("{}", None, NOWHERE),
    ],
    ids=[".flaskenv", ".env before .flaskenv", "the shell before both", "the shell before .flaskenv"],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_person_logs_in(
    providers: ProvidersServer,
    step: Path,
    way: tuple[str, ...],
    shell: str | None,
    env: str | None,
    flaskenv: str,
) -> None:
    """Only the place that has to win leads to the providers; the others lead nowhere."""
    there = f"{providers.url}/twitter"
    root = step.parents[1]
    if env:
        (root / ".env").write_text(f"TWITTER_URL={env.format(there)}\n")
    file = root / ".flaskenv"
    file.write_text(file.read_text().replace(there, flaskenv.format(there)))
    settings = {"TWITTER_URL": shell.format(there)} if shell else {}
    with running(way, step, settings) as port:
        browser = Browser(port)
        welcome = sign_in(browser)
        assert (welcome.status, welcome.path) == (200, "/welcome"), welcome.words
        assert "ada_o" in welcome.words
        refused = refuse(Browser(port))
        assert refused.path == "/" and "You denied the request to sign in." in refused.words
    asked = {
        message.path.removeprefix("/twitter") for message in providers.messages if message.status is None
    }
    assert {"/oauth/request_token", "/oauth/access_token", "/1.1/account/verify_credentials.json"} <= asked


@pytest.mark.parametrize("way", WAYS)
def test_the_nearest_env_hides_the_one_further_up(
    providers: ProvidersServer, step: Path, way: tuple[str, ...]
) -> None:
    """As the README says: keep one .env, in the workbook's folder."""
    (step.parents[1] / ".env").write_text(f"TWITTER_URL={NOWHERE}\n")
    (step / ".env").write_text("ANYTHING=else\n")
    with running(way, step, {}) as port:
        assert sign_in(Browser(port)).path == "/welcome"


def test_without_load_dotenv_an_app_that_runs_itself_has_no_keys(step: Path) -> None:
    """The reason why the apps call it."""
    app = step / "app.py"
    text = app.read_text(encoding="utf-8")
    assert text.count("\nload_dotenv()") == 1
    app.write_text(text.replace("\nload_dotenv()", "\n"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=step,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1 and "requires consumer key and secret" in done.stderr
