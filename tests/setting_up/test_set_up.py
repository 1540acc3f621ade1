"""Set-up ends in a workbook that runs, whatever interrupts it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ..processes import lives
from .newcomer import NOWHERE, PATIENCE, Clone, Running, from_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the clone and the signals are POSIX's")

LISTED = "01_twitter_login"


@pytest.fixture(scope="module")
def two_at_once(
    tmp_path_factory: pytest.TempPathFactory, registry: Path
) -> tuple[Clone, tuple[Running, Running]]:
    """A clone that is set up, and the two commands that it was set up by."""
    clone = Clone(tmp_path_factory.mktemp("ready"))
    first = clone.start(from_folder(registry))
    first.wait_for("Making .venv")
    second = clone.start(from_folder(registry))
    second.wait_for("Another set-up of this workbook is under way: waiting for it.")
    return clone, (first, second)


@pytest.fixture
def ready(two_at_once: tuple[Clone, tuple[Running, Running]], tmp_path: Path) -> Iterator[Clone]:
    """A clone that is set up; changes of its environment are undone."""
    clone, commands = two_at_once
    assert all(command.code == 0 for command in commands)
    kept = shutil.copytree(clone.venv, tmp_path / "kept", symlinks=True)
    yield clone
    shutil.rmtree(clone.venv, ignore_errors=True)
    kept.rename(clone.venv)


def test_the_second_of_two_waits_for_the_first(two_at_once: tuple[Clone, tuple[Running, Running]]) -> None:
    """The first one is the plain case, too: an empty home, one command, and the workbook runs."""
    _, (first, second) = two_at_once
    assert (first.code, second.code) == (0, 0), first.said + second.said
    assert LISTED in first.out and first.out == second.out
    assert "Set up in" in first.said[-1] and len(second.said) == 1


def test_it_is_said_once_and_no_registry_is_asked_again(ready: Clone) -> None:
    again = ready.run(NOWHERE)
    assert (again.code, again.said) == (0, []) and LISTED in again.out


def test_the_workbook_is_importable_from_every_folder(ready: Clone, tmp_path: Path) -> None:
    """`flask run` and notebooks import it."""
    code = "import workbook, click; print(workbook.__file__)"
    done = subprocess.run([ready.python, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"{ready.root / 'workbook' / '__init__.py'}\n", done.stderr


def test_a_variable_that_moves_python_does_not_lead_out_of_the_environment(ready: Clone) -> None:
    moved = ready.run({"PYTHONHOME": sys.base_prefix})
    assert moved.code == 0 and LISTED in moved.out, moved.said


@pytest.mark.slow
def test_a_system_that_replaced_its_python_gets_a_new_environment(ready: Clone, registry: Path) -> None:
    """Then .venv's Python is the new one, and its packages are where only the old Python looks."""
    (lib,) = (ready.venv / "lib").glob("python3*")
    lib.rename(lib.with_name("python3.9"))
    again = ready.run(from_folder(registry))
    assert again.code == 0 and LISTED in again.out, again.said


def link_to_nowhere(clone: Clone) -> None:
    clone.python.unlink()
    clone.python.symlink_to("gone")


@pytest.mark.parametrize(
    ("damage", "does"),
    [
        (link_to_nowhere, "Making .venv"),
        (lambda clone: (clone.venv / "pyvenv.cfg").unlink(), "Making .venv"),
        (lambda clone: clone.stamp.unlink(), "Fetching the installer"),
        (lambda clone: clone.stamp.write_text("of other requirements"), "requirements.txt has changed"),
    ],
    ids=["a Python that has gone", "no pyvenv.cfg", "no stamp", "another requirements.txt"],
)
def test_what_is_broken_is_made_anew(ready: Clone, damage: Callable[[Clone], object], does: str) -> None:
    damage(ready)
    again = ready.start(NOWHERE)
    again.wait_for(does)
    again.process.send_signal(signal.SIGINT)
    assert again.code == 2


@pytest.mark.slow
def test_without_a_network_it_says_so_and_the_next_try_goes_on(clone: Clone, registry: Path) -> None:
    """In the next try only pip knows a way to a registry, as behind a mirror that its settings name."""
    offline = clone.run(NOWHERE)
    assert offline.code == 2
    assert offline.said[-1].startswith(
        "There is no network to install from. Connect, and run the same command"
    )
    assert offline.said[:-1] == [
        "Setting up the workbook in .venv, once. This takes up to a minute.",
        *("Making .venv …", "Adding pip …", "Fetching the installer …"),
    ]
    again = clone.run({**NOWHERE, **from_folder(registry, "PIP")})
    assert again.code == 0 and LISTED in again.out, again.said
    assert "Making .venv …" not in again.said and "Installing with pip 5 packages …" in again.said


@pytest.mark.slow
def test_settings_that_lead_out_of_an_environment_do_not_matter(
    clone: Clone, registry: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "pip.conf"
    settings.write_text("[install]\nuser = true\n", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    shell = {
        **{"PIP_CONFIG_FILE": str(settings), "PIP_USER": "1", "PIP_TARGET": str(elsewhere)},
        **{"UV_SYSTEM_PYTHON": "1", "UV_TARGET": str(elsewhere)},
    }
    done = clone.run({**shell, **from_folder(registry)})
    assert done.code == 0 and LISTED in done.out, done.said
    assert not elsewhere.exists()


def test_interrupted_while_it_fetches_it_goes_on_the_next_time(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stopped = clone.start({"PIP_INDEX_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/"})
        asked, _ = silent.accept()
        with asked:
            stopped.process.send_signal(signal.SIGINT)
            assert stopped.code == 2
    assert stopped.said[-1] == "Stopped. Run the same command again to go on."
    again = clone.start(NOWHERE)
    again.wait_for("Fetching the installer")
    assert again.said[-2:] == [stopped.said[0], "Fetching the installer …"]
    assert again.code == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_ends_all_of_it(clone: Clone, how: signal.Signals) -> None:
    """A process that went on alone would write during the next try. A closed terminal sends SIGHUP."""
    stopped = clone.start(NOWHERE)
    stopped.wait_for("Adding pip")
    until = time.monotonic() + PATIENCE
    family: list[psutil.Process] = []
    while len(family) < 2:  # ensurepip, and the pip that it runs
        assert time.monotonic() < until and stopped.process.poll() is None
        family = psutil.Process(stopped.process.pid).children(recursive=True)
    stopped.process.send_signal(how)
    assert stopped.code == 2
    assert stopped.said[-1] == "Stopped. Run the same command again to go on."
    until = time.monotonic() + 2  # pip alone takes longer than this to end by itself, and has only begun
    while any(map(lives, family)):
        assert time.monotonic() < until
