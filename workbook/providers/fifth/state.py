"""What the fifth provider is called this time, and what it knows: its codes and tokens, and what it was asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from ..people import People, Person
from ..sessions import Sessions
from ..world import World

# How long a code lives (seconds; RFC 6749 section 4.1.2 says ten minutes at the most).
CODE_LIFETIME = 60

_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"


@dataclass
class Code:
    """An authorization code, and what was said when it was given."""

    code: str
    redirect_uri: str
    person: Person
    made_at: float
    used: bool = False


@dataclass
class Attempt:
    """One request of the app's, and what it was found to be."""

    endpoint: str
    person: str | None = None
    status: int = 0
    error: str | None = None


@dataclass
class FifthState:
    """The state of one fifth provider.

    `name` is its path on the server, and the word for it in addresses of the app; `label` is what people call it. It
    calls its endpoints, and what it tells of a person, by words of its own.
    """

    world: World
    people: People
    codes: dict[str, Code] = field(default_factory=dict)
    access_tokens: dict[str, Person] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.name = self._made_up(4)
        self.label = self.name.title()
        self.authorize_path = f"/{self._made_up(3)}"
        self.token_path = f"/{self._made_up(3)}"
        self.me_path = f"/{self._made_up(2)}/{self._made_up(3)}"
        self.scope = self._made_up(3)
        # What it calls the subject, the address, whether that is verified, and the name of a person.
        self.says_subject, self.says_email, self.says_verified, self.says_name = (
            f"{self._made_up(3)}_{n}" for n in range(4)
        )
        self.sessions = Sessions(self.name, self.world, self.people)

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self.world.key("FIFTH_KEY", 24)

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self.world.key("FIFTH_SECRET", 40)

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The app's callbacks, to the letter."""
        return tuple(f"http://{host}:5000/auth/{self.name}/callback" for host in ("localhost", "127.0.0.1"))

    def environment(self, server: str) -> dict[str, str]:
        """The variables by which an app finds it, on the server of that address."""
        prefix = self.name.upper()
        return {
            f"{prefix}_URL": f"{server}/{self.name}",
            f"{prefix}_KEY": self.client_id,
            f"{prefix}_SECRET": self.client_secret,
        }

    def subject(self, who: Person) -> str:
        """Its own word for a person: no number, and nobody's login name."""
        return f"{self.name}|{who.google.sub[::-1]}"

    def told_of(self, who: Person) -> dict[str, Any]:
        """What it tells of a person: what their Google account has, except of Bo and of Chén. Of Bo's address it does
        not say whether it is verified, and of Chén it knows none."""
        told: dict[str, Any] = {self.says_subject: self.subject(who), self.says_name: who.name}
        if who.key != "chen":
            told[self.says_email] = who.google.email
        if who.key not in ("bo", "chen"):
            told[self.says_verified] = who.google.email_verified
        return told

    def new_code(self, person: Person, redirect_uri: str) -> Code:
        """A code for one login."""
        made = Code(self.world.word("fifth code", 30), redirect_uri, person, self.now())
        with self.lock:
            self.codes[made.code] = made
        return made

    def new_access_token(self, person: Person) -> str:
        """An access token."""
        token = self.world.word("fifth access token", 40)
        with self.lock:
            self.access_tokens[token] = person
        return token

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()

    def _made_up(self, syllables: int) -> str:
        return "".join(
            self.world.word("fifth words", 1, letters)
            for _ in range(syllables)
            for letters in (_CONSONANTS, _VOWELS)
        )
