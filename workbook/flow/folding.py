"""What a picture writes at each arrow of a flow: every parameter once, and then the number of the arrow that has it.

A browser carries a redirect's parameters to where the redirect leads, and a form sends them a third time. Written out
each time they fill half of a picture, and nobody sees what is new. The recorded text has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .drawn import ALWAYS_NEW, Arrow
from .messages import APP

Pair = tuple[str, str]  # a parameter's name and its value, as it is drawn
# What the callback brings is what the app reads there: it is written out again.
_READ_BY_APP = {"code", "state", "error", "denied", "oauth_token", "oauth_verifier"}
# Fewer parameters are not folded, unless they are long (characters).
_FEW, _LONG = 3, 40
_COOKIE = "sets cookie"


@dataclass(frozen=True)
class Label:
    """What is written at an arrow: its title, the parameters that are written out, and lines that fold the others."""

    title: str
    details: tuple[str, ...]
    folded: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Arrows that a picture leaves out, both ends counted from 1, and what it says instead of them."""

    first: int
    last: int
    instead: str

    @property
    def numbers(self) -> range:
        """The numbers of these arrows."""
        return range(self.first, self.last + 1)


def labels(arrows: Sequence[Arrow], left_out: Sequence[LeftOut] = ()) -> tuple[Label, ...]:
    """The labels of a flow's arrows, in order. Arrows count from 1. No label names one that is left out."""
    unseen = {number for part in left_out for number in part.numbers}
    last: dict[Pair, int] = {}  # the arrow at which a parameter was written out last
    written: list[dict[Pair, int]] = []  # the same for each arrow's own parameters
    found = []
    for index, arrow in enumerate(arrows):
        if index + 1 in unseen:
            written.append({})
            found.append(Label(arrow.title, ()))
            continue
        before = _carried_from(arrows, index)
        again = {
            pair: written[before][pair] if before is not None and pair in written[before] else last[pair]
            for pair in arrow.details
            if ((before is not None and pair in written[before]) or (pair in last and _is_known_long(pair)))
            and pair[0] != _COOKIE
            and not (arrow.receiver == APP and pair[0] in _READ_BY_APP)
        }
        if len(again) < _FEW and not any(map(_is_long, again)):
            again = {}
        names = [
            pair for pair in arrow.details if pair in last and pair not in again and _has_no_own_value(pair)
        ]
        names = names if len(names) >= _FEW else []
        out = [pair for pair in arrow.details if pair not in again and pair not in names]
        last |= dict.fromkeys(out, index + 1)
        written.append({**again, **{pair: last[pair] for pair in (*out, *names)}})
        lines = [
            f"as in {number}: {_names(pair for pair in again if again[pair] == number)}"
            for number in sorted(set(again.values()))
        ]
        lines += [f"and {_names(names)}"] if names else []
        found.append(Label(arrow.title, tuple(f"{name}={value}" for name, value in out), tuple(lines)))
    return tuple(found)


def _names(pairs: Iterable[Pair]) -> str:
    return ", ".join(name for name, _ in pairs)


def _carried_from(arrows: Sequence[Arrow], index: int) -> int | None:
    """The place of the arrow whose parameters a browser's request hands on as they came: of the redirect before it, or
    of the request for the page before it, where that had the same path."""
    arrow = arrows[index]
    if not arrow.is_request or arrow.sender == APP:
        return None
    for place in range(index - 1, max(index - 3, -1), -1):
        earlier = arrows[place]
        redirect = earlier.receiver == arrow.sender and ", to " in earlier.title
        follows = place == index - 1 and redirect and earlier.title.endswith(_path(arrow))
        same_page = (earlier.sender, earlier.receiver, earlier.is_request) == (
            arrow.sender,
            arrow.receiver,
            True,
        )
        if follows or (same_page and _path(earlier) == _path(arrow)):
            return place
    return None


def _path(arrow: Arrow) -> str:
    return arrow.title.partition(" ")[2]


def _is_long(pair: Pair) -> bool:
    return len(pair[0]) + len(pair[1]) >= _LONG


def _is_known_long(pair: Pair) -> bool:
    """Whether a parameter is long, and the same value is really the same."""
    return _is_long(pair) and not _has_no_own_value(pair) and not pair[1].startswith("‹unknown ")


def _has_no_own_value(pair: Pair) -> bool:
    """Whether the value is drawn as what it is, and not as which one: two nonces are both ‹nonce›."""
    return pair[0] in ALWAYS_NEW and bool(re.fullmatch("‹.*›", pair[1]))
