"""The tests that a change touches, and how near each is to it; read from the text of modules and notebooks.

A test uses the modules that it imports, and those that these import, and so on. Three more ways lead from one module to
another here, for tests and the processes that they start: a string that names a module (a job of the lab, a line of
code for another Python), the command `-m workbook`, and a fixture that a conftest or a plugin gives.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from .imports import imports, modules

# Types, lints and the house: these tests read the text of every module, and are quick.
OF_ALL_MODULES = "tests/test_house.py"
# The distance from a conftest, or a plugin of pytest, to a test that uses none of its fixtures, only its hooks.
_HOOKS_ONLY = 8
# The distance from a step to a test of something else that runs this step's app.
_NAMED = 3
# Names by which a test file goes through the steps, or through their folders.
_STEPS = {"all_steps", "find_step", "SOLUTIONS", "DIAGRAMS"}

# How near a test is: last come tests that exist once for each step; then the uses between count; then the part.
Rank = tuple[int, int, int]


class Reach:
    """The modules of the workbook and of its tests, the notebooks, and the uses between them.

    A module goes by its name, a notebook by its path.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps = sorted(
            folder.name for folder in (root / "solutions").glob("[0-9][0-9]_*") if folder.is_dir()
        )
        self.files = {**modules(root, "workbook"), **modules(root, "tests")}
        notebooks = {file.relative_to(root).as_posix(): file for file in (root / "notebooks").glob("*.ipynb")}
        self.files.update(sorted(notebooks.items()))
        self.paths = {name: file.relative_to(root).as_posix() for name, file in self.files.items()}
        self._nodes = {name: list(ast.walk(_tree(file))) for name, file in self.files.items()}
        self._strings = {name: set(_strings(nodes)) for name, nodes in self._nodes.items()}
        givers = {name for name in self.files if name.endswith(".conftest")} | self._plugins()
        self._gives = {name: set(_fixtures(self._nodes[name])) for name in sorted(givers)}
        self.used = {name: {*self._used(name), *self._given(name)} for name in self.files}

    def tests(self) -> dict[str, str]:
        """The files that pytest collects, by their paths."""
        return {
            self.paths[name]: name
            for name, file in self.files.items()
            if file.suffix == ".ipynb" or (name.startswith("tests.") and file.name.startswith("test_"))
        }

    def near(self, start: dict[str, int]) -> dict[str, int]:
        """The distance of each module from these, whose distances are given: one more for each use between them."""
        users: dict[str, set[str]] = {name: set() for name in self.files}
        for name, used in self.used.items():
            for one in used:
                users[one].add(name)
        found: dict[str, int] = {}
        waiting = deque(sorted(start.items(), key=lambda item: item[1]))
        while waiting:
            name, distance = waiting.popleft()
            if found.get(name, distance + 1) > distance:
                found[name] = distance
                waiting.extend((user, distance + 1) for user in users[name])
        for name in self._gives:
            if found.get(name) == 0:
                found = {**dict.fromkeys(self._below(name), _HOOKS_ONLY), **found}
        return found

    def owners(self, path: str) -> set[str]:
        """The modules that a file belongs to, if it is not a module itself.

        They are the modules of its package that name it, or all of them where none does. For a file in the root they
        are those that have `ROOT / "its name"`.
        """
        file = PurePosixPath(path)
        package = next((".".join(p.parts) for p in file.parents if ".".join(p.parts) in self.files), None)
        if package is None:
            return {name for name, nodes in self._nodes.items() if _reads_from_root(nodes, path)}
        inside = {name for name in self.files if name == package or name.startswith(f"{package}.")}
        return (inside & self.naming(path)) or {name for name in inside if name.rpartition(".")[0] == package}

    def naming(self, path: str) -> set[str]:
        """The modules with a string that is a file's name, or the end of its path."""
        file = PurePosixPath(path)
        return {name for name, found in self._strings.items() if any(_ends(file, text) for text in found)}

    def names(self, name: str, step: str) -> bool:
        """Whether a module's text names a step."""
        return any(step in text for text in self._strings[name])

    def steps_that_use(self, module: str) -> list[str]:
        """The steps whose apps import a module of the workbook."""
        return [
            step
            for step in self.steps
            if any(
                re.search(
                    rf"^\s*(import|from) {re.escape(module)}\b",
                    file.read_text(encoding="utf-8"),
                    re.MULTILINE,
                )
                for file in (self.root / "solutions" / step).rglob("*.py")
            )
        ]

    def goes_through_steps(self, name: str) -> bool:
        """Whether a test uses the list of the steps, or their folders, directly or by a helper."""
        helpers = {one for one in self.used[name] if one.startswith("tests.")} - self._gives.keys()
        return any(
            isinstance(node, ast.alias) and node.name in _STEPS
            for one in {name, *helpers}
            for node in self._nodes[one]
        )

    def _used(self, name: str) -> Iterator[str]:
        nodes = self._nodes[name]
        yield from imports(name, self.files[name], self.files, nodes).keys() & self.files.keys()
        for text in self._strings[name]:
            # "workbook.lab.serve:serve" is a job, and the name after "workbook.cli." is a command's module.
            module = text.partition(":")[0]
            if module.endswith(".") and module.count(".") > 1 and module[:-1] in self.files:
                yield from (one for one in self.files if one.rpartition(".")[0] == module[:-1])
            said = {module} if "." in module else set()
            if name.startswith("tests."):
                said.update(re.findall(r"\b(?:import|from) (workbook(?:\.\w+)+)", text))
            yield from (said & self.files.keys()) - {name}
        if _runs_the_workbook(nodes):
            yield "workbook.__main__"
        if any(isinstance(node, ast.Name) and node.id == "iter_modules" for node in nodes):
            # A registry imports each module of a package that it imports.
            packages = imports(name, self.files[name], self.files, nodes).keys() - {name.rpartition(".")[0]}
            yield from (one for one in self.files if one.rpartition(".")[0] in packages)

    def _plugins(self) -> set[str]:
        """The modules that pytest loads as plugins: `-p` in pyproject.toml."""
        settings = self.root / "pyproject.toml"
        text = settings.read_text(encoding="utf-8") if settings.exists() else ""
        return self.files.keys() & set(re.findall(r"-p ([\w.]+)", text))

    def _given(self, name: str) -> Iterator[str]:
        """The conftests and plugins whose fixtures the tests and fixtures of a module ask for."""
        wanted = set(_wanted(self._nodes[name]))
        for giver, fixtures in self._gives.items():
            if wanted & fixtures and giver != name and name in self._below(giver):
                yield giver

    def _below(self, giver: str) -> set[str]:
        """The modules that a conftest is for; a plugin is for all."""
        folder = f"{giver.rpartition('.')[0]}." if giver.endswith(".conftest") else "tests."
        return {name for name in self.files if name.startswith(folder)}


