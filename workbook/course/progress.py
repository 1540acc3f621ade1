"""A student's progress: which exercises passed last time, and which hints the student saw.

It is in a small file that git ignores, so a pull and a `reset` leave it alone. It may be deleted: the next check writes
it again.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .places import STATE

FILE = STATE / "progress.json"


@dataclass
class Progress:
    """`passed`: by exercise, whether it passed when it was checked last. `hints`: how many of each were shown.

    `last` is the name of the step that was worked on last, where that is known. `remark` says if the file could not be
    read or written.
    """

    passed: dict[str, bool] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    last: str = ""
    remark: str = ""

    def note_verdicts(self, passed: Mapping[str, bool], *, at: str = "") -> None:
        """Writes down which exercises pass now, and the step that the student works `at`, where there is one."""
        if any(self.passed.get(id) != value for id, value in passed.items()) or (at and at != self.last):
            self.passed.update(passed)
            self.last = at or self.last
            self.save()

    def note_hint(self, exercise: str, shown: int) -> None:
        """Writes down how many hints of an exercise were shown."""
        self.hints[exercise] = shown
        self.save()

    def save(self) -> None:
        """Writes the whole file or nothing, whatever happens meanwhile. A folder that cannot be written is no error:
        then the progress is lost, and `remark` says so."""
        try:
            FILE.parent.mkdir(exist_ok=True)
            number, name = tempfile.mkstemp(dir=FILE.parent, prefix="progress-")
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(
                    {"passed": self.passed, "hints": self.hints, "last": self.last},
                    file,
                    indent=1,
                    sort_keys=True,
                )
            Path(name).replace(FILE)
        except OSError as error:
            self.remark = f"Your progress was not kept: {FILE.parent} cannot be written ({error.strerror})."


def read_progress() -> Progress:
    """The saved progress. A damaged file is moved aside, and `remark` says so."""
    try:
        data = json.loads(FILE.read_text(encoding="utf-8"))
        return Progress(
            {str(id): bool(value) for id, value in data["passed"].items()},
            {str(id): int(value) for id, value in data["hints"].items()},
            str(data.get("last", "")),
        )
    except FileNotFoundError:
        return Progress()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        aside = FILE.with_name("progress.damaged.json")
        with contextlib.suppress(OSError):
            FILE.replace(aside)
        return Progress(
            remark=f"The file of your progress was damaged, and is now {aside.name} in {aside.parent.name}. "
            "Nothing of your work is in it; `python3 -m workbook check` writes it anew."
        )
