"""The state of the fifth provider: its name this time, its codes and tokens, and the app's requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import oauth2
from ..oauth2 import AccessToken, Code, OAuth2State
from ..people import Person

# How long a code lives (seconds; RFC 6749 section 4.1.2 says ten minutes at the most).
CODE_LIFETIME = 60

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"


@dataclass
class Attempt(oauth2.Attempt):
    """One request of the app's. `error` is RFC 6749's error code."""

    error: str | None = None


@dataclass
class FifthState(OAuth2State[Attempt, Code, AccessToken]):
    """The state of one fifth provider. Its endpoints, and the fields of a user, have names of its own."""

    code_lifetime = CODE_LIFETIME

    def __post_init__(self) -> None:
        self.name = self._made_up(4)
        self.authorize_path = f"/{self._made_up(3)}"
        self.token_path = f"/{self._made_up(3)}"
        self.me_path = f"/{self._made_up(2)}/{self._made_up(3)}"
        self.scope = self._made_up(3)
        # Its names for a user's fields: the subject, the email address, whether that is verified, and the name.
        self.says_subject, self.says_email, self.says_verified, self.says_name = (
            f"{self._made_up(3)}_{n}" for n in range(4)
        )
        super().__post_init__()

    @property
    def client_id(self) -> str:
        """The app's client ID."""
        return self.world.key("FIFTH_KEY", 24)

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("FIFTH_SECRET", 40)

    @property
    def credentials(self) -> tuple[str, str]:
        """The app's client ID and secret."""
        return self.client_id, self.client_secret

    def callback_listed(self, callback: str) -> bool:
        """Whether a URL is one of the app's callbacks, character for character."""
        return callback in self.callbacks

    def subject(self, who: Person) -> str:
        """Its own subject for a user: not a number, and no user's login name."""
        return f"{self.name}|{who.google.sub[::-1]}"

    def told_of(self, who: Person) -> dict[str, Any]:
        """The fields that it gives of a user: those of their Google account, except for Bo and Chén. It does not say
        whether Bo's email address is verified, and it knows none of Chén's."""
        told: dict[str, Any] = {self.says_subject: self.subject(who), self.says_name: who.name}
        if who.key != "chen":
            told[self.says_email] = who.google.email
        if who.key not in ("bo", "chen"):
            told[self.says_verified] = who.google.email_verified
        return told

    def new_code(self, person: Person, redirect_uri: str) -> Code:
        """A code for one login."""
        return self.given_code(Code(self.world.word("fifth code", 30), redirect_uri, person, self.now()))

    def new_access_token(self, person: Person) -> AccessToken:
        """An access token."""
        return self.given_token(AccessToken(self.world.word("fifth access token", 40), person, self.now()))

    def _made_up(self, syllables: int) -> str:
        return "".join(
            self.world.word("fifth words", 1, letters)
            for _ in range(syllables)
            for letters in (_CONSONANTS, _VOWELS)
        )
