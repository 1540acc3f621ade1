"""What verdicts depend on apart from a submission: the workbook itself, and how it grades."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from workbook.course.places import CHAPTERS, DIAGRAMS, ROOT, SOLUTIONS, STEP_TESTS

from .running import How


@cache
def version_of_workbook() -> str:
    """The digest of everything in this workbook that a verdict can depend on, the installed libraries and Python
    included."""
    digest = hashlib.sha256()
    for place in (ROOT / "workbook", STEP_TESTS, SOLUTIONS, DIAGRAMS, ROOT / ".flaskenv"):
        for file in _files(place):
            _add(digest, file)
    for chapter in sorted(CHAPTERS.glob("*/README.md")):
        _add(digest, chapter)
    installed = sorted({f"{one.metadata['Name']}=={one.version}" for one in distributions()})
    digest.update(f"{sys.version_info[:3]} {installed}".encode())
    return digest.hexdigest()


def graded_with(how: How) -> str:
    """The digest of the workbook and of the options that verdicts depend on."""
    options = json.dumps(asdict(how), sort_keys=True)
    return hashlib.sha256(f"{version_of_workbook()} {options}".encode()).hexdigest()


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    found = (file for file in place.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    # What a person's editor and system leave there changes nothing.
    return sorted(
        file for file in found if file.suffix in {".py", ".toml", ".mmd", ".html", ".mako", ".ini", ""}
    )


def _add(digest: hashlib._Hash, file: Path) -> None:
    content = file.read_bytes()
    digest.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
