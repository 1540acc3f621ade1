"""Compares a decision table that a student has filled in, a line for each row in decisions.toml, with the right one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .answer_keys import answer_key
from .answers import SUBJECT, toml_of
from .missed import Missed

FILE = "decisions.toml"
# A student's copy has the answers elsewhere, and sealed.
_ELSEWHERE: Mapping[str, str] = {}


def check_decision(
    folder: Path, row: str, case: str = "", right: str = "", wrong: Mapping[str, str] = _ELSEWHERE
) -> None:
    """Raises Missed if the line `row` of decisions.toml is not `right`.

    `case` is the row in words. `wrong` gives for each other decision the reason why it is wrong. The message has this
    reason, but not the right decision. In a student's copy these three are left out, as for check_answer.
    """
    key = answer_key(folder.name, row, right, wrong, case)
    decision = toml_of(folder, FILE).get(row)
    word = " ".join(decision.lower().split()) if isinstance(decision, str) else decision
    reason = key.reason(word)
    if reason == "":
        return
    known = ", ".join(f'"{one}"' for one in key.choices)
    if word is None:
        did, look = f"there is no line that begins with {row} =.", f'write {row} = "…" there.'
    elif word == "":
        did, look = f"nothing yet for {row}.", "the table is in the chapter's README.md."
    elif reason is not None:
        did = f'"{word}" for {row}. {reason}'
        look = (
            "ask the questions of the table from left to right, and stop at the first question that decides."
        )
    else:
        did, look = f"{decision!r} for {row}.", f"one of {known}."
    raise Missed(
        should=f"{FILE} has the decision for this case: {key.case} The decision is one of {known}.",
        did=did,
        look=look,
        subject=SUBJECT,
    )
