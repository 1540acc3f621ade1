"""The house is in order: types, lints, formats, and dependencies that only go downward.

`python -m tests.test_house` draws it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.places import ROOT

from .imports import Arrows, arrows, circles, imports, modules, parsed

# From the ground up: each part may use those before it.
PARTS = ("course", "flow", "providers", "lab", "attacks", "exercises", "checks", "grading", "web", "cli")
# The modules that belong to no part, and the workbook's modules that each may use. `setting_up` and the modules before
# it run where nothing is installed yet; a step's app imports `compat`.
ROOTS: dict[str, set[str]] = {
    "workbook": set(),
    "workbook.compat": set(),
    "workbook.setting_up": set(),
    "workbook.__main__": {"workbook.setting_up", "workbook.cli.main"},
}


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types() -> None:
    run("mypy", "--strict", "workbook", "--no-error-summary")


def test_lint() -> None:
    run("ruff", "check", ".")


def test_format() -> None:
    run("ruff", "format", "--check", ".")


class House:
    """The parts of a workbook, and the arrows between them: one for each import, from the user to the used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = modules(root, "workbook")
        self.arrows: Arrows = {
            name: {to: line for to, line in found.items() if to in self.files}
            for name, found in arrows(self.files).items()
        }

    def parts(self) -> dict[str, set[str]]:
        """The parts, from the ground up, each with those that it uses."""
        found: dict[str, set[str]] = {
            part: set() for part in PARTS if (self.root / "workbook" / part).is_dir()
        }
        for name, used in self.arrows.items():
            if name not in ROOTS:
                found.setdefault(part_of(name), set()).update(part_of(to) for to in used if to not in ROOTS)
        return {part: used - {part} for part, used in found.items()}

    def upward(self) -> list[str]:
        """The imports that go up, each as a line with its place."""
        height = {part: number for number, part in enumerate(PARTS)}
        return [
            f"{self.place(name, to)} imports {to}"
            for name in self.files.keys() - ROOTS.keys()
            for to in self.arrows[name].keys() - ROOTS.keys()
            if height.get(part_of(to), 0) > height.get(part_of(name), 0)
        ]

    def circles(self) -> list[str]:
        """The circles of parts, and those of modules, each as a line."""
        found = [*circles(self.parts()), *circles(self.arrows)]
        return [" → ".join(name.removeprefix("workbook.") for name in circle) for circle in found]

    def place(self, name: str, to: str) -> str:
        """Where one module imports another."""
        return f"{self.files[name].relative_to(self.root).as_posix()}:{self.arrows[name][to]}"

    def drawn(self) -> str:
        """The parts from the ground up, each with those that it uses; then the imports that go up, and the circles."""
        parts = self.parts()
        order = [part for part in parts if part in PARTS]
        lines = [
            f"{part:<10} → {', '.join(sorted(used, key=order.index))}" if used else part
            for part, used in parts.items()
        ]
        for title, wrong in (("Upward:", self.upward()), ("In a circle:", self.circles())):
            if wrong:
                lines += [title, *(f"  {line}" for line in sorted(wrong))]
        return "\n".join(lines)


def part_of(name: str) -> str:
    """The part that a module belongs to."""
    return name.split(".")[1]


HOUSE = House(ROOT)


def test_draws_the_house() -> None:
    """`pytest -s -k draws_the_house` shows it."""
    print(f"\n{HOUSE.drawn()}")


def test_dependencies_go_downward() -> None:
    assert not HOUSE.upward(), f"\n{HOUSE.drawn()}"


def test_nothing_goes_in_a_circle() -> None:
    """No parts and no modules form a circle. An import in a function, or for the types alone, is an arrow like the
    others."""
    assert not HOUSE.circles(), f"\n{HOUSE.drawn()}"


def test_every_module_has_its_place() -> None:
    assert {name for name in HOUSE.files if name not in ROOTS and part_of(name) not in PARTS} == set()


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_uses_what_is_there_when_it_is_loaded(name: str) -> None:
    assert HOUSE.arrows[name].keys() == ROOTS[name]
    if name != "workbook.compat":
        used = imports(name, HOUSE.files[name], HOUSE.files).keys() - ROOTS[name]
        assert {one.partition(".")[0] for one in used} <= {"__future__", *sys.stdlib_module_names}


def test_the_command_line_is_loaded_when_its_packages_are_there() -> None:
    name = "workbook.__main__"
    sets_up = [
        node.lineno
        for node in ast.walk(parsed(HOUSE.files[name]))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "go_on_in_environment"
    ]
    assert sets_up and min(sets_up) < HOUSE.arrows[name]["workbook.cli.main"]


def test_no_part_uses_a_root() -> None:
    """A process of the workbook that has imported `compat` would hide that an app lacks it."""
    parts = HOUSE.files.keys() - ROOTS.keys()
    assert not [HOUSE.place(name, to) for name in parts for to in HOUSE.arrows[name].keys() & ROOTS.keys()]


def house_of(root: Path, **files: str) -> House:
    """A house of these modules: `flow_words` is workbook/flow/words.py."""
    for name, text in files.items():
        file = root.joinpath("workbook", *name.split("_")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text, encoding="utf-8")
    return House(root)


@pytest.mark.parametrize(
    "text",
    [
        "import workbook.checks.run",
        "import json, workbook.checks.run as run",
        "from workbook.checks import run",
        "from workbook.checks.run import run_checks",
        "from ..checks import run",
        "from ..checks.run import run_checks",
        "from .. import checks",
        "def later():\n    from workbook.checks.run import run_checks",
        "if TYPE_CHECKING:\n    from ..checks.run import Verdicts",
        "try:\n    from workbook.checks import *\nexcept ImportError:\n    pass",
    ],
)
def test_an_arrow_is_seen_however_it_is_written(tmp_path: Path, text: str) -> None:
    house = house_of(tmp_path, flow_words=text, checks_run="import workbook.flow")
    assert house.parts() == {"flow": {"checks"}, "checks": {"flow"}}
    (upward,) = house.upward()
    assert upward.startswith(f"workbook/flow/words.py:{len(text.splitlines()[:2])} imports workbook.checks")
    assert "flow → checks → flow" in house.circles()
    assert "Upward:" in house.drawn() and "In a circle:" in house.drawn()


def test_a_circle_inside_a_part_is_seen(tmp_path: Path) -> None:
    house = house_of(
        tmp_path,
        flow_words="def later():\n    from .letters import LETTERS",
        flow_letters="from . import signs",
        flow_signs="from .words import WORDS",
        lab_browser="from workbook.flow import words, letters",
    )
    assert house.circles() == ["flow.letters → flow.signs → flow.words → flow.letters"]
    assert house.upward() == [] and house.drawn().startswith("flow\nlab        → flow\nIn a circle:\n  flow.")


if __name__ == "__main__":
    print(HOUSE.drawn())
