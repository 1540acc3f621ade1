"""Attacks that want marks for work that is not done."""

from __future__ import annotations

from pathlib import Path

from workbook.course.places import ROOT, SOLUTIONS

from . import AS_THE_STARTER, FAILS, FIRST, Attack

# Writes a text to every descriptor that the app has.
_SAY = r"""
import os
def say(*lines):
    for number in range(3, 300):
        for line in lines:
            try:
                os.write(number, line.encode() + b"\n")
            except OSError:
                break
"""


def _onto_starter(tries: str, code: str, **more: object) -> Attack:
    return Attack(tries, before=code, expects=AS_THE_STARTER, onto_starter=True, **more)  # type: ignore[arg-type]


def _run_solution(call: str) -> str:
    return f"""
import os, pathlib, runpy, sys
for place in ({str(SOLUTIONS / FIRST)!r}, {str(ROOT / "solutions")!r}, "../../solutions"):
    try:
        {call}
    except BaseException as error:
        print(error)
"""


FORGERIES = {
    "imports the solution": _onto_starter(
        "the solution's app is loaded instead of one's own",
        _run_solution(
            f'sys.path.insert(0, str(place)); solved = runpy.run_path(f"{{place}}/app.py"); '
            f"sys.modules[__name__].__dict__.update(solved) # {FIRST}"
        ),
    ),
    "copies the solution": _onto_starter(
        "the solution is copied over one's own files",
        _run_solution('__import__("shutil").copytree(place, ".", dirs_exist_ok=True)'),
    ),
    "executes the solution": _onto_starter(
        "the solution is served by a process of its own, on a port that is reported as one's own",
        _SAY
        + f"""
import subprocess, sys
try:
    subprocess.Popen([sys.executable, "-m", "flask", "run", "-p", "5999"], cwd="/",
        env={{**os.environ, "FLASK_APP": {str(SOLUTIONS / FIRST / "app.py")!r}}})
except OSError:
    pass
say('{{"event": "ready", "port": 5999}}')
""",
    ),
    "a link to the solution": Attack(
        "the step's folder, and the app, are links to the solution",
        expects=AS_THE_STARTER,
        onto_starter=True,
        arrange=lambda place: _links(place),
    ),
    "reads the tests": _onto_starter(
        "the answers are read out of the tests",
        f"""
import pathlib
tests = list(pathlib.Path({str(ROOT)!r}).glob("tests/**/*.py")) + list(pathlib.Path("/").glob("*/*/tests/steps/*.py"))
if tests:
    raise SystemExit(f"WORKED: {{tests}}")
""",
    ),
    "writes verdicts": _onto_starter(
        "verdicts and the end of the checks are written to every descriptor, and to those of other processes",
        _SAY
        + """
lines = ['{"event": "verdict", "verdict": {"id": "1.%d", "title": "", "points": 9, "passed": true, "waits_for": null, '
    '"message": "", "seconds": 0}}' % n for n in range(1, 9)] + ['{"event": "done", "exercises": []}',
    '{"event": "done", "told": null, "ended": "", "left_behind": 0}', "1000 of 1000"]
say(*lines)
for process in range(1, 40):
    for number in range(40):
        try:
            with open(f"/proc/{process}/fd/{number}", "w") as other:
                other.write("\\n".join(lines))
        except OSError:
            pass
""",
    ),
    "plants modules": _onto_starter(
        "a conftest.py, a .pth file, a sitecustomize.py and a click.py of one's own are loaded by the checks",
        "",
        more=dict.fromkeys(
            ("conftest.py", "click.py", "sitecustomize.py", "pytest.py", "planted.pth", "workbook.py"),
            "import os\nos._exit(0)\n",
        ),
    ),
    "rewrites the workbook": _onto_starter(
        "the files of the workbook, of Python and of the libraries are changed",
        """
import flask, os, pathlib, workbook.lab.serve
for module in (flask, os, pathlib, workbook.lab.serve, workbook):
    file = module.__file__
    for change in (lambda: open(file, "a"), lambda: os.unlink(file), lambda: os.rename(file, file + "x"),
                   lambda: os.chmod(file, 0o777), lambda: os.utime(file), lambda: os.truncate(file, 0)):
        try:
            change()
        except OSError:
            pass
        else:
            raise SystemExit(f"WORKED: {file} was changed")
""",
    ),
    "a copy from diagrams": Attack(
        "a recorded diagram is handed in as one's own work, by a link",
        expects=AS_THE_STARTER,
        onto_starter=True,
        more={"diagram.mmd": ROOT / "diagrams" / "00_sign_in.mmd", "more": ROOT / "diagrams"},
    ),
    "reports of odd form": Attack(
        "reports with no, odd or wrong fields mislead the lab",
        before=_SAY
        + r"""
say("[]", "null", "7", '"x"', "{}", '{"event": []}', '{"event": {"a": 1}}', '{"event": "ready"}',
    '{"event": "ready", "port": "x"}', '{"event": "ready", "port": true}', '{"event": "write"}',
    '{"event": "error"}', '{"event": "error", "error": {"a": []}, "traceback": 7}', '{"event": "message"}',
    '{"event": "message", "message": 3}', '{"event": "done"}', '{"event": "done", "told": [[[]]]}', "")
""",
        expects=FAILS,
    ),
    "a port that is none": Attack(
        "a reported port that no socket can have",
        before=_SAY + '\nsay(\'{"event": "ready", "port": 99999999}\')',
        expects=FAILS,
    ),
    "a report of 100 MB": Attack(
        "a report without an end fills the memory of the process that checks",
        before=_SAY
        + """
part = b"x" * (1 << 20)
for number in range(3, 300):
    try:
        for _ in range(100):
            rest = part
            while rest:
                rest = rest[os.write(number, rest):]
    except OSError:
        pass
""",
        expects=FAILS,
    ),
    "deep reports": Attack(
        "a report of a million brackets",
        before=_SAY + '\nsay("[" * 1_000_000, "{\\"a\\":" * 300_000, "1" * 1_000_000)',
        expects=FAILS,
    ),
    "said to have failed": Attack(
        "text for a terminal, and halves of characters, reach the teacher",
        before=_SAY
        + r"""
say('{"event": "failed", "error": "\\ud800 \\u001b]0;owned\\u0007", "traceback": "\\udfff\\u0000\\u009b31m"}')
os._exit(0)
""",
        expects=FAILS,
    ),
}


def _links(place: Path) -> None:
    """The app is a link to the solution's, and so is a whole step folder."""
    solution = SOLUTIONS / place.name
    (place / "solved.py").symlink_to(solution / "app.py")
    (place / "chapters").symlink_to(SOLUTIONS)
    (place.parent / SOLUTIONS.name).symlink_to(SOLUTIONS)
