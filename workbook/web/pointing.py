"""Finds the files and lines of the student's app that a message names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# As tracebacks and messages name them: `app.py, line 12`, `app.py:12`, or the file alone.
_NAMED = re.compile(
    r"(?P<file>[\w.-]+(?:[/\\][\w.-]+)*\.(?:py|html|css|sql|toml|mmd|ini|mako|md))\b"
    r"(?:(?:, line |:)(?P<line>\d+))?"
)


@dataclass(frozen=True)
class Place:
    """A file of the app, and a line of it where the message names one. `text` is the piece of the message."""

    text: str
    file: Path
    line: int | None

    def to_json(self) -> dict[str, str]:
        """The place as a page's script needs it: `place` to be copied, `url` to be opened by Visual Studio Code."""
        end = f":{self.line}" if self.line else ""
        path = self.file.as_posix()
        return {
            "text": self.text,
            "place": f"{self.file}{end}",
            "url": f"vscode://file/{quote(path.lstrip('/'), safe='/:')}{end}",
        }


def pieces(text: str, folder: Path | None) -> list[str | dict[str, str]]:
    """The text in pieces: strings, and the places in between. Only files that are in the app's `folder` are places."""
    found: list[str | dict[str, str]] = []
    end = 0
    for match in _NAMED.finditer(text):
        file = _file_in(folder, match["file"]) if folder else None
        if file is None:
            continue
        place = Place(match[0], file, int(match["line"]) if match["line"] else None)
        found += [text[end : match.start()], place.to_json()]
        end = match.end()
    return [piece for piece in (*found, text[end:]) if piece]


def _file_in(folder: Path, name: str) -> Path | None:
    """The file that a message means. Messages name the templates of a package without the package's folder."""
    folder = folder.resolve()
    for base in (folder, folder / "app"):
        file = (base / name).resolve()
        if file.is_relative_to(folder) and file.is_file():
            return file
    return None
