"""Codes, access tokens and parameters, as all providers that speak OAuth 2 have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from flask import g, request

from . import state
from .people import Person
from .remembered import Remembered
from .state import A, State


@dataclass
class Code:
    """An authorization code (RFC 6749 section 1.3.1), with the user and the redirect URI that it was made for."""

    code: str
    redirect_uri: str
    person: Person
    made_at: float
    used: bool = False


@dataclass(frozen=True)
class AccessToken:
    """An access token, and the user whose data it opens."""

    token: str
    person: Person
    made_at: float


@dataclass(frozen=True, kw_only=True)
class ScopedToken(AccessToken):
    """A token that is good for some scopes only."""

    scopes: tuple[str, ...]


@dataclass
class Attempt(state.Attempt):
    """One request of the app's. `verifier_valid` is None where the code has no challenge."""

    client_id: str | None = None
    secret_valid: bool = False
    code: str | None = None
    redirect_uri: str | None = None
    verifier_valid: bool | None = None


C = TypeVar("C", bound=Code)
T = TypeVar("T", bound=AccessToken)


@dataclass
class OAuth2State(State[A], Generic[A, C, T]):
    """The state of one local provider that speaks OAuth 2."""

    codes: Remembered[str, C] = field(default_factory=Remembered)
    access_tokens: Remembered[str, T] = field(default_factory=Remembered)

    # The lifetime of a code (seconds). RFC 6749 section 4.1.2 allows ten minutes at the most.
    code_lifetime: ClassVar[float]

    def given_code(self, made: C) -> C:
        """Adds a code to `codes`, and returns it."""
        with self.lock:
            self.codes[made.code] = made
        return made

    def given_token(self, made: T) -> T:
        """Adds an access token to `access_tokens`, and returns it."""
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def is_too_old(self, code: C) -> bool:
        """Whether the code is too old, or a fault makes this request treat it as too old."""
        return g.fault == "expired_code" or self.now() - code.made_at > self.code_lifetime

    def usable_code(self, code: str | None) -> C | None:
        """The code with that value; None where there is none, or it was used before, or is too old."""
        found = self.codes.get(code or "")
        return None if found is None or found.used or self.is_too_old(found) else found

    def take_back(self, person: Person, tokens: dict[str, T]) -> None:
        """Removes the user's tokens from `tokens`."""
        with self.lock:
            for token in [one.token for one in tokens.values() if one.person.key == person.key]:
                del tokens[token]


def state_sent_back() -> Mapping[str, str]:
    """The app's `state` of this request, for the callback (RFC 6749 section 4.1.2); nothing where it sent none."""
    given = request.args.get("state")
    if given is None:
        return {}
    return {"state": f"not-{given}" if g.fault == "wrong_state" else given}


def token_in_header(*words: str) -> str:
    """The access token that follows one of those schemes, such as "bearer", in the Authorization header (RFC 6750
    section 2.1); empty where none does."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given if scheme.lower() in words else ""
