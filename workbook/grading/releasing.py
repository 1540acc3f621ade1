"""Makes a copy of the workbook for students: everything works in it, and nothing in it gives a solution away."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, DIAGRAMS, NOTEBOOKS, RELEASE, ROOT, SOLUTIONS, STEP_TESTS
from workbook.course.starters import TEXTS, write_starter
from workbook.course.steps import Step, all_steps
from workbook.exercises.answer_keys import SEALED
from workbook.exercises.fifty_people import STORED, to_store
from workbook.flow.stored import packed
from workbook.lab.warm_apps import warm_for_apps

from .sealing import seal_checks

# Only files that are named here, or belong to a folder that is named here, come into a copy. So a new file of the
# workbook stays out until somebody adds it.
_FILES = (
    ".env.example",
    ".flaskenv",
    ".gitignore",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "requirements.txt",
    "chapters/GLOSSARY.md",
    "diagrams/what_to_look_at.toml",
    *(f"tests/{name}.py" for name in ("__init__", "conftest", "servers", "signals")),
    "tests/steps/__init__.py",
)
# The tests that `test` runs in a copy: those of the local providers. Tests of a client of somebody else need
# environments of their own.
_PROVIDER_TESTS = ROOT / "tests" / "providers"
_FOREIGN = re.compile(r"foreign|clients_as_sent")
# Text that differs in a student's copy. The second comment, with the text that comes instead, may be missing.
_NOT_FOR_STUDENTS = re.compile(
    r"<!-- not for students -->.*?(?:<!-- for students\s(?P<instead>.*?)\s?-->\s*)?<!-- end -->(?P<lines>\n*)",
    re.DOTALL,
)
# The same in a notebook: the source that a code cell has in a student's copy is in the cell's metadata.
_SOURCE_FOR_STUDENTS = "for students"
# The tag of a cell whose output differs from app to app, so that no test compares it.
_SAID = "said"
_VERDICT = "lesson.verdict("


@dataclass(frozen=True)
class Released:
    """A copy that was made: its folder, its steps, and the number and total size (bytes) of its files."""

    place: Path
    steps: tuple[Step, ...]
    files: int
    size: int


def release(target: Path) -> Released:
    """Makes a student's copy in the folder `target`, which does not exist, or is empty.

    The copy is complete, or there is none: it is made beside `target`, and renamed. WorkbookError if it cannot be made.
    """
    target = target.absolute()
    if not SOLUTIONS.is_dir():
        raise WorkbookError("There are no solutions here, so this is a student's copy already.")
    if target.resolve().is_relative_to(ROOT):
        raise WorkbookError(f"{target} is inside the workbook. Name a folder outside of {ROOT}.")
    unfinished = None
    try:
        if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
            raise WorkbookError(f"{target} is there already, and is not an empty folder. Name a new one.")
        if not target.parent.is_dir():
            raise WorkbookError(f"There is no folder {target.parent} to make {target.name} in.")
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        _fill(unfinished)
        unfinished.chmod(0o755)  # a temporary folder is readable for its owner only
        if target.exists():
            target.rmdir()
        unfinished.rename(target)
    except OSError as error:
        raise WorkbookError(f"{target} cannot be written ({error.strerror}).") from None
    finally:
        if unfinished is not None:
            shutil.rmtree(unfinished, ignore_errors=True)
    files = [file for file in target.rglob("*") if file.is_file()]
    return Released(target, all_steps(), len(files), sum(file.stat().st_size for file in files))


def for_students(text: str) -> str:
    """A text without the parts that are not for students, and with those that are for students only."""

    def part(match: re.Match[str]) -> str:
        if match["instead"]:
            return match["instead"] + match["lines"]
        begins_a_line = text[: match.start()].endswith("\n")
        return "" if begins_a_line else match["lines"]

    return _NOT_FOR_STUDENTS.sub(part, text)


def _fill(copy: Path) -> None:
    for name in _FILES:
        _write(copy / name, for_students(_read(ROOT / name)))
    for file in _as_they_are():
        place = copy / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    keys: dict[str, dict[str, Any]] = {}
    for step in all_steps():
        _write_step(step, copy)
        checks = STEP_TESTS / f"test_{step.name}.py"
        sealed = seal_checks(_read(checks), checks.name)
        _write(copy / checks.relative_to(ROOT), sealed.text)
        if sealed.keys:
            keys[step.name] = sealed.keys
    _write(_in(copy, SEALED), json.dumps(keys, indent=1, ensure_ascii=False) + "\n")
    linked = _linked_flows()
    for flow in sorted(DIAGRAMS.glob("*.mmd")):
        if flow.name in linked:
            _write(_in(copy, flow), _read(flow))
        else:
            _in(copy, RELEASE / "diagrams" / flow.stem).write_bytes(packed(_read(flow)))
    with warm_for_apps() as warm:
        _write(_in(copy, STORED), json.dumps(to_store(warm), indent=1, ensure_ascii=False) + "\n")


def _as_they_are() -> Iterator[Path]:
    """The files that are the same in a student's copy."""
    for file in sorted((ROOT / "workbook").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
            yield file
    yield from sorted(DIAGRAMS.glob("*.svg"))
    for file in sorted(_PROVIDER_TESTS.glob("*.py")):
        if not _FOREIGN.search(file.name):
            yield file


def _linked_flows() -> set[str]:
    """The names of the files of flows that the chapters link to. The flow that students draw in step 00 is none."""
    return {
        name
        for step in all_steps()
        for name in re.findall(r"\(\.\./\.\./diagrams/([^)]+\.mmd)\)", _read(step.chapter))
    }


def _write_step(step: Step, copy: Path) -> None:
    """Writes the step's chapter with its starter, the starter that `reset` takes, and the notebook."""
    solution, chapter = SOLUTIONS / step.name, copy / "chapters" / step.name
    write_starter(solution, chapter)
    write_starter(solution, _in(copy, RELEASE / "starters" / step.name))
    for name in TEXTS:
        if (CHAPTERS / step.name / name).is_file():
            _write(chapter / name, for_students(_read(CHAPTERS / step.name / name)))
    notebook = NOTEBOOKS / f"{step.name}.ipynb"
    if notebook.is_file():
        content = json.loads(_read(notebook))
        _empty(content)
        _write(copy / notebook.relative_to(ROOT), json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _empty(notebook: dict[str, Any]) -> None:
    """Takes the outputs of a notebook away, except the verdicts. The finished app has made them."""
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            cell["source"] = for_students("".join(cell["source"])).splitlines(keepends=True)
            continue
        if _SOURCE_FOR_STUDENTS in cell["metadata"]:
            cell["source"] = cell["metadata"].pop(_SOURCE_FOR_STUDENTS).splitlines(keepends=True)
        if not "".join(cell["source"]).startswith(_VERDICT):
            cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"]["tags"] = sorted({*cell["metadata"].get("tags", ()), _SAID})


def _in(copy: Path, place: Path) -> Path:
    """The place in the copy for a place in the workbook; its folder is made."""
    found = copy / place.relative_to(ROOT)
    found.parent.mkdir(parents=True, exist_ok=True)
    return found


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
