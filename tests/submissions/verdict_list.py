"""The list of all verdicts: every submission, starter and solution of each step, with its message.

    python -m tests.submissions.verdict_list write FILE [STEP ...]
    python -m tests.submissions.verdict_list compare BEFORE AFTER

Write it before and after a change to the machine that runs checks. `compare` prints the differences, and exits with 1
where there are any.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.starters import write_starter
from workbook.course.steps import Step, all_steps
from workbook.lab.warm_apps import warm_for_apps

from .submitting import Submission, submissions

# By the name of a submission, starter or solution: the verdicts of its exercises.
VerdictList = dict[str, list[dict[str, Any]]]

# Parts that differ from run to run: ports, random strings, the folders of the run, and lengths of texts with such
# strings.
_CHANGING = (
    (r"(127\.0\.0\.1|localhost):\d{4,5}", r"\1:PORT"),
    (r"/\S*/site-packages/", "SITE-PACKAGES/"),
    (r"\b\d{3,5} bytes", "N bytes"),
    (r"[\w.%-]*(?=[\w.%-]*\d)(?=[\w.%-]*[A-Za-z])[\w.%-]{16,}", "WORD"),
    (r"\b[0-9a-f]{8}\b", "WORD"),
    (r"\b\d{9,}\b", "NUMBER"),
)


def without_chance(message: str) -> str:
    """A message without the parts that differ from run to run."""
    for pattern, instead in _CHANGING:
        message = re.sub(pattern, instead, message)
    return message


# A thing to check: its name, its step, and the submission, or how it is made from the solution.
Checked = tuple[str, Step, Submission | str]


def everything(numbers: list[str]) -> Iterator[Checked]:
    """All things to check of some steps, or of all."""
    for step in all_steps():
        if numbers and step.number not in numbers:
            continue
        for made in ("solution", "starter", "starter that waits for nothing"):
            yield f"{step.number} {made}", step, made
        for kind in ("wrong", "right", "broken", "felt"):
            for submission in submissions(step.number, kind):
                yield f"{step.number} {kind} {submission.file.stem}", step, submission


def write(file: Path, numbers: list[str]) -> None:
    """Writes the list of some steps, or of all."""
    file.write_text(json.dumps(checked(everything(numbers)), indent=1, sort_keys=True), encoding="utf-8")


def checked(these: Iterable[Checked]) -> VerdictList:
    """Checks them, side by side."""
    waiting: SimpleQueue[Checked] = SimpleQueue()
    for one in these:
        waiting.put(one)
    found: VerdictList = {}

    def work(number: int) -> None:
        with warm_for_apps() as apps, WarmChecks(apps, workers=1) as checks, suppress(Empty):
            while True:
                name, step, what = waiting.get_nowait()
                found[name] = _verdicts(checks, step, what)

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads:
        list(threads.map(work, range(cores)))
    return found


def _verdicts(checks: WarmChecks, step: Step, what: Submission | str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(what, Submission):
            what.write(folder)
        elif what == "solution":
            folder = SOLUTIONS
        else:
            write_starter(SOLUTIONS / step.name, folder / step.name)
        verdicts = checks.run(step, folder, ignore_needs=what == "starter that waits for nothing")
    return [
        {"id": v.id, "passed": v.passed, "waits_for": v.waits_for, "message": v.message} for v in verdicts.all
    ]


def compare(before: Path, after: Path) -> int:
    """Prints the differences between two lists; returns their number."""
    old, new = (json.loads(file.read_text(encoding="utf-8")) for file in (before, after))
    count = 0
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            print(f"{name}: only in {before if name in old else after}")
            count += 1
            continue
        for one, other in zip(old[name], new[name], strict=True):
            said, says = ({**v, "message": without_chance(v["message"])} for v in (one, other))
            if said != says:
                count += 1
                print(f"{name}, {one['id']}:\n  before {_shown(one)}\n  after  {_shown(other)}")
    print(f"{len(new)} lists of verdicts, {count} differences")
    return count


def _shown(verdict: dict[str, Any]) -> str:
    state = (
        "passed"
        if verdict["passed"]
        else f"waits for {verdict['waits_for']}"
        if verdict["waits_for"]
        else "open"
    )
    return f"{state}: {verdict['message']}".replace("\n", "\n         ")


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    if command == "write":
        write(Path(rest[0]), rest[1:])
    else:
        sys.exit(1 if compare(Path(rest[0]), Path(rest[1])) else 0)
