"""requirements.txt lists everything that is installed, and pyproject.toml everything that is imported by name."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distributions, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workbook.course.places import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Python's, the system's and the machine's names in markers: those that the README promises.
MACHINES = [
    {
        **{"python_version": python, "python_full_version": f"{python}.5", "sys_platform": system},
        **{"platform_machine": machine, "os_name": "nt" if system == "win32" else "posix"},
        **{"platform_python_implementation": "CPython", "implementation_name": "cpython", "extra": ""},
    }
    for python in ("3.10", "3.11", "3.12", "3.13", "3.14")
    for system, machine in [
        *(("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64")),
        *(("win32", "AMD64"), *((("win32", "ARM64"),) if python not in ("3.10", "3.11") else ())),
    ]
]


def name_of(machine: dict[str, str]) -> str:
    """The name of a machine in the tests' names."""
    return f"{machine['python_version']}-{machine['sys_platform']}-{machine['platform_machine']}"


LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINNED = [Requirement(line) for line in LINES if line and not line.lstrip().startswith("#")]
INSTALLED = {canonicalize_name(one.metadata["Name"]) for one in distributions()}
with (ROOT / "pyproject.toml").open("rb") as file:
    DIRECT = [Requirement(line) for line in tomllib.load(file)["project"]["dependencies"]]


def wanted_on(requirements: list[Requirement], machine: dict[str, str]) -> list[str]:
    """The packages that a machine gets."""
    return [
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(machine)
    ]


def test_each_is_pinned_to_one_version_of_a_registry() -> None:
    for requirement in PINNED:
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert requirement.url is None
    assert not [line for line in LINES if "//" in line or line.startswith("-")]


@pytest.mark.parametrize("machine", MACHINES, ids=name_of)
def test_every_machine_gets_what_is_used_by_name_and_each_once(machine: dict[str, str]) -> None:
    gets = wanted_on(PINNED, machine)
    assert len(gets) == len(set(gets)), "pinned twice"
    assert set(wanted_on(DIRECT, machine)) <= set(gets)


def test_what_has_no_wheel_for_a_machine_is_not_asked_for_there() -> None:
    without_diagrams = [m for m in MACHINES if "mermaidx" not in wanted_on(PINNED, m)]
    assert {(m["sys_platform"], m["platform_machine"]) for m in without_diagrams} == {
        *(("darwin", "x86_64"), ("win32", "ARM64")),
    }
    assert all(("gunicorn" in wanted_on(PINNED, m)) == (m["sys_platform"] != "win32") for m in MACHINES)


def imported(folder: Path) -> set[str]:
    """The top-level names that the files below a folder import, absolutely."""
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module))
    return {name.partition(".")[0] for name in found}


def test_what_is_imported_is_asked_for_by_name() -> None:
    """Or a package that is listed by name needs it, as Flask needs Werkzeug; no package is there by chance."""
    asked = {canonicalize_name(requirement.name) for requirement in DIRECT}
    beneath = [Requirement(line) for name in asked & INSTALLED for line in requires(name) or ()]
    asked |= {
        canonicalize_name(requirement.name)
        for requirement in beneath
        if "extra" not in str(requirement.marker)
    }
    known = packages_distributions()
    names = (imported(ROOT / "workbook") | imported(ROOT / "solutions")) & set(known)
    assert {"flask", "authlib", "flask_oauthlib"} <= names
    unasked = {name for name in names if not {canonicalize_name(one) for one in known[name]} & asked}
    assert unasked - {"workbook"} == set()
