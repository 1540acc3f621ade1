"""How long a student waits. No figure fails a test: machines differ, and the ratios are there to be read."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import WarmChecks
from workbook.checks.watch import saves
from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import source_files
from workbook.course.steps import find_step

pytestmark = pytest.mark.slow

STEP = find_step("01")
ROUNDS = 7

ONE_FILE = """
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "hello"


def test_it_greets():
    assert app.test_client().get("/").text == "hello"
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of step folders with a finished step 01: every check runs to its end."""
    for file in source_files(SOLUTIONS / STEP.name):
        copy = tmp_path / STEP.name / file.relative_to(SOLUTIONS / STEP.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def seen(work: Path) -> Iterator[queue.Queue[set[Path]]]:
    """The saves that are seen in the folder; the watch has begun."""
    found: queue.Queue[set[Path]] = queue.Queue()
    stop = threading.Event()

    def follow() -> None:
        for files in saves([work / STEP.name], stop):
            found.put(files)

    thread = threading.Thread(target=follow)
    thread.start()
    for number in count():
        (work / STEP.name / "begun").write_text(str(number))
        try:
            found.get(timeout=0.5)
        except queue.Empty:
            continue
        break
    yield found
    stop.set()
    thread.join()


def python(*arguments: str, cwd: Path = ROOT) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("WORKBOOK", "PYTEST"))
    }
    subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=True,
        capture_output=True,
    )


def test_a_cold_pytest_of_a_flask_app_in_one_file(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(ONE_FILE)
    benchmark.pedantic(
        python, ("-m", "pytest", "-q", "test_app.py"), {"cwd": tmp_path}, rounds=ROUNDS, warmup_rounds=1
    )


def test_a_cold_check(benchmark: BenchmarkFixture, work: Path) -> None:
    command = ("-m", "workbook", "check", STEP.number, "--in", str(work), "--json")
    benchmark.pedantic(python, command, rounds=ROUNDS, warmup_rounds=1)


def test_a_warm_check(benchmark: BenchmarkFixture, checks: WarmChecks, work: Path) -> None:
    verdicts: Verdicts = benchmark.pedantic(checks.run, (STEP, work), rounds=ROUNDS, warmup_rounds=1)
    assert verdicts.all_passed


def test_a_save_to_its_verdicts(
    benchmark: BenchmarkFixture, checks: WarmChecks, work: Path, seen: queue.Queue[set[Path]]
) -> None:
    app = work / STEP.name / "app.py"
    text = app.read_text(encoding="utf-8")
    number = count()

    def save_and_wait() -> Verdicts:
        app.write_text(f"{text}# {next(number)}\n", encoding="utf-8")
        assert app in seen.get(timeout=30)
        return checks.run(STEP, work)

    verdicts: Verdicts = benchmark.pedantic(save_and_wait, rounds=ROUNDS, warmup_rounds=1)
    assert verdicts.all_passed
