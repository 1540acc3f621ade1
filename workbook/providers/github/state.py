"""The state of the local GitHub: the app, its codes and tokens, what users have allowed it, and its requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import oauth2
from ..loopback import same_on_loopback
from ..oauth2 import OAuth2State, ScopedToken
from ..people import Person
from .scopes import merged

# How long a code lives (seconds; docs.github.com, Authorizing OAuth apps).
CODE_LIFETIME = 10 * 60

# The largest number of tokens that a user has for one app and one set of scopes (docs.github.com, Token expiration and
# revocation).
MOST_TOKENS = 10

# The paths of the API and of the issuer, below the provider's name.
API = "/api"
ISSUER = "/login/oauth"


@dataclass(kw_only=True)
class Code(oauth2.Code):
    """An authorization code, and the parameters that it was given for."""

    scopes: tuple[str, ...]
    challenge: str | None


@dataclass
class Attempt(oauth2.Attempt):
    """One request of the app's. `error` is GitHub's error code, or message."""

    error: str | None = None


@dataclass
class GitHubState(OAuth2State[Attempt, Code, ScopedToken]):
    """The state of one local GitHub. Its access tokens do not expire."""

    name = "github"
    code_lifetime = CODE_LIFETIME
    # Whether GitHub rejects a user whose primary email address is not verified. It documents an error for that.
    verified_primary_required: bool = False
    # Whether redirect URIs may also lead below a registered one. GitHub has this setting for each, "wildcard matching".
    # For an app that was made before August 2026 it is on (docs.github.com, Authorizing OAuth apps).
    wildcard: bool = False
    # By person: the scopes that they have granted.
    granted: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        """The app's client ID."""
        return self.world.key("GITHUB_KEY", 20)

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("GITHUB_SECRET", 40, "0123456789abcdef")

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's client ID and secret."""
        return self.client_id, self.client_secret

    @property
    def issuer(self) -> str:
        """The `iss` of the callback (RFC 9207 section 2)."""
        return f"{self.url}{ISSUER}"

    def environment(self) -> dict[str, str]:
        """The environment variables by which an app finds GitHub, and its API, which has a host of its own."""
        return {**super().environment(), "GITHUB_API_URL": f"{self.url}{API}"}

    def callback_listed(self, callback: str) -> bool:
        """Whether a redirect URI is one of the app's, or with `wildcard` below one of them."""
        return super().callback_listed(callback) or (
            self.wildcard and any(same_on_loopback(callback, one, below=True) for one in self.callbacks)
        )

    def allow(self, person: Person, scopes: tuple[str, ...]) -> None:
        """The user grants those scopes, beside the ones that they have granted before."""
        with self.lock:
            self.granted[person.key] = merged(self.granted.get(person.key, ()), scopes)

    def revoke(self, person: Person) -> None:
        """The user takes back all that they have granted, and all tokens with it, as they can in their settings."""
        with self.lock:
            self.granted.pop(person.key, None)
            self.take_back(person, self.access_tokens)

    def new_code(
        self, person: Person, redirect_uri: str, scopes: tuple[str, ...], challenge: str | None
    ) -> Code:
        """A code for one login: twenty hexadecimal digits (davido/gerrit-oauth-provider #76)."""
        word = self.world.word("github code", 20, "0123456789abcdef")
        return self.given_code(
            Code(word, redirect_uri, person, self.now(), scopes=scopes, challenge=challenge)
        )

    def new_access_token(self, person: Person, scopes: tuple[str, ...]) -> ScopedToken:
        """An access token. Those of OAuth apps begin with gho_. The oldest of eleven with the same scopes ends."""
        token = f"gho_{self.world.word('github access token', 36)}"
        with self.lock:
            alike = [
                one.token
                for one in self.access_tokens.values()
                if one.person.key == person.key and one.scopes == scopes
            ]
            for old in alike[: 1 - MOST_TOKENS]:
                del self.access_tokens[old]
            return self.given_token(ScopedToken(token, person, self.now(), scopes=scopes))
