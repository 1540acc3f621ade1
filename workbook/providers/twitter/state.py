"""The state of the local Twitter: the app, its tokens, the users who are logged in, and the app's requests."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from hashlib import sha256

from .. import state
from ..people import Person
from ..remembered import Remembered
from ..state import State

# How long a request token lives (seconds). Twitter does not document its own figure; this one is ours.
REQUEST_TOKEN_LIFETIME = 15 * 60
# How many nonces are remembered: enough for some hundred requests a second. They are digests, all equally long.
MOST_NONCES = 200_000
# How far a timestamp may be off (seconds). Twitter does not document its own figure.
TIMESTAMP_TOLERANCE = 300
# The callback of an app to which no browser can be sent back: the user types a PIN into it (PIN-based OAuth).
OUT_OF_BAND = "oob"


@dataclass
class RequestToken:
    """Temporary credentials (RFC 5849 section 2.1), and their state."""

    token: str
    secret: str
    callback: str
    made_at: float
    person: Person | None = None
    verifier: str | None = None
    spent: bool = False


@dataclass(frozen=True)
class AccessToken:
    """Token credentials (RFC 5849 section 2.3), and their user."""

    token: str
    secret: str
    person: Person


@dataclass
class Attempt(state.Attempt):
    """One signed request of the app's. `error_code` is Twitter's own code."""

    consumer_key: str | None = None
    key_known: bool = False
    signature_valid: bool = False
    oauth_callback: str | None = None
    oauth_token: str | None = None
    base_string: str | None = None
    screen_name: str | None = None
    error_code: int | None = None


@dataclass
class TwitterState(State[Attempt]):
    """The state of one local Twitter."""

    name = "twitter"
    request_tokens: Remembered[str, RequestToken] = field(default_factory=Remembered)
    access_tokens: Remembered[str, AccessToken] = field(default_factory=Remembered)
    approved: set[str] = field(default_factory=set)
    # By the digest of credentials, timestamp and nonce: when it came (seconds since 1970).
    nonces: Remembered[bytes, float] = field(default_factory=lambda: Remembered(most=MOST_NONCES))

    @property
    def logged_in(self) -> dict[str, str]:
        """The logged-in person's key, by the browser's session."""
        return self.sessions.logged_in

    @property
    def consumer_key(self) -> str:
        """The app's key."""
        return self.world.key("TWITTER_KEY", 25)

    @property
    def consumer_secret(self) -> str:
        """The app's secret."""
        return self.world.key("TWITTER_SECRET", 50)

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's key and secret."""
        return self.consumer_key, self.consumer_secret

    def callback_listed(self, callback: str) -> bool:
        """Whether a callback is on the app's list (docs.x.com, Developer apps). "oob" needs no entry."""
        return callback == OUT_OF_BAND or super().callback_listed(callback)

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
        """The request token with that value, if there is one that is neither spent nor too old."""
        with self.lock:
            found = self.request_tokens.get(token or "")
        if found is None or found.spent or self.now() - found.made_at > REQUEST_TOKEN_LIFETIME:
            return None
        return found

    def allow(self, request: RequestToken, person: Person) -> str:
        """The user allows access: returns the verifier, seven digits where the user types it in."""
        pin = request.callback == OUT_OF_BAND
        with self.lock:
            request.person = person
            request.verifier = (
                self.world.word("pin", 7, string.digits) if pin else self.world.word("verifier", 32)
            )
            self.approved.add(person.key)
            return request.verifier

    def new_access_token(self, request: RequestToken) -> AccessToken | None:
        """Exchanges a request token that was allowed, which is spent then. None where another request was quicker."""
        assert request.person is not None
        with self.lock:
            if request.spent:
                return None
            request.spent = True
        # The access token begins with the user's ID (docs.x.com, API reference, oauth/access_token).
        token = f"{request.person.twitter.id}-{self.world.word('access token', 40)}"
        made = AccessToken(token, self.world.word("access token secret", 45), request.person)
        with self.lock:
            self.access_tokens[made.token] = made
        return made

    def first_use(self, *nonce: str) -> bool:
        """Whether this is the first use of a nonce with these credentials and this timestamp (RFC 5849 section 3.3)."""
        now, digest = self.now(), sha256("\n".join(nonce).encode()).digest()
        with self.lock:
            if digest in self.nonces:
                return False
            # A timestamp may be ahead: the nonce could come again until the timestamp is as far behind.
            self.nonces.forget_while(lambda came: now - came > 2 * TIMESTAMP_TOLERANCE)
            self.nonces[digest] = now
            return True
