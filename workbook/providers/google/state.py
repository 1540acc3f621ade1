"""The state of the local Google: the app, its codes and tokens, what users have allowed it, and its requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .. import oauth2
from ..oauth2 import OAuth2State, ScopedToken
from ..people import Person
from ..remembered import Remembered
from .keys import SigningKeys

# How long a code lives (seconds). Google does not document its own figure; RFC 6749 section 4.1.2 says ten minutes at
# the most.
CODE_LIFETIME = 10 * 60
# How long an access token and an ID token live (seconds).
TOKEN_LIFETIME = 3599
ID_TOKEN_LIFETIME = 3600
# The largest number of refresh tokens that an account has for one app: with one more the oldest ends, without an error
# (Using OAuth 2.0, Refresh token expiration).
MOST_REFRESH_TOKENS = 100

# The scopes that a login needs, and the names with which Google replies (requests-oauthlib #387).
SCOPES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
    "openid": "openid",
}


@dataclass(kw_only=True)
class Code(oauth2.Code):
    """An authorization code, and the parameters that it was given for."""

    scopes: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    offline: bool


@dataclass
class Attempt(oauth2.Attempt):
    """One request of the app's. `error` is RFC 6749's error code."""

    grant_type: str | None = None
    error: str | None = None


@dataclass
class GoogleState(OAuth2State[Attempt, Code, ScopedToken]):
    """The state of one local Google."""

    name = "google"
    code_lifetime = CODE_LIFETIME
    refresh_tokens: Remembered[str, ScopedToken] = field(default_factory=Remembered)
    # By person: the scopes that they have granted.
    granted: dict[str, set[str]] = field(default_factory=dict)
    # For tests of apps that read an ID token: wrong claims for it, None to leave one out; whether a key signs that is
    # not Google's; and a change of the finished token.
    wrong_claims: dict[str, Any] = field(default_factory=dict)
    signed_by_stranger: bool = False
    tampered: Callable[[str], str] | None = None
    # For tests of apps that read the discovery document: wrong members for it.
    moved: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keys = SigningKeys(self.world)

    @property
    def client_id(self) -> str:
        """The app's client ID."""
        return self.world.key("GOOGLE_KEY", 32, "abcdefghijklmnopqrstuvwxyz0123456789")

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("GOOGLE_SECRET", 35)

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's client ID and secret."""
        return self.client_id, self.client_secret

    @property
    def issuer(self) -> str:
        """The `iss` of ID tokens and of the callback: the provider's URL."""
        return self.url

    def allow(self, person: Person, scopes: Iterable[str]) -> None:
        """The user grants those scopes, beside the ones that they have granted before."""
        with self.lock:
            self.granted[person.key] = {*self.granted.get(person.key, ()), *scopes}

    def has_allowed(self, person: Person, scopes: Iterable[str]) -> bool:
        """Whether the user has granted all of those scopes before."""
        return set(scopes) <= self.granted.get(person.key, set())

    def new_code(
        self,
        person: Person,
        *,
        redirect_uri: str,
        scopes: tuple[str, ...],
        nonce: str | None,
        challenge: str | None,
        offline: bool,
    ) -> Code:
        """A code for one login. Google's contain a slash, which has to be percent-encoded in a URL."""
        return self.given_code(
            Code(
                f"4/0A{self.world.word('google code', 70)}",
                redirect_uri,
                person,
                self.now(),
                scopes=scopes,
                nonce=nonce,
                challenge=challenge,
                offline=offline,
            )
        )

    def new_access_token(self, person: Person, scopes: tuple[str, ...]) -> ScopedToken:
        """An access token. Google's begin with ya29."""
        token = f"ya29.{self.world.word('google access token', 200)}"
        return self.given_token(ScopedToken(token, person, self.now(), scopes=scopes))

    def new_refresh_token(self, person: Person, scopes: tuple[str, ...]) -> ScopedToken:
        """A refresh token. Google's begin with 1//."""
        token = f"1//0{self.world.word('google refresh token', 90)}"
        made = ScopedToken(token, person, self.now(), scopes=scopes)
        with self.lock:
            older = [one.token for one in self.refresh_tokens.values() if one.person.key == person.key]
            for old in older[: 1 - MOST_REFRESH_TOKENS]:
                del self.refresh_tokens[old]
            self.refresh_tokens[made.token] = made
        return made

    def revoke(self, person: Person) -> None:
        """Takes back all that the user has granted, and all tokens with it."""
        with self.lock:
            self.granted.pop(person.key, None)
            self.take_back(person, self.access_tokens)
            self.take_back(person, self.refresh_tokens)


def full_scopes(asked: str) -> tuple[str, ...]:
    """The scopes of a request by Google's own names, in Google's own order. openid is always among them; ValueError
    names unknown ones."""
    wanted = asked.split()
    unknown = [name for name in wanted if name not in SCOPES and name not in SCOPES.values()]
    if unknown:
        raise ValueError(", ".join(unknown))
    return tuple(
        full for short, full in SCOPES.items() if short in wanted or full in wanted or full == "openid"
    )