@dataclass(frozen=True)
class Touched:
    """The tests that a change touches, as plain data, so that another process can get them."""

    # Test files and notebooks: how near each is.
    near: dict[str, int]
    # Steps of which a file has changed; True for the app, the lesson or the checks, False for submissions only.
    steps: dict[str, bool]
    # Submissions that have changed, as in the tests' ids: "01-1.4-denial-ignored".
    patches: list[str]
    # Test files whose text names one of these steps.
    named: list[str]
    # The folders of tests/ that a changed part has.
    parts: list[str]
    # Every step of the course.
    course: list[str]
    # The files to collect, the nearest first.
    files: list[str]
    # The changed files for which no test is known.
    untested: list[str]

    def plain(self) -> dict[str, Any]:
        """The same as a dict: `Touched(**plain)`."""
        return asdict(self)

    def rank(self, test: str) -> Rank | None:
        """How near a test is, by its ID; None where the change does not touch it.

        Tests that exist once for each step (starters, submissions, notebooks) come last, if a different step has
        changed, because they are more than all the rest.
        """
        path = test.partition("::")[0]
        step = self._step_of(test)
        submission = re.search(r"\[(\d\d-[^\]]*)\]", test) if step else None
        last, found = 0, self.near.get(path)
        if submission and submission[1] in self.patches:
            found = 0
        elif step and self.steps.get(step):
            found = 2 if submission else 0 if step in path else 1
        elif step in self.steps and path.startswith("tests/submissions/") and not submission:
            found = 1
        elif step:
            last = 0 if found == 0 or path.startswith("tests/steps/") else 1
            checks = self.near.get(f"tests/steps/test_{step}.py")
            found = min((one for one in (found, checks) if one is not None), default=None)
        elif path in self.named:
            found = min(_NAMED, _NAMED if found is None else found)
        if found is None:
            return None
        return last, found, 0 if path.split("/")[1] in self.parts else 1

    def _step_of(self, test: str) -> str | None:
        """The step of a test: its name is in the path or in the brackets, or its number begins these."""
        number = re.search(r"\[(\d\d)-", test)
        return next((one for one in self.course if one in test or (number and number[1] == one[:2])), None)


