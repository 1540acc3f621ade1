"""Submissions that want more than they should get: marks, a look, a place, or simply harm. Each is made from the
finished app of a step, or from its starter, and the code of one attack.

Where an attack looks for something that it must not find, the app goes on as it should if it finds nothing, and breaks
off if it does. So what was found is seen from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files, starter_files

FIRST = "01_twitter_login"
WITH_DATABASE = "04_users_in_a_database"

# What should come out: every exercise is passed; some are not; those of the starter are passed and no other; some are
# not, or there is a reason why they could not be checked; any of these, for it depends on how fast the machine is.
PASSES, FAILS, AS_THE_STARTER, STOPPED, ANY = "passes", "fails", "as the starter", "stopped", "any"

# Where the app's own code ends, in every step.
_MAIN = 'if __name__ == "__main__":'


@dataclass(frozen=True)
class Attack:
    """`tries` says what it wants. Its code goes before the app's, or `after` it. `onto_starter`: the app is not done.
    `more`: further files, a str is a text, a Path is where a link leads to. `arrange`: made by the test itself, in the
    folder of the step."""

    tries: str
    before: str = ""
    after: str = ""
    expects: str = PASSES
    step: str = FIRST
    onto_starter: bool = False
    more: Mapping[str, str | bytes | Path] = field(default_factory=dict)
    arrange: Callable[[Path], None] = lambda folder: None

    def write(self, folder: Path) -> Path:
        """Writes the submission into a folder of step folders; returns that."""
        place = folder / self.step
        for name, content in _app(self.step, self.onto_starter).items():
            if name == "app.py" and (self.before or self.after):
                text = content.decode()
                assert _MAIN in text
                whole = text.replace(_MAIN, "\n".join((self.after, "", _MAIN)))
                content = f"{self.before}\n{whole}".encode()
            _written(place / name, content)
        for name, more in self.more.items():
            _written(place / name, more.encode() if isinstance(more, str) else more)
        self.arrange(place)
        return folder


def honest(folder: Path, mark: str) -> Path:
    """Writes honest work into a folder: that of the first step. The `mark` is a comment, so that no two are equal."""
    return Attack("", after=f"# {mark}").write(folder)


def _app(step: str, starter: bool) -> dict[str, bytes]:
    folder = SOLUTIONS / step
    if starter:
        return {place.as_posix(): data for place, data in starter_files(folder).items()}
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in source_files(folder)}


def _written(place: Path, content: bytes | Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        place.symlink_to(content)
    else:
        place.write_bytes(content)
