"""What a student's copy must not have: marked lines of the solutions, and answers with their reasons.

Two rules say which lines are no secret. Students read starters and chapters, so a line of these is none. (The starter
of a later step has most of the step before.) A line of fewer than twelve characters is none, because such lines are
everywhere, as `return user`. A message of a check may quote a line in a sentence. A student reads the message only
after an attempt that failed.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from workbook.course.places import CHAPTERS, SOLUTIONS, STEP_TESTS
from workbook.course.starters import MOVED, marked_lines, source_files, starter_of

SHORTEST = 12
# A sentence is longer than the line that it quotes, by so many characters.
_MORE = 6


def leaked_lines(copy: Path) -> dict[str, list[str]]:
    """The marked lines in a copy, by the files that have them. The steps' folders are not looked at."""
    found = {}
    for file in files_beside_starters(copy):
        text = searchable(file)
        here = [line for line in marked() if line in text and not said_by_a_check(line, file, copy)]
        if here:
            found[file.relative_to(copy).as_posix()] = here
    return found


def leaked_answers(copy: Path) -> dict[str, list[str]]:
    """The answers and reasons in a copy, by the files that have them. The steps' folders are not looked at."""
    texts = answer_lines() | reasons()
    found = {
        file.relative_to(copy).as_posix(): [text for text in texts if text in searchable(file)]
        for file in files_beside_starters(copy)
    }
    return {name: here for name, here in found.items() if here}


def files_beside_starters(copy: Path) -> Iterator[Path]:
    """All files of a copy but those of the steps' folders, which have to be the starters."""
    for file in sorted(copy.rglob("*")):
        place = file.relative_to(copy).as_posix()
        if file.is_file() and not re.match(r"(chapters|\.release/starters)/\d\d_", place):
            yield file


@functools.cache
def no_secret() -> str:
    """All that a student may read: the starters, derived afresh, and the chapters' texts."""
    starters = [starter_of(text_of(file)) for folder in SOLUTIONS.iterdir() for file in source_files(folder)]
    chapters = [text_of(file) for name in ("README.md", MOVED) for file in CHAPTERS.glob(f"*/{name}")]
    return spaced("\n".join((*starters, *chapters, text_of(CHAPTERS / "GLOSSARY.md"))))


@functools.cache
def marked() -> frozenset[str]:
    """The lines of all solutions that belong to an exercise, by the two rules."""
    found = set()
    for folder in SOLUTIONS.iterdir():
        for file in source_files(folder):
            lines = text_of(file).splitlines()
            found |= {spaced(lines[number - 1]) for number in marked_lines(text_of(file))}
    return frozenset(line for line in found if len(line) >= SHORTEST and line not in no_secret())


def answer_lines() -> frozenset[str]:
    """The lines with a clear answer in the solutions, such as `client = "c"`, and the long answers themselves."""
    found = set()
    for name in ("answers.toml", "decisions.toml"):
        for file in SOLUTIONS.glob(f"*/{name}"):
            text = text_of(file)
            for number in marked_lines(text):
                line = text.splitlines()[number - 1].strip()
                if answer := re.fullmatch(r'\w+ = "?([^"]+)"?', line):
                    found |= {line, *([answer[1]] if len(answer[1]) >= SHORTEST else [])}
    return frozenset(text for text in found if text not in no_secret())


def reasons() -> frozenset[str]:
    """The reasons why answers are wrong, as the workbook's own checks have them: they tell which answer has none."""
    found = set()
    for file in STEP_TESTS.glob("test_*.py"):
        tree = ast.parse(text_of(file))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("check_answer", "check_word"):
                found |= {spaced(why) for why in ast.literal_eval(node.args[3]).values()}
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "DECISIONS":
                assert isinstance(node.value, ast.Dict)
                rows = [row for row in node.value.values if isinstance(row, ast.Tuple)]
                found |= {spaced(one) for row in rows for one in strings(row.elts[2]) if len(one) > SHORTEST}
    return frozenset(found)


def strings(tree: ast.AST) -> list[str]:
    """The strings in a piece of Python, each whole, in however many pieces it is written."""
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@functools.cache
def searchable(file: Path) -> str:
    """A file's text in which a line is found however it is indented, and also within a notebook or JSON."""
    text = file.read_bytes().decode("utf-8", errors="ignore")
    if file.suffix in (".ipynb", ".json"):
        text = text.replace('\\"', '"').replace("\\n", "\n")
    if file.suffix == ".py":
        text = "\n".join((text, *strings(ast.parse(text))))
    return spaced(text)


def said_by_a_check(line: str, file: Path, copy: Path) -> bool:
    """Whether a file of the checks has a line only within sentences of its messages."""
    place = file.relative_to(copy).as_posix()
    if file.suffix != ".py" or not place.startswith(("tests/steps/", "workbook/exercises/")):
        return False
    every = strings(ast.parse(text_of(file)))
    sentences = [text for text in every if "\n" not in text and len(text) >= len(line) + _MORE]
    said = sum(spaced(text).count(line) for text in sentences)
    return said >= max(spaced(text_of(file)).count(line), sum(spaced(text).count(line) for text in every))


def text_of(file: Path) -> str:
    """A file's text; nothing for a picture."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def spaced(text: str) -> str:
    """The text with single spaces only."""
    return re.sub(r"\s+", " ", text).strip()
