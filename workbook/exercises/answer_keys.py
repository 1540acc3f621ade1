"""The right answers to questions, and the reasons why the other answers are wrong.

The checks have them in clear. A student's copy has them sealed. A salted digest says which answer is right, and each
reason is readable only with the answer that it belongs to. So a reader of the file learns nothing from it. A program
that tries all answers finds the right ones, as `check` does.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbook.course.places import RELEASE, ROOT

from .missed import Missed

# In a student's copy: each question's key, by step and name.
SEALED = RELEASE / "answers.json"


class AnswerKey(Protocol):
    """Judges the answers to one question. `choices` are the answers that it offers, and `case` what it is about."""

    @property
    def choices(self) -> Sequence[str]: ...

    @property
    def case(self) -> str: ...

    def reason(self, answer: object) -> str | None:
        """Why an answer is wrong. The right answer gives an empty string, and an unknown answer None."""


@dataclass(frozen=True)
class ClearKey:
    """A key that has the answers in clear."""

    right: str
    wrong: Mapping[str, str]
    case: str = ""

    @property
    def choices(self) -> Sequence[str]:
        return sorted((self.right, *self.wrong))

    def reason(self, answer: object) -> str | None:
        if answer == self.right:
            return ""
        return self.wrong.get(answer) if isinstance(answer, str) else None


@dataclass(frozen=True)
class SealedKey:
    """A key that can only be asked. `entries` has, by the digest of each known answer, the sealed reason."""

    salt: str
    choices: Sequence[str]
    entries: Mapping[str, str]
    case: str = ""

    def reason(self, answer: object) -> str | None:
        if not isinstance(answer, str) or (entry := self.entries.get(_digest(self.salt, answer))) is None:
            return None
        sealed = base64.b64decode(entry)
        return _xor(sealed, _stream(self.salt, answer, len(sealed))).decode().rstrip(" ")


def answer_key(step: str, name: str, right: str, wrong: Mapping[str, str], case: str = "") -> AnswerKey:
    """The key to a question of a step. Without a `right` answer, it is the sealed one of a student's copy."""
    if right:
        return ClearKey(right, wrong, case)
    try:
        return SealedKey(**_sealed()[step][name])
    except (KeyError, TypeError):
        raise _unreadable(f"it has no key to the question '{name}'.") from None


def sealed(key: ClearKey, *, show_choices: bool) -> dict[str, Any]:
    """What a student's copy stores of a key. All sealed reasons have the same length, and no order."""
    salt = secrets.token_hex(16)
    reasons = {answer: text.encode() for answer, text in {**key.wrong, key.right: ""}.items()}
    length = max(map(len, reasons.values()))
    entries = {
        _digest(salt, answer): base64.b64encode(
            _xor(text.ljust(length), _stream(salt, answer, length))
        ).decode()
        for answer, text in reasons.items()
    }
    return {
        "salt": salt,
        "choices": list(key.choices) if show_choices else [],
        "entries": dict(sorted(entries.items())),
        "case": key.case,
    }


@functools.cache
def _sealed() -> dict[str, dict[str, dict[str, Any]]]:
    try:
        found: dict[str, dict[str, dict[str, Any]]] = json.loads(SEALED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _unreadable("it cannot be read.") from None
    return found


def _unreadable(did: str) -> Missed:
    return Missed(
        should=f"{SEALED.relative_to(ROOT).as_posix()} has the keys to all questions.",
        did=did,
        look="take this file from a new copy of the workbook.",
        subject="the workbook found",
    )


def _digest(salt: str, answer: str) -> str:
    return hashlib.sha256(f"is\0{salt}\0{answer}".encode()).hexdigest()


def _stream(salt: str, answer: str, length: int) -> bytes:
    return hashlib.shake_256(f"why\0{salt}\0{answer}".encode()).digest(length)


def _xor(text: bytes, stream: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
