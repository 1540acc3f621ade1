"""A flow drawn with characters, for the terminal.

termaid, which draws Mermaid in terminals, neither breaks a label into lines nor keeps to a width: a login with its
parameters came out 350 columns wide. So the few lines that this takes are our own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from .drawn import Arrow, label_of, participants

# Narrower than this there is no room for three lifelines: the messages are a numbered list then (columns).
_NARROWEST = 72
# A label has so much room where the drawing does not end before, however near the two ends of its arrow are (columns).
_ROOMY = 40
_UNICODE = {"life": "│", "line": "─", "dash": "╌", "right": "▶", "left": "◀", "mark": "◆"}
_ASCII = {"life": "|", "line": "-", "dash": ".", "right": ">", "left": "<", "mark": "*"}
_BOLD_RED, _DIM, _PLAIN = "\x1b[1;31m", "\x1b[2m", "\x1b[0m"


def to_terminal(
    arrows: Sequence[Arrow],
    *,
    width: int = 100,
    color: bool = False,
    mark: int | None = None,
    unicode: bool = True,
) -> str:
    """The drawing, `width` columns wide at the most. `mark` is the index of an arrow that is pointed out."""
    signs = _UNICODE if unicode else _ASCII
    arrows = arrows if unicode else [in_ascii(arrow) for arrow in arrows]
    people = participants(arrows)
    if width < _NARROWEST or len(people) < 2:
        text = _list(arrows, width, mark, signs)
    else:
        text = _drawing(arrows, people, min(width, 118), mark, signs)
    if not color:
        return text
    begin = signs["mark"]
    return "\n".join(
        f"{_BOLD_RED}{line}{_PLAIN}" if line.startswith(begin) else line for line in text.splitlines()
    )


def _drawing(
    arrows: Sequence[Arrow], people: dict[str, str], width: int, mark: int | None, signs: dict[str, str]
) -> str:
    first, last = 8, width - 6
    places = {name: first + round(i * (last - first) / (len(people) - 1)) for i, name in enumerate(people)}
    step = (last - first) // (len(people) - 1)
    lines = [_row({place: people[name] for name, place in places.items()}, centred=True)]

    def lifelines() -> list[str]:
        row = [" "] * (width + 1)
        for place in places.values():
            row[place] = signs["life"]
        return row

    for index, arrow in enumerate(arrows):
        left, right = sorted((places[arrow.sender], places[arrow.receiver]))
        if left == right:  # said to itself: a person may draw that
            left, right = (left, left + step) if right != last else (left - step, left)
        room = max(right - left - 3, min(_ROOMY, width - left - 2))
        for text in [f"{index + 1}. {arrow.title}", *(f"   {name}={value}" for name, value in arrow.details)]:
            for shown in folded(text, room):
                row = lifelines()
                row[left + 2 : left + 2 + cell_len(shown)] = shown
                lines.append("".join(row).rstrip())
        row = lifelines()
        row[left + 1 : right] = (signs["line"] if arrow.is_request else signs["dash"]) * (right - left - 1)
        to_the_right = places[arrow.receiver] == right
        row[right - 1 if to_the_right else left + 1] = signs["right" if to_the_right else "left"]
        if index == mark:
            row[0] = signs["mark"]
        lines.append("".join(row).rstrip())
    return "\n".join(lines) + "\n"


def _row(words: dict[int, str], *, centred: bool) -> str:
    row = [" "] * (max(words) + 20)
    for place, word in words.items():
        begin = max(0, place - len(word) // 2) if centred else place
        row[begin : begin + len(word)] = word
    return "".join(row).rstrip()


def _list(arrows: Sequence[Arrow], width: int, mark: int | None, signs: dict[str, str]) -> str:
    lines = []
    for index, arrow in enumerate(arrows):
        sign = signs["mark"] if index == mark else " "
        lines += folded(f"{sign}{index + 1:>3}. {one_line(arrow, unicode=signs is _UNICODE)}", width)
        for name, value in arrow.details:
            lines += folded(f"        {name}={value}", width, indent=" " * 10)
    return "\n".join(lines) + "\n"


def folded(text: str, room: int, indent: str = " " * 5) -> list[str]:
    """Text in lines of `room` columns, all of it: broken at spaces, and in words that are too long for a line."""
    indent = indent[: room // 2]
    lines = [""]
    for word in re.findall(r"\s*\S+", text):
        if cell_len(lines[-1] + word) > room and lines[-1].strip():
            lines.append(indent)
            word = word.lstrip()
        for character in word:
            if cell_len(lines[-1] + character) > room:
                lines.append(indent)
            lines[-1] += character
    return lines


def in_ascii(arrow: Arrow) -> Arrow:
    """The same arrow for a terminal that knows no more than ASCII."""
    details = tuple((_ascii(name), _ascii(value)) for name, value in arrow.details)
    return replace(arrow, title=_ascii(arrow.title), details=details)


def _ascii(text: str) -> str:
    text = text.replace("‹", "<").replace("›", ">").replace("…", "...").replace("→", "->")
    return text.encode("ascii", "replace").decode()


def one_line(arrow: Arrow, *, unicode: bool = True) -> str:
    """An arrow in words: "Your app → Twitter: POST /oauth/request_token"."""
    pointer = "→" if unicode else "->"
    arrow = arrow if unicode else in_ascii(arrow)
    sender, receiver = (label_of(name) for name in (arrow.sender, arrow.receiver))
    return f"{sender} {pointer} {receiver}: {arrow.title}"
