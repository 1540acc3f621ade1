"""What the local Twitter knows: the app, its tokens, who is logged in, and what it was asked."""

from __future__ import annotations

import string
import threading
from dataclasses import dataclass, field

from ..loopback import same_on_loopback
from ..people import People, Person
from ..sessions import Sessions
from ..world import World

# How long a request token lives (seconds). Twitter does not document its own figure; this one is ours.
REQUEST_TOKEN_LIFETIME = 15 * 60

# The app's allow-list of callbacks (docs.x.com, Developer apps); callback_listed says how it is read.
CALLBACKS = ("http://localhost:5000/auth/twitter/callback", "http://127.0.0.1:5000/auth/twitter/callback")


@dataclass
class RequestToken:
    """Temporary credentials (RFC 5849 section 2.1), and what has become of them."""

    token: str
    secret: str
    callback: str
    made_at: float
    person: Person | None = None
    verifier: str | None = None
    spent: bool = False


@dataclass(frozen=True)
class AccessToken:
    """Token credentials (RFC 5849 section 2.3), and whose they are."""

    token: str
    secret: str
    person: Person


@dataclass
class Attempt:
    """One signed request, and what it was found to be. `error_code` is Twitter's own number."""

    endpoint: str
    method: str
    consumer_key: str | None = None
    key_known: bool = False
    signature_valid: bool = False
    oauth_callback: str | None = None
    oauth_token: str | None = None
    base_string: str | None = None
    screen_name: str | None = None
    status: int = 0
    error_code: int | None = None


@dataclass
class TwitterState:
    """The state of one local Twitter."""

    world: World
    people: People
    app_name: str = "Workbook app"
    request_tokens: dict[str, RequestToken] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)
    nonces: set[tuple[str, ...]] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.sessions = Sessions("twitter", self.world, self.people)

    @property
    def logged_in(self) -> dict[str, str]:
        """Who is logged in here, by the browser's session."""
        return self.sessions.logged_in

    @property
    def consumer_key(self) -> str:
        """The app's key."""
        return self.world.key("TWITTER_KEY", 25)

    @property
    def consumer_secret(self) -> str:
        """The app's secret."""
        return self.world.key("TWITTER_SECRET", 50)

    def new_request_token(self, callback: str) -> RequestToken:
        """Temporary credentials for one login."""
        made = RequestToken(
            self.world.word("request token", 27),
            self.world.word("request token secret", 32),
            callback,
            self.now(),
        )
        with self.lock:
            self.request_tokens[made.token] = made
        return made

    def usable_request_token(self, token: str | None) -> RequestToken | None:
        """The request token, if it is one and is neither spent nor too old."""
        with self.lock:
            found = self.request_tokens.get(token or "")
        if found is None or found.spent or self.now() - found.made_at > REQUEST_TOKEN_LIFETIME:
            return None
        return found

    def allow(self, request: RequestToken, person: Person) -> str:
        """The person says yes: gives the verifier, seven digits where it has to be typed in."""
        pin = request.callback == "oob"
        with self.lock:
            request.person = person
            request.verifier = (
                self.world.word("pin", 7, string.digits) if pin else self.world.word("verifier", 32)
            )
            self.approved.add(person.key)
            return request.verifier

    def new_access_token(self, request: RequestToken) -> AccessToken | None:
        """Swaps a request token that was allowed: it is spent then. None where another request was quicker."""
        assert request.person is not None
        with self.lock:
            if request.spent:
                return None
            request.spent = True
        # The access token begins with the user's id (docs.x.com, API reference, oauth/access_token).
        token = f"{request.person.twitter.id}-{self.world.word('access token', 40)}"
        made = AccessToken(token, self.world.word("access token secret", 45), request.person)
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def first_use(self, *nonce: str) -> bool:
        """Whether a nonce comes for the first time with these credentials and this timestamp (RFC 5849 section 3.3)."""
        with self.lock:
            if nonce in self.nonces:
                return False
            self.nonces.add(nonce)
            return True

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()


def callback_listed(callback: str) -> bool:
    """Whether a callback is on the app's list.

    Twitter compares letter for letter. The local one is kinder: it takes any port of this machine, and does not
    compare the query. The host's name counts: localhost and 127.0.0.1 are two entries of the list.
    """
    return (
        callback == "oob"
        or callback in CALLBACKS
        or any(same_on_loopback(callback, listed) for listed in CALLBACKS)
    )
