"""The state of the local Facebook: the app, its codes and tokens, what users have allowed it, and its requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .. import oauth2
from ..loopback import is_loopback
from ..oauth2 import AccessToken, Code, OAuth2State
from ..people import Person

# How long a code lives (seconds). Facebook does not document its own figure; RFC 6749 section 4.1.2 says ten
# minutes at the most.
CODE_LIFETIME = 10 * 60
# About sixty days, as recorded in responses of Facebook's (seconds).
TOKEN_LIFETIME = 5183944

# The path of the Graph API, below the provider's name.
GRAPH = "/graph"
# The permissions that an app may ask for here, and how the dialog describes them. Users can deny all but the first.
# Those from the third on are in clients' examples (authomatic, user_info_scope); no person here has such data at
# Facebook.
PERMISSIONS = {
    "public_profile": "your name and picture",
    "email": "your email address",
    "user_age_range": "your age range",
    "user_birthday": "your date of birth",
    "user_friends": "which of your friends use this app",
    "user_gender": "your gender",
    "user_hometown": "your hometown",
    "user_link": "the URL of your profile",
    "user_location": "your city",
}


@dataclass
class Attempt(oauth2.Attempt):
    """One request of the app's. `error_code` is Facebook's own code."""

    fields: str | None = None
    error_code: int | None = None


@dataclass
class FacebookState(OAuth2State[Attempt, Code, AccessToken]):
    """The state of one local Facebook."""

    name = "facebook"
    code_lifetime = CODE_LIFETIME
    # The app's setting "Require App Secret": the Graph API rejects a call without appsecret_proof.
    proof_required: bool = False
    # By person: each permission that was asked for, and whether it was granted.
    decisions: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def app_id(self) -> str:
        """The app's ID, digits."""
        return self.world.key("FACEBOOK_KEY", 16, "0123456789")

    @property
    def app_secret(self) -> str:
        """The app's secret, hexadecimal digits."""
        return self.world.key("FACEBOOK_SECRET", 32, "0123456789abcdef")

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's ID and secret."""
        return self.app_id, self.app_secret

    def environment(self) -> dict[str, str]:
        """The environment variables by which an app finds Facebook, and the Graph API, which has a host of its own."""
        return {**super().environment(), "FACEBOOK_GRAPH_URL": f"{self.url}{GRAPH}"}

    @property
    def app_token(self) -> str:
        """The app's own access token, with which it asks about tokens. It belongs to no user."""
        return f"{self.app_id}|{self.world.key('facebook app token', 27)}"

    def granted(self, person: Person) -> set[str]:
        """The permissions that the user has granted the app; nothing where they have removed it."""
        return {name for name, yes in self.decisions.get(person.key, {}).items() if yes}

    def decide(self, person: Person, decisions: dict[str, bool]) -> None:
        """Records the user's decisions on some permissions."""
        with self.lock:
            self.decisions[person.key] = {**self.decisions.get(person.key, {}), **decisions}

    def revoke(self, person: Person, permission: str | None) -> None:
        """Takes back one permission for the user, or all of them without a name; then the app is removed. Without
        public_profile nothing is left, either."""
        with self.lock:
            if permission in (None, "public_profile"):
                self.decisions.pop(person.key, None)
            elif permission in self.decisions.get(person.key, {}):
                self.decisions[person.key][permission] = False

    def new_code(self, person: Person, redirect_uri: str) -> Code:
        """A code for one login."""
        return self.given_code(Code(f"AQ{self.world.word('code', 78)}", redirect_uri, person, self.now()))

    def new_access_token(self, person: Person) -> AccessToken:
        """An access token. Facebook's begin with EAA."""
        return self.given_token(AccessToken(f"EAA{self.world.word('access token', 120)}", person, self.now()))


def is_absolute(redirect_uri: str) -> bool:
    """Whether a redirect URI has a scheme and a host (RFC 3986 section 4.3)."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def is_insecure(redirect_uri: str) -> bool:
    """Whether a redirect URI is plain HTTP and not on this machine. Facebook accepts plain HTTP for localhost only, and
    only while the app is in development mode."""
    return urlsplit(redirect_uri).scheme == "http" and not is_loopback(redirect_uri)
