"""GitHub's scopes: how an app asks for them, how GitHub writes them, and which of them a call needs (docs.github.com,
Scopes for OAuth apps)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Each scope that is known here, and the scopes that it includes.
_KNOWN = {
    "user": ("read:user", "user:email", "user:follow"),
    "read:user": (),
    "user:email": (),
    "user:follow": (),
    "repo": ("public_repo",),
    "public_repo": (),
    "gist": (),
}
READS_EMAILS = ("user", "user:email")


def normalised(asked: str) -> tuple[str, ...]:
    """The known scopes of a request in alphabetical order, without those that another one includes. Blanks or commas
    may separate them."""
    wanted = {name for name in re.split(r"[,\s]+", asked) if name in _KNOWN}
    return tuple(sorted(wanted - {inner for name in wanted for inner in _KNOWN[name]}))


def merged(*scopes: Iterable[str]) -> tuple[str, ...]:
    """All of those scopes, as normalised has them."""
    return normalised(",".join(name for some in scopes for name in some))


def covers(granted: Iterable[str], asked: Iterable[str]) -> bool:
    """Whether every scope in `asked` was granted."""
    has = set(granted)
    return set(asked) <= has | {inner for name in has for inner in _KNOWN[name]}
