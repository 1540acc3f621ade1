"""Equal files are named, however they are disguised, and honest students are not."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import tokenize
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbook.course.places import ROOT
from workbook.course.steps import all_steps
from workbook.grading.given import given, own_size
from workbook.grading.likeness import OWN
from workbook.grading.normal_form import form_of
from workbook.grading.remarks import remarks_on

from .eyes import changed, class_of, done, remarks, rights
from .making import STEP, Files, starter, written

APP = f"{STEP}/app.py"
EIGHT = "08_the_account_page"
DOES_NOT_PARSE = "\ndef half(\n"


def own_app(name: str = "plain-requests-oauthlib") -> str:
    """An app of step 01 that works, and is not the solution's."""
    (patch,) = (one for one in rights() if one.step == STEP and one.file.stem == name)
    return changed(patch)[APP].decode()


def same_form(one: str, other: str, suffix: str = ".py") -> bool:
    return form_of(one.encode(), suffix) == form_of(other.encode(), suffix)


# Disguises: the text of an app, changed so that it does the same.


def renamed(text: str) -> str:
    """With a new name for everything that the app itself names, also where a view is named in a value."""
    tree = ast.parse(text)
    views = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    own = views | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    # In a call `name=` is not the app's; before Python 3.12 a name within an f-string is no token.
    kept = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            kept |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    new = {name: f"{name[::-1]}_2" for name in own - kept}
    assert len(new) > 3
    tokens: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if token.type == tokenize.NAME and (not tokens or tokens[-1][1] != "."):
            word = new.get(word, word)
        elif token.type == tokenize.STRING and word[1:-1] in views & new.keys():
            word = f'"{new[word[1:-1]]}"'
        tokens.append((token.type, word))
    found = str(tokenize.untokenize(tokens))
    assert all(name in found for name in new.values())
    return found


def moved(text: str) -> str:
    """With the functions in reverse order, and the imports in another."""
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    rest = [node for node in tree.body if node not in functions and node not in imports]
    return ast.unparse(ast.Module([*reversed(imports), *rest, *reversed(functions)], []))


