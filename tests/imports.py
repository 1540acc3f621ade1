"""The imports between modules, read from their text: no module runs."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

# By module: those that it imports, each with the line of the first import.
Arrows = dict[str, dict[str, int]]


def modules(root: Path, package: str) -> dict[str, Path]:
    """The files of a package and of its modules, by the modules' names."""
    found = {}
    for file in sorted((root / package).rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def arrows(known: Mapping[str, Path]) -> Arrows:
    """The imports of each of these modules, among them and from elsewhere."""
    return {name: imports(name, file, known) for name, file in known.items()}


def imports(name: str, file: Path, known: Container[str], nodes: Iterable[ast.AST] = ()) -> dict[str, int]:
    """The modules that one imports, each with its line: at the top, in a function, for the types alone.

    `known` tells a module from a name in it: `from a import b` imports `a.b` where that is known, and `a` otherwise.
    `nodes` is the whole syntax tree, where it was read already.
    """
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    found: dict[str, int] = {}
    for node in nodes or ast.walk(parsed(file)):
        for one in _imported(node, package):
            found.setdefault(_nearest(one, known), node.lineno)
    found.pop(name, None)
    return found


def parsed(file: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"), file)


def _imported(node: ast.AST, package: list[str]) -> Iterator[tuple[str, str | None]]:
    """The imports of a statement: a module, and a name in it where it names one."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, None
    elif isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            yield module, alias.name


def _nearest(imported: tuple[str, str | None], known: Container[str]) -> str:
    module, name = imported
    return f"{module}.{name}" if name and f"{module}.{name}" in known else module


def circles(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The circles in these arrows, each from one module back to itself; of circles that share an arrow, only one."""
    left = {name: sorted(set(to) & set(arrows)) for name, to in arrows.items()}
    found = []
    while True:
        try:
            graphlib.TopologicalSorter(left).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1][::-1]
            found.append(circle)
            left[circle[0]].remove(circle[1])
        else:
            return found
