"""What the local Google knows: the app, its codes and tokens, what people have allowed it, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..loopback import same_on_loopback
from ..people import People, Person
from ..sessions import Sessions
from ..world import World
from .keys import SigningKeys

# How long a code lives (seconds). Google does not document its own figure; RFC 6749 section 4.1.2 says ten minutes at
# the most.
CODE_LIFETIME = 10 * 60
# How long an access token and an ID token live (seconds).
TOKEN_LIFETIME = 3599
ID_TOKEN_LIFETIME = 3600

# The app's "Authorized redirect URIs"; redirect_listed says how the list is read.
REDIRECTS = ("http://localhost:5000/auth/google/callback", "http://127.0.0.1:5000/auth/google/callback")
# The scopes that a login needs, and the names that Google gives back for them (requests-oauthlib #387).
SCOPES = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
    "openid": "openid",
}


@dataclass
class Code:
    """An authorization code (RFC 6749 section 1.3.1), and what was said when it was given."""

    code: str
    redirect_uri: str
    person: Person
    scopes: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    offline: bool
    made_at: float
    used: bool = False


@dataclass(frozen=True)
class Token:
    """An access token or a refresh token, whose it is, and what for."""

    token: str
    person: Person
    scopes: tuple[str, ...]
    made_at: float


@dataclass
class Attempt:
    """One request of the app's, and what it was found to be. `verifier_valid` is None where there was no challenge."""

    endpoint: str
    method: str
    client_id: str | None = None
    secret_valid: bool = False
    grant_type: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    verifier_valid: bool | None = None
    person: str | None = None
    status: int = 0
    error: str | None = None


@dataclass
class GoogleState:
    """The state of one local Google. `issuer` is its address, which is its name, too."""

    world: World
    people: People
    issuer: str = ""
    app_name: str = "Workbook app"
    codes: dict[str, Code] = field(default_factory=dict)
    access_tokens: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, Token] = field(default_factory=dict)
    # By person: the scopes that they have allowed.
    granted: dict[str, set[str]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    # For tests of who reads an ID token: claims that stand in it instead of the right ones, None for one that is left
    # out; whether a key signs that is not Google's; and what is done to the token that is finished.
    wrong_claims: dict[str, Any] = field(default_factory=dict)
    signed_by_stranger: bool = False
    tampered: Callable[[str], str] | None = None
    # For tests of who reads the discovery document: members that stand in it instead of the usual ones.
    moved: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sessions = Sessions("google", self.world, self.people)
        self.keys = SigningKeys(self.world)

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self.world.key("GOOGLE_KEY", 32, "abcdefghijklmnopqrstuvwxyz0123456789")

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("GOOGLE_SECRET", 35)

    def allow(self, person: Person, scopes: Iterable[str]) -> None:
        """The person allows those scopes, beside what they have allowed before."""
        with self.lock:
            self.granted[person.key] = {*self.granted.get(person.key, ()), *scopes}

    def has_allowed(self, person: Person, scopes: Iterable[str]) -> bool:
        """Whether the person has allowed all of those scopes before."""
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
        """A code for one login. Google's hold a slash, which has to be encoded in an address."""
        made = Code(
            f"4/0A{self.world.word('google code', 70)}",
            redirect_uri,
            person,
            scopes,
            nonce,
            challenge,
            offline,
            self.now(),
        )
        with self.lock:
            self.codes[made.code] = made
        return made

    def new_access_token(self, person: Person, scopes: tuple[str, ...]) -> Token:
        """An access token. Google's begin with ya29."""
        made = Token(f"ya29.{self.world.word('google access token', 200)}", person, scopes, self.now())
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def new_refresh_token(self, person: Person, scopes: tuple[str, ...]) -> Token:
        """A refresh token. Google's begin with 1//."""
        made = Token(f"1//0{self.world.word('google refresh token', 90)}", person, scopes, self.now())
        with self.lock:
            self.refresh_tokens[made.token] = made
        return made

    def revoke(self, person: Person) -> None:
        """Takes back what the person has allowed, and all tokens with it."""
        with self.lock:
            self.granted.pop(person.key, None)
            for tokens in (self.access_tokens, self.refresh_tokens):
                for token in [one.token for one in tokens.values() if one.person.key == person.key]:
                    del tokens[token]

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()


def redirect_listed(redirect_uri: str) -> bool:
    """Whether a redirect address is on the app's list. The local Google is kinder than the real one, which compares
    letter for letter: it takes any port of this machine, and does not compare the query."""
    return redirect_uri in REDIRECTS or any(same_on_loopback(redirect_uri, listed) for listed in REDIRECTS)


def full_scopes(asked: str) -> tuple[str, ...]:
    """The scopes of a request by Google's own names, in Google's own order. openid is always among them; ValueError
    names those that there are not."""
    wanted = asked.split()
    unknown = [name for name in wanted if name not in SCOPES and name not in SCOPES.values()]
    if unknown:
        raise ValueError(", ".join(unknown))
    return tuple(
        full for short, full in SCOPES.items() if short in wanted or full in wanted or full == "openid"
    )
