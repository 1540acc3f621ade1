"""Settings of the shell, and of other projects, change no verdict; and an unchecked exercise is not passed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.places import ROOT

from ..submissions.submitting import HERE, Submission
from ..submissions.verdict_list import without_chance

PATIENCE = 120.0
# One exercise of this submission is wrong, and others wait for that exercise.
WRONG = Submission(HERE / "01" / "wrong" / "1.2-authorize-url-misspelt.patch")

SETTINGS = {
    "pytest": {
        "PYTEST_ADDOPTS": "-x --maxfail=1 -k nothing --co --no-such-option",
        "PYTEST_PLUGINS": "no_such_plugin",
    },
    "Python": {
        "PYTHONOPTIMIZE": "2",
        "PYTHONHASHSEED": "0",
        "PYTHONDEVMODE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": "HIDING",
    },
    "Flask": {
        "FLASK_APP": "no_such_app",
        "FLASK_DEBUG": "1",
        "FLASK_RUN_PORT": "1",
        "FLASK_SKIP_DOTENV": "0",
        "FLASK_SECRET_KEY": "known",
        "SECRET_KEY": "known",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "SQLALCHEMY_DATABASE_URI": "sqlite:////nowhere/people.db",
        "OAUTHLIB_INSECURE_TRANSPORT": "",
        "OAUTHLIB_RELAX_TOKEN_SCOPE": "1",
    },
    "other keys and sites": {
        f"{provider}_{what}": value
        for provider in ("TWITTER", "FACEBOOK", "FACEBOOK_GRAPH", "GOOGLE", "GITHUB", "GITHUB_API")
        for what, value in {"URL": "http://127.0.0.1:1", "KEY": "theirs", "SECRET": "theirs"}.items()
    },
    "proxies and certificates": {
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "socks5://127.0.0.1:1",
        "NO_PROXY": "",
        "REQUESTS_CA_BUNDLE": "/nowhere/certificates",
        "SSL_CERT_FILE": "/nowhere/certificates",
    },
    "the workbook's own": {"WORKBOOK_IN": "solutions"},
}


def said(folder: Path, settings: dict[str, str], *arguments: str) -> tuple[int, list[tuple[object, ...]]]:
    """The exit code of `check 01 --json`, and its verdict on each exercise."""
    done = subprocess.run(
        [sys.executable, "-m", "workbook", "check", "01", "--json", "--in", folder, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.stdout, done.stderr
    (step,) = json.loads(done.stdout)["steps"]
    return done.returncode, [
        (one["id"], one["passed"], one["waits_for"], without_chance(one["message"]))
        for one in step["exercises"]
    ]


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return WRONG.write(tmp_path_factory.mktemp("wrong"))


@pytest.fixture(scope="module")
def without(wrong: Path) -> tuple[int, list[tuple[object, ...]]]:
    """The verdicts without any setting."""
    return said(wrong, {})


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_setting_changes_no_verdict(
    kind: str, wrong: Path, without: tuple[int, list[tuple[object, ...]]], tmp_path: Path
) -> None:
    # A library of the user's own with a name that the checks, or the app, import.
    for name in ("pytest.py", "requests.py", "sqlalchemy.py", "oauthlib.py", "werkzeug.py"):
        (tmp_path / name).write_text("raise ImportError('of another project')\n", encoding="utf-8")
    settings = {name: value.replace("HIDING", str(tmp_path)) for name, value in SETTINGS[kind].items()}
    assert said(wrong, settings) == without
    assert without[0] == 1


LEFT_OUT = """
import sys
import pytest
from workbook.checks.run import collect
from workbook.course.errors import WorkbookError
from workbook.course.places import SOLUTIONS
from workbook.course.steps import find_step


class LeavesOut:
    def pytest_runtest_setup(self, item):
        pytest.skip("a setting of somebody's")


def run(collected):
    collected._session.config.pluginmanager.register(LeavesOut())
    print(collected.run(SOLUTIONS, only=["0.1"]))


try:
    collect(find_step("00"), run)
except WorkbookError as error:
    sys.exit(str(error))
"""


def test_a_test_that_was_skipped_is_not_passed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OUT], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stderr.strip() == "The checks could not be run: pytest left out a test of exercise 0.1."
    assert done.returncode == 1 and done.stdout == ""