def touched(reach: Reach, changed: Iterable[str]) -> Touched:
    """The tests that a change of these files touches. Paths are relative to the root, with slashes."""
    names = {path: name for name, path in reach.paths.items()}
    tests = reach.tests()
    start: dict[str, int] = {}
    steps: dict[str, bool] = {}
    patches, parts, untested, code = [], set(), [], False
    for path in sorted(changed):
        own = {names[path]} if path in names else set()
        code = code or path.endswith(".py") or path == "pyproject.toml"
        step, submission = _step_of_file(path, reach.steps)
        if submission:
            patches.append(submission)
            start.update(dict.fromkeys(reach.naming(path), 1))
            steps.setdefault(step or "", False)
        elif step:
            steps[step] = True
        elif not own and not PurePosixPath(path).name.startswith("test_"):
            owners = reach.owners(path)
            start = {**dict.fromkeys(owners, 1), **start}
            if not owners and not path.endswith(".py"):
                untested.append(path)
        if path.startswith("workbook/"):
            parts.add(path.split("/")[1])
            for one in own:
                checks = {f"tests.steps.test_{step}" for step in reach.steps_that_use(one)}
                start = {**dict.fromkeys(checks & reach.files.keys(), 1), **start}
        start.update(dict.fromkeys(own, 0))
    found = reach.near(start)
    near = {path: found[name] for path, name in tests.items() if name in found}
    if code and OF_ALL_MODULES in tests:
        near[OF_ALL_MODULES] = 0
    whole = [step for step, all_of_it in steps.items() if all_of_it]
    named = [path for path, name in tests.items() if any(reach.names(name, step) for step in whole)]
    these = Touched(near, steps, patches, named, sorted(parts), reach.steps, [], untested)
    by_step = bool(whole) or any(path.startswith("tests/steps/") for path in near)
    files = {
        path: these.rank(path)
        for path, name in tests.items()
        if these.rank(path)
        or (by_step and reach.goes_through_steps(name))
        or (steps and path.startswith("tests/submissions/"))
    }
    return replace(these, files=sorted(files, key=lambda path: (files[path] or (2, 0, 0), place(path))))


def place(path: str) -> tuple[bool, str]:
    """Decides between equally near files: notebooks, which take longer, come after tests."""
    return path.endswith(".ipynb"), path


def _step_of_file(path: str, steps: Iterable[str]) -> tuple[str | None, str | None]:
    """The step to whose app, lesson, checks or diagrams a file belongs, and the submission that it is."""
    parts = path.split("/")
    for step in steps:
        if parts[:3] == ["tests", "submissions", step[:2]] and len(parts) == 5:
            return step, f"{step[:2]}-{PurePosixPath(path).stem}"
        if path == f"tests/steps/test_{step}.py":
            return step, None
        if parts[0] in ("solutions", "chapters", "diagrams") and parts[1].partition(".")[0] == step:
            return step, None
    return None, None


def _tree(file: Path) -> ast.Module:
    """The syntax tree of a module, or of a notebook's code without the lines that only IPython reads."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        cells = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        lines = "\n".join("".join(cell) for cell in cells).split("\n")
        text = "\n".join("" if line.startswith(("%", "!")) else line for line in lines)
    try:
        return ast.parse(text, file)
    except SyntaxError:
        return ast.parse("")  # the tests that use it fail then


def _strings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _runs_the_workbook(nodes: Iterable[ast.AST]) -> bool:
    """Whether a command in it is `-m workbook`."""
    for node in nodes:
        if isinstance(node, (ast.List, ast.Tuple)):
            words = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
            if ("-m", "workbook") in itertools.pairwise(words):
                return True
    return False


def _reads_from_root(nodes: Iterable[ast.AST], path: str) -> bool:
    """Whether it has `ROOT / "path"`."""
    return any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and isinstance(node.left, ast.Name)
        and node.left.id == "ROOT"
        and isinstance(node.right, ast.Constant)
        and node.right.value == path
        for node in nodes
    )


def _ends(file: PurePosixPath, text: str) -> bool:
    """Whether a string is a file's name, with or without the folders before it."""
    if not text.endswith(file.name):
        return False
    parts = PurePosixPath(text).parts
    return file.parts[-len(parts) :] == parts


def _functions(nodes: Iterable[ast.AST]) -> Iterator[ast.FunctionDef]:
    yield from (node for node in nodes if isinstance(node, ast.FunctionDef))


def _is_fixture(function: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in function.decorator_list)


def _fixtures(nodes: Iterable[ast.AST]) -> Iterator[str]:
    yield from (function.name for function in _functions(nodes) if _is_fixture(function))


def _wanted(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that its tests and fixtures ask for."""
    for function in _functions(nodes):
        if function.name.startswith("test_") or _is_fixture(function):
            yield from (argument.arg for argument in function.args.args)
