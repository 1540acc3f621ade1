"""Derives a step's starter from its solution, the one source of both.

In a solution, the lines that a student writes are between `# exercise 3.2: what to do` and `# end 3.2`. The starter has
`# TODO 3.2: what to do` instead, and then the lines that the solution gives as `# stub: …` where the app would not run
without. Exercises may be nested: the outer one's lines go, with the inner ones' in them, and each leaves its TODO. In
templates the markers are in `{# … #}`, in Mermaid after `%%`, in SQL after `--`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from .errors import WorkbookError

_OPENER = r"(?P<indent>[ \t]*)(?P<open>#|\{#|%%|--) ?"
_CLOSER = r"(?: ?#\})?\s*"
_BEGIN = re.compile(_OPENER + r"exercise (?P<id>\d+\.\d+): (?P<task>.*?)" + _CLOSER)
_END = re.compile(_OPENER + r"end (?P<id>\d+\.\d+)" + _CLOSER)
_STUB = re.compile(_OPENER + r"stub: ?(?P<line>.*?)" + _CLOSER)

# Files of a chapter that are not from its starter: its text, and a page that moved.py makes.
MOVED = "where_it_went.md"
TEXTS = ("README.md", MOVED)

# The file beside a starter that holds the digests of the starter's files.
_KNOWN_BY = ".starter.json"

# Files that are no part of a step's source: those that running it leaves behind, and settings.
NOT_SOURCE = (
    _KNOWN_BY,
    "__pycache__",
    "*.pyc",
    "instance",
    ".env",
    ".flaskenv",
    ".venv",
    ".git",
    ".ipynb_checkpoints",
)
_TEXT = {".py", ".html", ".css", ".js", ".toml", ".mmd", ".sql", ".txt", ".md", ".ini", ".mako", ""}


def starter_of(text: str, name: str = "the solution") -> str:
    """The starter's text for the text of a solution's file; `name` is used in errors."""
    lines = iter(text.splitlines(keepends=True))
    return "".join(_starter_lines(lines, name))


def _starter_lines(lines: Iterator[str], name: str) -> Iterator[str]:
    for line in lines:
        begin = _BEGIN.fullmatch(line)
        if begin:
            yield from _todo(begin, lines, name)
        elif _END.fullmatch(line) or _STUB.fullmatch(line):
            raise WorkbookError(f"{name}: '{line.strip()}' is outside of an exercise.")
        else:
            yield line


def _todo(begin: re.Match[str], lines: Iterator[str], name: str) -> Iterator[str]:
    """Consumes the lines of one exercise, the inner ones with them; gives its TODOs, then its own stub."""
    open_ids = [begin["id"]]
    stub: list[str] = []
    yield _comment(begin, f"TODO {begin['id']}: {begin['task']}")
    for line in lines:
        inner, end, stub_line = _BEGIN.fullmatch(line), _END.fullmatch(line), _STUB.fullmatch(line)
        if inner:
            open_ids.append(inner["id"])
            yield _comment(begin, f"TODO {inner['id']}: {inner['task']}")
        elif end:
            if end["id"] != open_ids.pop():
                raise WorkbookError(f"{name}: '{line.strip()}' ends an exercise that is not the open one.")
            if not open_ids:
                yield from stub
                return
        elif stub_line and len(open_ids) == 1:
            stub.append(f"{begin['indent']}{stub_line['line']}".rstrip() + "\n")
    raise WorkbookError(f"{name}: exercise {open_ids[-1]} has no '# end {open_ids[-1]}'.")


def _comment(like: re.Match[str], text: str) -> str:
    closer = " #}" if like["open"] == "{#" else ""
    return f"{like['indent']}{like['open']} {text}{closer}\n"


def exercises_marked(solution: Path) -> set[str]:
    """The numbers of the exercises that have a marker in the solution's files."""
    return {
        match["id"]
        for file in source_files(solution)
        if file.suffix in _TEXT
        for line in file.read_text(encoding="utf-8").splitlines()
        if (match := _BEGIN.fullmatch(line))
    }


def marked_lines(text: str) -> dict[int, str]:
    """The exercise, the innermost one, to which each line of a solution's file belongs, by the line's number from 1.
    Lines outside of the exercises, and the markers, are left out."""
    open_ids: list[str] = []
    found: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if begin := _BEGIN.fullmatch(line):
            open_ids.append(begin["id"])
        elif _END.fullmatch(line):
            open_ids.pop()
        elif open_ids and not _STUB.fullmatch(line):
            found[number] = open_ids[-1]
    return found


def source_files(folder: Path) -> list[Path]:
    """The files of a step's folder that are source, without those that running it has left there."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _is_source(name)]
        found += [path for name in names if _is_source(name) and (path := Path(place, name)).is_file()]
    return sorted(found)


def _is_source(name: str) -> bool:
    return not any(fnmatch(name, pattern) for pattern in NOT_SOURCE)


def starter_files(solution: Path) -> dict[Path, bytes]:
    """The files of the starter of the solution's folder, by their paths in it."""
    return {
        file.relative_to(solution): starter_of(file.read_text(encoding="utf-8"), str(file)).encode()
        if file.suffix in _TEXT
        else file.read_bytes()
        for file in source_files(solution)
    }


def write_starter(solution: Path, target: Path) -> None:
    """Writes the starter of the solution's folder into `target`, and the file of its digests.

    It leaves the other files of `target` alone.
    """
    files = starter_files(solution)
    for place, content in files.items():
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    known = {place.as_posix(): _digest(content) for place, content in files.items()}
    (target / _KNOWN_BY).write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8", newline="\n")


def is_untouched(folder: Path) -> bool:
    """Whether a folder holds the starter as it was written, with no line of it changed."""
    try:
        known = json.loads((folder / _KNOWN_BY).read_text(encoding="utf-8"))
        return all(_digest((folder / place).read_bytes()) == digest for place, digest in known.items())
    except (OSError, ValueError, AttributeError):
        return False


def is_current(solution: Path, folder: Path) -> bool:
    """Whether an untouched folder holds the starter that the solution gives now."""
    known = {place.as_posix(): _digest(content) for place, content in starter_files(solution).items()}
    return bool(json.loads((folder / _KNOWN_BY).read_text(encoding="utf-8")) == known)


def _digest(content: bytes) -> str:
    # A file that was checked out on Windows has different line ends.
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
