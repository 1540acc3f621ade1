"""Markers, recorded arrows and words of the checker are found where they are, and nowhere in honest work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbook.course.steps import all_steps
from workbook.flow.stored import stored
from workbook.grading.traces import traces_in
from workbook.grading.works import WorkFile

from .eyes import changed, done, remarks, rights
from .making import STEP, Files, solution, starter

ZERO = "00_what_oauth_is"
APP = f"{STEP}/app.py"
MARKERS = "Markers that only the solution has were left in"


def found_in(text: str, place: str = "app.py", step: str = STEP) -> list[str]:
    """What was found in a file, each with its lines."""
    return [
        " ".join((trace.says, *map(str, trace.lines)))
        for trace in traces_in(WorkFile(step, place, text.encode()))
    ]


def traces_of(files: Files) -> list[str]:
    """The traces in files of any steps."""
    found = []
    for name, content in files.items():
        step, _, place = name.partition("/")
        data = content if isinstance(content, bytes) else content.encode()
        file = WorkFile(step, place, data)
        found += [f"{trace.says}: {trace.at(file)}" for trace in traces_in(file)]
    return found


# Nothing in honest work.


@pytest.mark.parametrize("step", [step.name for step in all_steps()])
def test_none_in_starters_and_solutions(step: str) -> None:
    assert traces_of(starter(step)) == []
    assert traces_of({name: content + b"\n" for name, content in starter(step).items()}) == []
    assert traces_of(done(step)) == []
    assert {trace.partition(":")[0] for trace in traces_of(solution(step))} == {MARKERS}


def test_none_in_right_submissions() -> None:
    assert len(rights()) >= 30
    assert {patch.file.name: found for patch in rights() if (found := traces_of(changed(patch)))} == {}


# Markers.


def test_markers(tmp_path: Path) -> None:
    found = remarks(tmp_path, {"anna": solution(), "bert": starter()})
    assert (
        f"{MARKERS}: {APP}, lines 22, 23, 34, 44, …; {STEP}/templates/welcome.html, lines 4, 5, 8."
        in found["anna"]
    )
    assert found["bert"] == ""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1\n# exercise 1.1: register Twitter as a remote app\n", "2"),
        ("    # end 1.1\n", "1"),
        ("# stub: twitter = None\n", "1"),
        ("#exercise 1.1: register Twitter as a remote app  \n\n# end 1.1", "1 3"),
        ("# exercise 1.1: my own words for it\n", ""),
        ("# exercise 9.9: register Twitter as a remote app\n", ""),
        ("# Exercise 1.1\n# TODO 1.1: register Twitter as a remote app\n", ""),
        ("x = 1  # end 1.1\n# the end 1.1 times\n", ""),
        ("# end 1.1 of the first part\n", ""),
    ],
)
def test_what_is_a_marker(text: str, lines: str) -> None:
    assert found_in(text) == ([f"{MARKERS} {lines}"] if lines else [])


def test_markers_in_other_languages() -> None:
    page = "<p>\n  {# end 1.6 #}\n"
    assert found_in(page, "templates/welcome.html") == [f"{MARKERS} 2"]
    assert found_in("%% end 0.1\n", "diagram.mmd", ZERO) == [f"{MARKERS} 1"]
    assert found_in("-- end 4.6\n", "ways_in.sql", "04_users_in_a_database") == [f"{MARKERS} 1"]


# Diagrams.


def test_recorded_arrows(tmp_path: Path) -> None:
    recorded = stored(f"{ZERO}.sign_in")
    other_names = re.sub(r"\bapp(?=-|:| as)", "a", recorded).replace("browser", "b")
    assert "participant a as Your app" in other_names and "b->>a: GET /login" in other_names
    drawn = {
        "anna": recorded,
        "bert": f"%% mine\n{other_names}",
        "cleo": done(ZERO)[f"{ZERO}/diagram.mmd"],
        "dora": stored(f"{ZERO}.refusal"),
    }
    found = remarks(tmp_path, {name: {f"{ZERO}/diagram.mmd": text} for name, text in drawn.items()})
    for name, flow in (("anna", "sign_in"), ("bert", "sign_in"), ("dora", "refusal")):
        says = f"arrows have the very words of the recorded diagram diagrams/{ZERO}.{flow}.mmd: "
        assert says + f"{ZERO}/diagram.mmd." in found[name]
    assert "recorded" not in found["cleo"]


# Words.

WORDS = {
    "open('/proc/self/environ')": '"/proc" reaches',
    "import ctypes": '"ctypes" calls',
    "from ctypes import CDLL": '"ctypes" calls',
    "libc.ptrace(0, 0, 0, 0)": '"ptrace"',
    "os.pidfd_open(1)": '"pidfd_o"',
    "os.kill(os.getppid(), 9)": '"getppid"',
    "os.killpg(1, 9)": '"os.killpg"',
    "subprocess.run(['ls'])": '"subprocess"',
    "os.system('ls')": '"os.system"',
    "os.fork()": '"os.fork"',
    "os.execv('a', [])": '"os.execv"',
    "os.dup2(1, 2)": '"os.dup2"',
    "s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)": '"so_reuseport"',
    "socket.socket(socket.AF_UNIX)": '"af_unix"',
    "open('/dev/shm/x')": '"/dev/shm"',
    "import pytest": '"pytest"',
    "import _pytest.runner": '"_pytest"',
    "os.environ['PYTEST_CURRENT_TEST']": '"pytest_current_test"',
    "open('tests/steps/test_01_twitter_login.py')": '"tests/steps"',
    "open('../../solutions/01_twitter_login/app.py')": '"solutions/"',
    "root / 'solutions' / '01'": "\"'solutions'\"",
    "root / '.release' / 'answers.json'": '".release\'"',
    "def check_answer(*a): pass": '"check_answer"',
    "os.environ['WORKBOOK_IN']": '"workbook_in"',
    "import workbook": '"import workbook"',
    "from workbook import checks": '"from workbook"',
    "from workbook.lab.site import Site": '"workbook.lab"',
    "import workbook.compat, workbook.checks": '"workbook.checks"',
    "import_it('workbook.grading')": '"workbook.grading"',
    "if 'Firefox/140' in request.user_agent.string: pass": '"user_agent"',
    "if request.headers.get('User-Agent') == x: pass": '"request.headers.get(\'user-agent"',
    "ua = 'Gecko/20100101'": '"gecko/2"',
    "inspect.stack()": '"inspect.stack"',
    "sys._getframe(1)": '"_getframe"',
    "sys.modules['click']": '"sys.modules"',
    "gc.get_objects()": '"gc.get_o"',
    "exec(code)": '"exec("',
    "__import__('x')": '"__import__("',
    "importlib.import_module(x)": '"import_module"',
    "if name == 'Ada Okafor': pass": '"ada okafor" is a made-up user',
    "ids = {'10223847561029384'}": '"10223847561029384" is a made-up user',
    "if who == 'EveNovak': pass": '"evenovak" is a made-up user',
    "# -*- coding: rot13 -*-": "gives the file an encoding",
}


@pytest.mark.parametrize("line", WORDS)
def test_words(line: str) -> None:
    at = 2 if "coding" in line else 5
    found = found_in("\n" * (at - 1) + f"{line}\n")
    assert any(WORDS[line] in one and one.endswith(f" {at}") for one in found), found
    assert found_in(f"# {line}\n") if "coding" not in line else True, "in a comment, too"


HONEST = [
    "import workbook.compat",
    "from workbook import compat",
    "# the workbook. It asks for more",
    "# https://example.org/flask-oauth-workbook/issues",
    "process = '/process'",
    "headers = {'User-Agent': 'my app', 'Accept': 'application/json'}",
    "requests.get(url, headers={'User-Agent': 'my app'})",
    "pattern = re.compile('x')",
    "db.session.execute(query)",
    "cursor.exec(query)",
    "model.eval()",
    "solution = 1  # my solutions",
    "os.environ.get('SECRET_KEY')",
    "def test_login(): pass",
    "# -*- coding: utf-8 -*-",
    "# coding: latin-1",
    "radar = 'adamant'",
    "shop = 'bo@example.organic'",
    "socket.timeout",
]


@pytest.mark.parametrize("line", HONEST)
def test_honest_lines(line: str) -> None:
    assert found_in(f"{line}\n") == []


def test_a_user_whom_the_chapter_names_is_no_trace() -> None:
    line = "user = User(name='Ada Okafor')\n"
    assert found_in(line) and found_in(line, "app.py", "04_users_in_a_database") == []


def test_a_word_of_the_starter_is_no_trace() -> None:
    line = "import importlib\n"
    assert found_in(line) and found_in(line, "app/providers/__init__.py", "06_google_and_github") == []


def test_own_tests_may_name_pytest() -> None:
    text = "import pytest\nimport app\n"
    assert found_in(text, "test_app.py") == [] and found_in(text, "tests/test_more.py") == []
    assert found_in(text, "attest.py") and found_in(text + "import ctypes\n", "test_app.py")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("conftest.py", "belongs to the program that runs the checks"),
        ("app/conftest.py", "belongs to the program that runs the checks"),
        ("click.py", "has the name of a library"),
        ("flask/__init__.py", "has the name of a library"),
        ("workbook/compat.py", "has the name of the workbook"),
        ("sitecustomize.py", "is run by Python before the app"),
        ("x.pth", "can be run by Python before the app"),
        ("more.py", ""),
        ("app/flask.py", ""),
        ("templates/click.html", ""),
    ],
)
def test_planted_files(place: str, why: str) -> None:
    found = found_in("x = 1\n", place)
    assert (len(found) == 1 and why in found[0]) if why else found == []


def test_a_word_in_many_files_and_lines_is_one_line(tmp_path: Path) -> None:
    text = "import ctypes\n" * 9
    files = {f"{STEP}/{name}.py": text + f"# {name}\n" for name in "abcdef"}
    (line,) = remarks(tmp_path, {"anna": files})["anna"].splitlines()
    assert line.count("lines 1, 2, 3, 4, …") == 4 and line.endswith("; 2 more files.")


def test_a_file_that_is_too_long_is_named() -> None:
    text = "x = 1\n" * 200_000 + "import ctypes\n"
    assert found_in(text) == ["Only the first 1024 kB of a large file were looked at"]
    assert any("ctypes" in one for one in found_in("import ctypes\n" + text))


def test_pictures_are_not_looked_at() -> None:
    assert found_in("import ctypes", "static/logo.png") == []