def explained(text: str) -> str:
    """With comments, docstrings and types."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body.insert(0, ast.Expr(ast.Constant("My own work.")))
            node.returns = ast.Name("str")
    lines = ast.unparse(ast.fix_missing_locations(tree)).splitlines()
    return "\n".join(f"# my comment\n{line}" if not line.startswith(" ") else line for line in lines)


def on_windows(text: str) -> str:
    return "\ufeff" + text.replace("\n", "\r\n").replace("    ", "\t")


def all_of_it(text: str) -> str:
    return on_windows(explained(moved(renamed(text))))


DISGUISES = [str, renamed, moved, explained, on_windows, all_of_it]


@pytest.mark.parametrize("disguise", DISGUISES)
def test_equal_to_another(disguise: Callable[[str], str], tmp_path: Path) -> None:
    text = own_app()
    found = remarks(
        tmp_path,
        {
            "anna": {**starter(), APP: text},
            "bert": {**starter(), APP: disguise(text)},
            "cleo": {**starter(), APP: own_app("authlib-in-a-factory")},
        },
    )
    why = "apart from names, comments, layout and order."
    assert found["anna"] == f"{APP} is equal to bert's, {why}"
    assert found["bert"] == f"{APP} is equal to anna's, {why}" and found["cleo"] == ""


@pytest.mark.parametrize("disguise", DISGUISES)
def test_equal_to_the_solution(disguise: Callable[[str], str], tmp_path: Path) -> None:
    text = done(STEP)[APP].decode()
    found = remarks(tmp_path, {"anna": {**starter(), APP: disguise(text)}, "bert": starter()})
    assert f"{APP} is equal to the solution's, apart" in found["anna"] and found["bert"] == ""


def test_a_file_under_another_name(tmp_path: Path) -> None:
    text = own_app()
    found = remarks(tmp_path, {"anna": {APP: text}, "bert": {f"{STEP}/site/main.py": renamed(text)}})
    assert f"{APP} is equal to bert's" in found["anna"]
    assert f"{STEP}/site/main.py is equal to anna's" in found["bert"]


SAME = {
    "names": ("def f(a):\n    b = a + 1\n    return b\n", "def g(x):\n    y = x + 1\n    return y\n"),
    "an alias": ("import numpy as np\nnp.sum(1)\n", "import numpy as n\nn.sum(1)\n"),
    "an imported alias": ("from a import b as c\nc(1)\n", "from a import b\nb(1)\n"),
    "a module of the app": (
        "from . import people\npeople.find(1)\n",
        "from . import users\nusers.get_one(1)\n",
    ),
    "members of a class": (
        "class A:\n    x = C(1)\n    def f(self):\n        return self.x\n",
        "class B:\n    def g(me):\n        return me.y\n    y = C(1)\n",
    ),
    "a caught error": (
        "try:\n    f()\nexcept E as e:\n    g(e)\n",
        "try:\n    f()\nexcept E as x:\n    g(x)\n",
    ),
    "a view's name": (
        "@bp.route('/')\ndef f():\n    return url_for('pages.f')\n",
        "@bp.route('/')\ndef g():\n    return url_for('pages.g')\n",
    ),
    "quotes and brackets": ("x = ('a' 'b')\n", 'x = "ab"\n'),
}
DIFFERENT = {
    "an attribute": ("session.get('a')\n", "session.pop('a')\n"),
    "a library's function": ("from a import b\nb(1)\n", "from a import c\nc(1)\n"),
    "a value": ("x = 'denied'\n", "x = 'refused'\n"),
    "a number": ("x = 1\n", "x = 2\n"),
    "an operator": ("if a == b:\n    f()\n", "if a != b:\n    f()\n"),
    "the order in a function": ("def f():\n    a()\n    b()\n", "def f():\n    b()\n    a()\n"),
    "the use of a name": ("def f(a, b):\n    return a - b\n", "def f(a, b):\n    return b - a\n"),
    "a condition that is gone": ("def f(a):\n    if a:\n        g()\n", "def f(a):\n    g()\n"),
    "a decorator": ("@login_required\ndef f():\n    g()\n", "def f():\n    g()\n"),
    "an argument's name": ("f(key=1)\n", "f(secret=1)\n"),
    "a column's type": ("class A:\n    x: M[int] = c()\n", "class A:\n    x: M[str] = c()\n"),
    "where an else belongs": (
        "if a:\n    if b:\n        f()\n    else:\n        g()\n",
        "if a:\n    if b:\n        f()\nelse:\n    g()\n",
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_one_text(pair: tuple[str, str]) -> None:
    assert same_form(*pair)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_two_texts(pair: tuple[str, str]) -> None:
    assert not same_form(*pair)


@pytest.mark.parametrize(
    ("suffix", "one", "other"),
    [
        (".html", "<p>{{ a }}</p>\n", "<p>\n  {# mine #}{{ a }}<!-- x -->\n</p>"),
        (".toml", 'a = "b"\n', '# mine\na="b"'),
        (".sql", "SELECT a\n", "-- mine\nSELECT   a /* and yours */"),
        (".mmd", "a->>b: c\n", "%% mine\na ->> b: c"),
        (".css", "p { a: b }", "/* mine */ p{a:b}"),
    ],
)
def test_other_files(suffix: str, one: str, other: str) -> None:
    assert same_form(one, other, suffix) and not same_form(one, other.replace("a", "aa"), suffix)


def test_files_that_do_not_parse(tmp_path: Path) -> None:
    """They are compared by their tokens, and by the text after the last one."""
    text = own_app() + DOES_NOT_PARSE
    found = remarks(
        tmp_path,
        {"anna": {APP: text}, "bert": {APP: renamed(own_app()) + DOES_NOT_PARSE}, "cleo": {APP: f"{text}x"}},
    )
    assert "equal to bert's" in found["anna"] and "equal to anna's" in found["bert"] and not found["cleo"]


def test_text_that_does_not_parse() -> None:
    assert same_form("def (\n    a.b\n", "def (  # mine\n\n  a . b\n")
    assert not same_form("def (\na.b\n", "def (\na.c\n")
    rest = "x = 1\ny = '''one\n"
    assert not same_form(rest, rest.replace("one", "two")), "what comes after the last token counts, too"


# Honest students.


def test_the_starter_is_no_finding(tmp_path: Path) -> None:
    step = {**starter(), **starter(EIGHT)}
    commented = {
        name: explained(text.decode()) if name.endswith(".py") else text for name, text in step.items()
    }
    assert not any(remarks(tmp_path, {"anna": step, "bert": step, "cleo": commented}).values())


def test_right_submissions_are_not_like_each_other(tmp_path: Path) -> None:
    """Each right submission of each step is a student, with the starter for the files that it has as the solution."""
    students: dict[str, Files] = {}
    for patch in rights():
        students[f"{patch.step[:2]}-{patch.file.stem}"] = {**starter(patch.step), **changed(patch)}
    found = remarks(tmp_path, students)
    assert len(found) >= 30
    assert {name: said for name, said in found.items() if "equal to" in said} == {}


def test_what_the_hints_say_is_no_finding(tmp_path: Path) -> None:
    """Two students have written the same button, and the same columns."""
    step, small = "05_one_user_many_identities", {}
    for name in ("app/templates/account.html",):
        small[f"{step}/{name}"] = done(step)[f"{step}/{name}"]
        assert 0 < own_size(small[f"{step}/{name}"], ".html", step) < OWN
    found = remarks(tmp_path, {"anna": {**starter(step), **small}, "bert": {**starter(step), **small}})
    assert found == {"anna": "", "bert": ""}


def test_many_small_files_together_are_a_finding(tmp_path: Path) -> None:
    step = "05_one_user_many_identities"
    names = [f"{step}/app/{name}" for name in ("auth.py", "models.py", "pages.py", "templates/account.html")]
    sizes = [own_size(done(step)[name], Path(name).suffix, step) for name in names]
    assert all(size < OWN for size in sizes) and sum(sizes) >= OWN
    some = {name: done(step)[name] for name in names}
    found = remarks(tmp_path, {"anna": {**starter(step), **some}, "bert": starter(step)})
    assert found["anna"].startswith(f"{', '.join(names[:3])} and {names[3]} are equal to the solution's")


@pytest.mark.parametrize("step", [step.name for step in all_steps()])
def test_the_solution_of_every_step_has_enough_of_its_own(step: str, tmp_path: Path) -> None:
    found = remarks(tmp_path, {"anna": done(step)})
    assert "equal to the solution's" in found["anna"], "a solution that is handed in would not be named"
    assert all(form not in given(step).forms for form in given(step).solution)


# Many students.


def test_a_group_is_named_once(tmp_path: Path) -> None:
    text = own_app()
    found = remarks(tmp_path, {f"student {number:02}": {APP: text} for number in range(12)})
    assert all(line.count("\n") == 0 for line in found.values())
    assert all("and 6 other students'," in line and line.count("student ") == 5 for line in found.values())
    assert all(f"{name}'s" not in line for name, line in found.items())


def test_files_with_the_same_others_are_one_line(tmp_path: Path) -> None:
    work = {**done(STEP), **done("02_inside_the_session"), **done(EIGHT)}
    (line,) = remarks(tmp_path, {"anna": work, "bert": work})["anna"].splitlines()
    assert "more files are equal to the solution's and bert's" in line


def test_two_students_of_one_name(tmp_path: Path) -> None:
    found = class_of(tmp_path, {name: {APP: own_app()} for name in ("anna", "bert", "cleo")})
    anna, bert, cleo = (
        replace(one, student="Kim" if one.student != "cleo" else "Cleo") for one in found.submissions
    )
    said = remarks_on([anna, bert, cleo])
    assert f"Kim ({anna.key})'s and Kim ({bert.key})'s" in said[cleo.key][0] and "Cleo's" in said[anna.key][0]


def test_nothing_is_run_and_no_link_is_followed(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    trap = f"open({str(ran)!r}, 'w')\n"
    found = class_of(tmp_path, {"anna": {APP: own_app() + trap}, "bert": {APP: own_app()}})
    anna, bert = found.submissions
    (bert.folder / APP).unlink()
    (bert.folder / APP).symlink_to(anna.folder / APP)
    assert "equal to" not in str(remarks_on([anna, bert])) and not ran.exists()


def test_one_who_handed_nothing_in(tmp_path: Path) -> None:
    assert remarks(tmp_path, {"anna": {}, "bert": {"notes.txt": "sorry"}}) == {"anna": "", "bert": ""}


# Bombs.

MEGABYTE = 1024 * 1024
BOMBS: dict[str, Callable[[], bytes]] = {
    "brackets": lambda: b"(" * 100_000,
    "lists": lambda: b"x = " + b"[" * 90 + b"]" * 90 + b"\n" + b"x = [" * 20_000,
    "signs": lambda: b"x = " + b"-" * 200_000 + b"1\n",
    "nots": lambda: b"x = " + b"not " * 50_000 + b"1\n",
    "dots": lambda: b"x = a" + b".a" * 100_000 + b"\n",
    "sums": lambda: b"x = " + b"1 + " * 60_000 + b"1\n",
    "elifs": lambda: b"if a:\n    b()\n" + b"elif a:\n    b()\n" * 12_000,
    "folders in folders": lambda: b"".join(b" " * n + b"if a:\n" for n in range(500)),
    "a NUL": lambda: b"x = 1\0\n",
    "a huge number": lambda: b"x = 0x" + b"f" * 200_000 + b"\n" + b"y = " + b"9" * 50_000,
    "no UTF-8": lambda: bytes(range(256)) * 100,
    "another encoding": lambda: b"# coding: punycode\n" + b"a-" * 50_000,
    "half a string": lambda: b'x = """' + b"'\n" * 100_000,
    "line ends": lambda: b"x = \\\n" * 40_000,
    "10 MB of code": lambda: b"x = 1\n" * (10 * MEGABYTE // 6),
    "10 MB of spaces": lambda: b" " * (10 * MEGABYTE),
    "10 MB of one line": lambda: b"# exercise 1.1: " + b"a " * (5 * MEGABYTE - 8),
    "comments without end": lambda: b"{#" * MEGABYTE + b"<!--" * MEGABYTE,
    "words without end": lambda: b"request.headers os. sys. workbook " * 30_000,
    "spaces without end": lambda: b"# exercise 1.1: x" + b" " * MEGABYTE + b"y\n",
    "a deep table": lambda: b"[" + b"a." * 30_000 + b"a]\n",
    "deep TOML": lambda: b"access_token = " + b"[" * 60_000,
}
_LOOKS = """
import sys, pathlib
from workbook.grading.remarks import remarks_on
from workbook.grading.submissions import Submission
for place in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(place.name, flush=True)
    steps = tuple(step.name for step in place.iterdir())
    two = [Submission(name, name.lower(), place, steps, (), "", "") for name in ("Anna", "Bert")]
    print(*remarks_on(two).get("anna", ()), sep="\\n", flush=True)
"""


