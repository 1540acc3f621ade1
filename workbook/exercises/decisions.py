"""Compares a decision table that a student has filled in, a line for each row in decisions.toml, with the right one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .answers import SUBJECT, toml_of
from .missed import Missed

FILE = "decisions.toml"


def check_decision(folder: Path, row: str, case: str, right: str, wrong: Mapping[str, str]) -> None:
    """Raises Missed if the line `row` of decisions.toml is not `right`.

    `case` is the row in words. `wrong` gives for each other decision the reason why it is wrong. The message has this
    reason, but not the right decision.
    """
    decision = toml_of(folder, FILE).get(row)
    word = " ".join(decision.lower().split()) if isinstance(decision, str) else decision
    if word == right:
        return
    known = ", ".join(f'"{one}"' for one in sorted((right, *wrong)))
    if word is None:
        did, look = f"there is no line that begins with {row} =.", f'write {row} = "…" there.'
    elif word == "":
        did, look = f"nothing yet for {row}.", "the table is in the chapter's README.md."
    elif isinstance(word, str) and word in wrong:
        did = f'"{word}" for {row}. {wrong[word]}'
        look = "ask the questions from left to right. The first that decides ends it."
    else:
        did, look = f"{decision!r} for {row}.", f"one of {known}."
    raise Missed(
        should=f"{FILE} says what to do: {case} It is one of {known}.", did=did, look=look, subject=SUBJECT
    )
