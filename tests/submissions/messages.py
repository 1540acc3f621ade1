"""Every message of every wrong submission, to read from top to bottom.

python -m tests.submissions.messages [STEP ...] [--json]

Each wrong submission has its name, its first line, and the whole message of every exercise that it does not pass.
Exercises that only wait for another one have no message: their IDs come last.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.steps import all_steps, find_step

from .submitting import submissions
from .verdict_list import checked


def messages(numbers: Sequence[str]) -> list[dict[str, Any]]:
    """The wrong submissions of some steps ("01"), or of all, in order, each with the exercises that it does not
    pass."""
    steps = [step for step in all_steps() if not numbers or step.number in numbers]
    wrong = {
        f"{step.number} {submission.file.stem}": (step, submission)
        for step in steps
        for submission in submissions(step.number, "wrong")
    }
    found = checked((name, step, submission) for name, (step, submission) in wrong.items())
    return [
        {
            "submission": name,
            "title": submission.title,
            "open": [
                {"id": verdict["id"], "message": verdict["message"]}
                for verdict in found[name]
                if not verdict["passed"] and not verdict["waits_for"]
            ],
            "wait": [verdict["id"] for verdict in found[name] if verdict["waits_for"]],
        }
        for name, (_, submission) in wrong.items()
    ]


def as_text(one: dict[str, Any]) -> str:
    """One submission and its messages, as text for people."""
    lines = [f"== {one['submission']}", one["title"]]
    for verdict in one["open"]:
        lines += ["", f"-- {verdict['id']}", verdict["message"]]
    if one["wait"]:
        lines += ["", f"-- waiting: {', '.join(one['wait'])}"]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints them, as text or as one JSON list."""
    parser = argparse.ArgumentParser(prog="python -m tests.submissions.messages", description=__doc__)
    parser.add_argument("steps", metavar="STEP", nargs="*")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        numbers = [find_step(step).number for step in chosen.steps]
    except WorkbookError as error:
        parser.error(str(error))
    found = messages(numbers)
    print(json.dumps(found, indent=1, ensure_ascii=False) if chosen.json else "\n".join(map(as_text, found)))


if __name__ == "__main__":
    main()