def looked_at(folder: Path, root: Path = ROOT) -> str:
    """What a process of its own says of each submission in a folder, handed in twice: the parser could end it."""
    command = [sys.executable, "-c", _LOOKS, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    looked = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300
    )
    assert looked.returncode == 0 and looked.stderr == "", f"{looked.stdout[-500:]}\n{looked.stderr[-1000:]}"
    return looked.stdout


@pytest.mark.slow
def test_bombs_end(tmp_path: Path) -> None:
    zero = "00_what_oauth_is"
    names = [f"{STEP}/app.py", f"{STEP}/a.html", f"{zero}/answers.toml", f"{zero}/diagram.mmd"]
    for bomb, content in BOMBS.items():
        written(tmp_path / bomb, dict.fromkeys(names, content()))
    said = looked_at(tmp_path)
    assert [line for line in said.splitlines() if line in BOMBS] == sorted(BOMBS)


def test_in_a_students_copy(students_copy: Path, tmp_path: Path) -> None:
    """There are no solutions to compare with, but other students; and the starters are known."""
    written(tmp_path / "1 starter", starter())
    written(tmp_path / "2 done", done(STEP))
    answers = 'access_token = "b"\nclient = "a"\ncode = "a"\nstate = "a"\nlogged_out = "c"\n'
    written(tmp_path / "3 answers", {"00_what_oauth_is/answers.toml": answers})
    said = looked_at(tmp_path, students_copy).splitlines()
    assert (
        said[:3] == ["1 starter", "", "2 done"]
        and f"{STEP}/app.py" in said[3]
        and "equal to Bert's" in said[3]
    )
    assert said[4] == "3 answers" and 'the 2 wrong answers (client = "a", code = "a")' in said[5]
