"""The command line from outside: exit codes, one line for an error, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.course.places import SOLUTIONS
from workbook.course.starters import write_starter

from ..web.starting import fresh_copy

COMMANDS = (
    "start",
    "check",
    "hint",
    "list",
    "diagram",
    "notebook",
    "reset",
    "bring",
    "providers",
    "attack",
    "hand-in",
    "grade",
    "release",
    "build",
    "test",
)
STEP = "01_twitter_login"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workbook, in which the commands save their progress."""
    return fresh_copy(tmp_path_factory.mktemp("cli"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of step folders, with the starter of step 01 in it."""
    write_starter(SOLUTIONS / STEP, tmp_path / "work" / STEP)
    return tmp_path / "work"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def run(
    clone: Path, *arguments: str | Path, stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m workbook`; its output never has a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "workbook", *map(str, arguments)],
        cwd=clone,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **settings},
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("check 77", "77"),
        ("check no_such_step", "no_such_step"),
        ("check 1.99", "1.99"),
        ("check 1.", "1."),
        ("check .", "There is no step "),
        ("check 01 1.99", "1.99"),
        ("check --in nowhere", "There is no folder 'nowhere'"),
        ("check --in README.md", "There is no folder 'README.md'"),
        ("check 01 --json --watch", "--watch and --json do not go together"),
        ("check --no-such-option", "No such option"),
        ("hint 1.99", "1.99"),
        ("hint 01", "01"),
        ("list 77", "77"),
        ("diagram", "Missing argument 'STEP'"),
        ("diagram 77", "77"),
        ("diagram 01 --flow nothing", "has no flow 'nothing'. It has: "),
        ("diagram 01 --in nowhere", "There is no folder 'nowhere'"),
        ("reset", "Missing argument 'STEP'"),
        ("reset 77", "77"),
        ("reset ../tests", "../tests"),
        ("notebook 77", "77"),
        ("start 77 --no-browser", "77"),
        ("start 01 --in tests --no-browser", "There is no folder "),
        ("start --in tests --no-browser", "There is no step folder in "),
        ("start 01 --no-browser --port 70000", "70000"),
        ("start 01 --no-browser --port many", "many"),
        ("providers --provider-port -1", "-1"),
        ("providers --provider-port 0 --fault twitter", "PROVIDER.ENDPOINT=KIND"),
        ("providers --provider-port 0 --fault twitter.nowhere=silent", "nowhere"),
        ("providers --provider-port 0 --fault nobody.access_token=silent", "nobody"),
        ("providers --provider-port 0 --fault twitter.access_token=nonsense", "nonsense"),
        ("providers --provider-port 0 --callback /auth/callback", "'/auth/callback' is no absolute URL"),
        ("no-such-command", "No such command 'no-such-command'"),
        ("--no-such-option", "No such option"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(clone: Path, arguments: str, says: str) -> None:
    done = run(clone, *arguments.split())
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert says in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(clone: Path, command: str) -> None:
    done = run(clone, command, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith(f"Usage: python3 -m workbook {command} ")


def test_the_help_names_every_command(clone: Path) -> None:
    for done in (run(clone, "--help"), run(clone, "-h")):
        assert done.returncode == 0 and done.stderr == ""
        assert re.findall(r"^  ([\w-]+) ", done.stdout.partition("Commands:")[2], re.MULTILINE) == list(
            COMMANDS
        )


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("providers", "--provider-port"), "--provider-port"),
        (("start", "01", "--no-browser", "--provider-port", "0", "--port"), "--port"),
        (("start", "01", "--no-browser", "--port", "0", "--provider-port"), "--provider-port"),
    ],
    ids=["providers", "start, the app's", "start, the providers'"],
)
def test_a_port_that_is_taken(clone: Path, taken: int, arguments: tuple[str, ...], option: str) -> None:
    done = run(clone, *arguments, str(taken))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"Port {taken} is taken by another program")
    assert f"{option} {taken + 10}." in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "plain"])
@pytest.mark.parametrize("folder", ["an empty folder", "an empty step folder"])
def test_a_folder_without_an_app_is_an_exercise_not_passed(
    clone: Path, tmp_path: Path, folder: str, as_json: bool
) -> None:
    if folder == "an empty step folder":
        (tmp_path / STEP).mkdir()
    done = run(clone, "check", "1.1", "--in", tmp_path, *(["--json"] if as_json else []))
    assert done.returncode == 1 and done.stderr == ""
    assert "app.py" in done.stdout or STEP in done.stdout


@pytest.mark.parametrize(("place", "code"), [("solutions", 0), ("work", 1)])
def test_json_is_one_object_and_nothing_else(clone: Path, work: Path, place: str, code: int) -> None:
    done = run(clone, "check", "1.1", "--json", "--in", work if place == "work" else place)
    assert done.returncode == code and done.stderr == ""
    said = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert list(said) == ["steps", "passed", "failed"]
    assert (said["passed"], said["failed"]) == ((1, 0) if code == 0 else (0, 1))
    (step,) = said["steps"]
    assert list(step) == ["step", "exercises"] and step["step"] == STEP
    (exercise,) = step["exercises"]
    assert list(exercise) == ["id", "title", "points", "passed", "waits_for", "message", "seconds"]
    assert exercise["id"] == "1.1" and exercise["passed"] == (code == 0)
    assert bool(exercise["message"]) == (code == 1) and exercise["seconds"] >= 0


def test_an_app_that_writes_to_standard_output_does_not_disturb_the_json(clone: Path, work: Path) -> None:
    app = work / STEP / "app.py"
    app.write_text("import sys; print('{', flush=True); print('}', file=sys.stderr)\n" + app.read_text())
    done = run(clone, "check", "1.1", "--json", "--in", work)
    assert done.returncode == 1 and json.loads(done.stdout)["failed"] == 1 and done.stderr == ""


def test_without_a_terminal_a_check_is_plain_lines(clone: Path, work: Path) -> None:
    done = run(clone, "check", "01", "--in", work, COLUMNS="80")
    assert done.returncode == 1 and done.stderr == ""
    assert "\x1b" not in done.stdout and "\r" not in done.stdout
    assert "1.1" in done.stdout


def test_why_an_app_does_not_start_is_printed_once(clone: Path, work: Path) -> None:
    (work / "01_twitter_login" / "app.py").write_text("this is no Python\n", encoding="utf-8")
    said = run(clone, "check", "01", "--in", str(work)).stdout
    assert said.count("SyntaxError") == 1 and said.count("The reason is the one at 1.1.") == 6
    whole = json.loads(run(clone, "check", "01", "--json", "--in", str(work)).stdout)
    assert all("SyntaxError" in one["message"] for one in whole["steps"][0]["exercises"])


def test_a_diagram_that_cannot_be_written(clone: Path) -> None:
    """Not even root can write a folder below a file."""
    done = run(clone, "diagram", "01", "--in", "solutions", "--svg", "README.md/diagram")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("README.md/diagram cannot be written: ") and done.stderr.count("\n") == 1


def test_a_diagram_in_the_terminal_as_mermaid_and_as_svg(clone: Path, tmp_path: Path) -> None:
    file = tmp_path / "flow.svg"
    done = run(clone, "diagram", "01", "--in", "solutions", "--mermaid", "--svg", file)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("sequenceDiagram") and done.stdout.endswith(f"Wrote {file}.\n")
    assert file.read_text(encoding="utf-8").startswith("<svg")
    drawn = run(clone, "diagram", "01", "--in", "solutions", PYTHONIOENCODING="ascii")
    assert drawn.returncode == 0 and drawn.stdout.isascii() and "\x1b" not in drawn.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("arguments", [("list",), ("list", "01"), ("hint", "1.1"), ("hint",)], ids=" ".join)
def test_what_is_only_read_is_read_on_every_terminal(
    clone: Path, arguments: tuple[str, ...], encoding: str
) -> None:
    done = run(clone, *arguments, PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and done.stdout and "\x1b" not in done.stdout, done.stderr


@pytest.mark.parametrize("command", ["list", "check 00"])
def test_whoever_stops_reading_hears_no_complaint(clone: Path, command: str) -> None:
    """As in `python -m workbook list | head -1`."""
    with subprocess.Popen(
        [sys.executable, "-m", "workbook", *command.split()],
        cwd=clone,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.fixture
def students(tmp_path: Path) -> Path:
    """A folder with the work of three students: one has finished, one has not begun, and one has only a different
    step."""
    shutil.copytree(SOLUTIONS / STEP, tmp_path / "class" / "anna" / STEP)
    write_starter(SOLUTIONS / STEP, tmp_path / "class" / "ben" / STEP)
    shutil.copytree(
        SOLUTIONS / "02_inside_the_session", tmp_path / "class" / "carl" / "02_inside_the_session"
    )
    (tmp_path / "class" / "notes").mkdir()
    return tmp_path / "class"


def test_many_students_get_a_line_each_and_one_sum(clone: Path, students: Path) -> None:
    done = run(clone, "check", "01", "--in", students)
    assert done.returncode == 1 and done.stderr == ""
    anna, ben, whole, most = done.stdout.splitlines()
    assert "anna: 15 of 15 points" in anna and "open" not in anna
    assert "ben: 0 of 15 points, open: 1.1, 1.2" in ben
    assert whole == "1 of 2 students passed every exercise." and most == "Most often open: 1.1 (1)."


def test_students_can_be_named_one_by_one(clone: Path, students: Path) -> None:
    both = ["--in", students / "anna", "--in", students / "carl"]
    done = run(clone, "check", "1.4", *both, "--json")
    assert done.returncode == 1 and done.stderr == ""
    anna, carl = json.loads(done.stdout)["students"]
    assert Path(anna["folder"]) == students / "anna" and (anna["passed"], anna["failed"]) == (1, 0)
    assert "there is no folder" in carl["steps"][0]["exercises"][0]["message"]
    assert run(clone, "check", "1.4", *both, "--watch").returncode == 2


def test_test_runs_everything_unless_a_file_is_named(clone: Path) -> None:
    """An argument that is for pytest alone leaves nothing out."""
    everything = run(clone, "test", "--collect-only", "-q", "-n0").stdout
    assert "tests/test_compat.py" in everything and "notebooks/01_twitter_login.ipynb" in everything
    one = run(clone, "test", "--collect-only", "-q", "-n0", "tests/test_compat.py::test_no_such").stdout
    assert ".ipynb" not in one and "tests/lab" not in one


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of its own is POSIX")
@pytest.mark.parametrize(
    ("settings", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_only_where_they_are_wanted(
    clone: Path, work: Path, settings: dict[str, str], coloured: bool
) -> None:
    """At a terminal, by everything that is printed in colour: rich writes the verdicts, and click the rest."""
    import pty

    app = work / STEP / "app.py"
    app.write_text("this is no Python\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")
    }
    with subprocess.Popen(
        [sys.executable, "-m", "workbook", "check", "01", "--in", work],
        cwd=clone,
        env={**environment, "PYTHONPATH": str(clone), **settings},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # Linux ends the terminal of a process that has ended with an error
            pass
        assert process.wait() == 1
    os.close(ours)
    assert b"not passed" in said
    assert (b"\x1b[1;31m" in said) == coloured
    assert coloured or b"\x1b[3" not in said
