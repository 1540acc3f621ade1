"""Takes the answers out of the text of a step's checks, and seals them for a student's copy.

A check calls `check_answer(folder, "client", "c", {"a": "…", …})`. In a student's copy the same call is
`check_answer(folder, "client")`, and finds the sealed answer by the step and the name. A table of decisions is a
variable of the test file: `check_decision(folder, row, *DECISIONS[row])`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.exercises.answer_keys import ClearKey, sealed

_LETTERS, _WORD, _DECISION = "check_answer", "check_word", "check_decision"


@dataclass
class SealedChecks:
    """The text of a step's checks without answers, and the sealed keys by the names of the questions."""

    text: str
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)


def seal_checks(text: str, name: str) -> SealedChecks:
    """Seals all answers in the text of a step's checks; `name` is the file's, for errors.

    WorkbookError if an answer is not a literal, because then it could stay in the copy.
    """
    tree = ast.parse(text)
    found = SealedChecks(text)
    cuts: list[tuple[int, int, str]] = []
    place = _Places(text)
    try:
        for call in _calls(tree):
            question = call.args[1]
            if isinstance(call.args[-1], ast.Starred):
                variable = _variable(call.args[-1])
                rows, statements = _table(tree, variable)
                for row, (case, right, wrong) in rows.items():
                    found.keys[row] = sealed(ClearKey(right, wrong, case), show_choices=True)
                for statement in statements:
                    cuts.append((place.start(statement), place.end(statement), ""))
                names = "".join(f"{row!r}, " for row in rows)
                cuts[-1] = (*cuts[-1][:2], f"{variable} = ({names})")
            else:
                right, wrong = (ast.literal_eval(argument) for argument in call.args[2:4])
                letters = _function(call) == _LETTERS
                key = ClearKey(str(right) if letters else str(right).lower(), wrong)
                found.keys[ast.literal_eval(question)] = sealed(key, show_choices=letters)
            cuts.append((place.end(question), place.end(call.args[-1]), ""))
    except (ValueError, TypeError, KeyError, IndexError, NameError) as error:
        raise WorkbookError(
            f"{name} cannot be released: an answer in it cannot be sealed ({error})."
        ) from None
    content = text.encode()
    for start, end, instead in sorted(set(cuts), reverse=True):
        content = content[:start] + instead.encode() + content[end:]
    found.text = content.decode()
    return found


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls that have an answer."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _function(node) in (_LETTERS, _WORD, _DECISION):
            yield node


def _function(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _variable(starred: ast.Starred) -> str:
    if isinstance(starred.value, ast.Subscript) and isinstance(starred.value.value, ast.Name):
        return starred.value.value.id
    raise ValueError(f"line {starred.lineno} is not of the form *NAME[row]")


def _table(tree: ast.Module, variable: str) -> tuple[dict[str, Any], list[ast.stmt]]:
    """The value of a variable of the file, and the statements that make it, its own last. Others that only it uses are
    among them."""
    made = {name: statement for statement in tree.body for name in _assigned(statement)}
    wanted = [variable]
    for name in wanted:
        wanted += [used for used in _names(made[name]) if used in made and used not in wanted]
    statements = [statement for statement in tree.body if _gives(statement, wanted)]
    values: dict[str, Any] = {}
    exec(compile(ast.Module(_without_types(statements), []), "the table", "exec"), {}, values)
    last = made[variable]
    elsewhere = {used for node in tree.body if node not in statements for used in _names(node)}
    only_here = [one for one in statements if one is not last and not set(_assigned(one)) & elsewhere]
    return values[variable], [*only_here, last]


def _gives(statement: ast.stmt, names: list[str]) -> bool:
    """Whether a statement gives one of these names its value."""
    return bool(set(_assigned(statement)) & set(names))


def _assigned(statement: ast.stmt) -> list[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _without_types(statements: list[ast.stmt]) -> list[ast.stmt]:
    return [
        ast.copy_location(ast.Assign([one.target], one.value), one)
        if isinstance(one, ast.AnnAssign) and one.value is not None
        else one
        for one in statements
    ]


class _Places:
    """Places in a text, counted in bytes, as Python's syntax trees count the columns."""

    def __init__(self, text: str) -> None:
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line.encode()))

    def start(self, node: ast.stmt | ast.expr) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.stmt | ast.expr) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset
