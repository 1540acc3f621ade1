"""What the local GitHub knows: the app, its codes and tokens, what people have allowed it, and what it was asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ..loopback import same_on_loopback
from ..people import People, Person
from ..sessions import Sessions
from ..world import World
from .scopes import merged

# How long a code lives (seconds; docs.github.com, Authorizing OAuth apps).
CODE_LIFETIME = 10 * 60

# The app's callbacks; redirect_listed says how the list is read. The first is meant where the app names none.
CALLBACKS = ("http://localhost:5000/auth/github/callback", "http://127.0.0.1:5000/auth/github/callback")


@dataclass
class Code:
    """An authorization code (RFC 6749 section 1.3.1), and what was said when it was given."""

    code: str
    redirect_uri: str
    person: Person
    scopes: tuple[str, ...]
    challenge: str | None
    made_at: float
    used: bool = False


@dataclass(frozen=True)
class AccessToken:
    """An access token, whose it is, and what for. It does not expire."""

    token: str
    person: Person
    scopes: tuple[str, ...]


@dataclass
class Attempt:
    """One request of the app's, and what it was found to be. `verifier_valid` is None where there was no challenge."""

    endpoint: str
    method: str
    client_id: str | None = None
    secret_valid: bool = False
    code: str | None = None
    redirect_uri: str | None = None
    verifier_valid: bool | None = None
    person: str | None = None
    status: int = 0
    error: str | None = None


@dataclass
class GitHubState:
    """The state of one local GitHub. `issuer` is who says to be answering in the callback."""

    world: World
    people: People
    issuer: str = ""
    app_name: str = "Workbook app"
    # Whether somebody whose primary address is not verified is refused. GitHub documents an error for that.
    verified_primary_required: bool = False
    codes: dict[str, Code] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    # By person: the scopes that they have allowed.
    granted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sessions = Sessions("github", self.world, self.people)

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self.world.key("GITHUB_KEY", 20)

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("GITHUB_SECRET", 40, "0123456789abcdef")

    def allow(self, person: Person, scopes: tuple[str, ...]) -> None:
        """The person allows those scopes, beside what they have allowed before."""
        with self.lock:
            self.granted[person.key] = merged(self.granted.get(person.key, ()), scopes)

    def revoke(self, person: Person) -> None:
        """The person takes back what they have allowed, and all tokens with it, as they can in their settings."""
        with self.lock:
            self.granted.pop(person.key, None)
            for token in [one.token for one in self.access_tokens.values() if one.person.key == person.key]:
                del self.access_tokens[token]

    def new_code(
        self, person: Person, redirect_uri: str, scopes: tuple[str, ...], challenge: str | None
    ) -> Code:
        """A code for one login: twenty hexadecimal digits (davido/gerrit-oauth-provider #76)."""
        word = self.world.word("github code", 20, "0123456789abcdef")
        made = Code(word, redirect_uri, person, scopes, challenge, self.now())
        with self.lock:
            self.codes[made.code] = made
        return made

    def new_access_token(self, person: Person, scopes: tuple[str, ...]) -> AccessToken:
        """An access token. Those of OAuth apps begin with gho_."""
        made = AccessToken(f"gho_{self.world.word('github access token', 36)}", person, scopes)
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()


def redirect_listed(redirect_uri: str) -> bool:
    """Whether an address is one of the app's callbacks. GitHub itself takes any port of this machine (Authorizing OAuth
    apps, Loopback redirect urls); the path has to be the same, as for apps that were made since August 2026."""
    return redirect_uri in CALLBACKS or any(same_on_loopback(redirect_uri, listed) for listed in CALLBACKS)
