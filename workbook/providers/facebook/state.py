"""What the local Facebook knows: the app, its codes and tokens, what people have allowed it, and what it was asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..loopback import is_loopback, same_on_loopback
from ..people import People, Person
from ..sessions import Sessions
from ..world import World

# How long a code lives (seconds). Facebook does not document its own figure; RFC 6749 section 4.1.2 says ten
# minutes at the most.
CODE_LIFETIME = 10 * 60
# About sixty days, as recorded in answers of Facebook's (seconds).
TOKEN_LIFETIME = 5183944

# The app's "Valid OAuth Redirect URIs"; redirect_listed says how the list is read.
REDIRECTS = ("http://localhost:5000/auth/facebook/callback", "http://127.0.0.1:5000/auth/facebook/callback")
# What an app may ask for here. People can refuse everything but the first.
PERMISSIONS = ("public_profile", "email")


@dataclass
class Code:
    """An authorization code (RFC 6749 section 1.3.1): for whom, and with which redirect address it was given."""

    code: str
    redirect_uri: str
    person: Person
    made_at: float
    used: bool = False


@dataclass(frozen=True)
class AccessToken:
    """An access token, and whose it is."""

    token: str
    person: Person
    made_at: float


@dataclass
class Attempt:
    """One request of the app's, and what it was found to be. `error_code` is Facebook's own number."""

    endpoint: str
    method: str
    client_id: str | None = None
    secret_valid: bool = False
    code: str | None = None
    redirect_uri: str | None = None
    fields: str | None = None
    person: str | None = None
    status: int = 0
    error_code: int | None = None


@dataclass
class FacebookState:
    """The state of one local Facebook."""

    world: World
    people: People
    app_name: str = "Workbook app"
    # The app's setting "Require App Secret": no call of the Graph API without appsecret_proof.
    proof_required: bool = False
    codes: dict[str, Code] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    # By person: each permission that was asked for, and whether it was granted.
    decisions: dict[str, dict[str, bool]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sessions = Sessions("facebook", self.world, self.people)

    @property
    def app_id(self) -> str:
        """The app's id, digits."""
        return self.world.key("FACEBOOK_KEY", 16, "0123456789")

    @property
    def app_secret(self) -> str:
        """The app's secret, hexadecimal digits."""
        return self.world.key("FACEBOOK_SECRET", 32, "0123456789abcdef")

    @property
    def app_token(self) -> str:
        """The app's own access token, with which it asks about tokens. It is no person's."""
        return f"{self.app_id}|{self.world.key('facebook app token', 27)}"

    def granted(self, person: Person) -> set[str]:
        """What the person has allowed the app; nothing where they have removed it."""
        return {name for name, yes in self.decisions.get(person.key, {}).items() if yes}

    def decide(self, person: Person, decisions: dict[str, bool]) -> None:
        """The person has decided on some permissions."""
        with self.lock:
            self.decisions[person.key] = {**self.decisions.get(person.key, {}), **decisions}

    def revoke(self, person: Person, permission: str | None) -> None:
        """The person, or the app for them, takes one permission back; without a name all of them, and the app is
        removed. Without public_profile nothing is left, either."""
        with self.lock:
            if permission in (None, "public_profile"):
                self.decisions.pop(person.key, None)
            elif permission in self.decisions.get(person.key, {}):
                self.decisions[person.key][permission] = False

    def new_code(self, person: Person, redirect_uri: str) -> Code:
        """A code for one login."""
        made = Code(f"AQ{self.world.word('code', 78)}", redirect_uri, person, self.now())
        with self.lock:
            self.codes[made.code] = made
        return made

    def new_access_token(self, person: Person) -> AccessToken:
        """An access token. Facebook's begin with EAA."""
        made = AccessToken(f"EAA{self.world.word('access token', 120)}", person, self.now())
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()


def redirect_listed(redirect_uri: str) -> bool:
    """Whether a redirect address is on the app's list. The local Facebook is kinder than the real one: it takes any
    port of this machine."""
    return redirect_uri in REDIRECTS or any(same_on_loopback(redirect_uri, listed) for listed in REDIRECTS)


def is_absolute(redirect_uri: str) -> bool:
    """Whether a redirect address has a scheme and a host (RFC 3986 section 4.3)."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def is_insecure(redirect_uri: str) -> bool:
    """Whether a redirect address is plain HTTP and not on this machine. Facebook takes such a one from localhost only,
    and only while the app is in development mode."""
    return urlsplit(redirect_uri).scheme == "http" and not is_loopback(redirect_uri)
