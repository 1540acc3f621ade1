"""The state that every provider has: its name, the app that is registered there, the people who are logged in, and the
app's requests."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from workbook.flow.drawn import label_of

from .loopback import same_on_loopback
from .people import People
from .sessions import Sessions
from .world import World

# The longest string that an attempt notes (characters). Those of logins are shorter.
LONGEST_NOTE = 4096


@dataclass
class Attempt:
    """One request of the app's, as the provider found it. `person` is the key of the user whom it is about."""

    endpoint: str
    method: str
    person: str | None = None
    status: int = 0

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value[:LONGEST_NOTE] if isinstance(value, str) else value)


A = TypeVar("A", bound=Attempt)


@dataclass
class State(ABC, Generic[A]):
    """The state of one local provider, on the server of the URL `server`.

    `name` is the path below that URL, the provider's name in the app's own paths, and the beginning of its variables in
    the environment. `label` is the provider's name as people write it.
    """

    world: World
    people: People
    server: str
    app_name: str = "Workbook app"
    attempts: list[A] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    # The redirect URIs that the workbook's user has listed, and whether the provider's page has a form for it.
    listed: list[str] = field(default_factory=list)
    people_list_callbacks: bool = False
    name: str = field(init=False)
    label: str = field(init=False)

    def __post_init__(self) -> None:
        self.label = label_of(self.name)
        self.sessions = Sessions(self.name, self.world, self.people)

    @property
    @abstractmethod
    def credentials(self) -> tuple[str, str]:
        """The app's client ID and client secret, under whatever name the provider has for them."""

    @property
    def url(self) -> str:
        """The provider's URL."""
        return f"{self.server}/{self.name}"

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The app's redirect URIs, as they are registered."""
        own = (f"http://{host}:5000/auth/{self.name}/callback" for host in ("localhost", "127.0.0.1"))
        return (*own, *self.listed)

    def callback_listed(self, callback: str) -> bool:
        """Whether a redirect URI is one of the app's. The local providers are kinder than most real ones, which compare
        character for character: they accept any port of this machine, and do not compare the query string. The host's
        name counts, so that localhost and 127.0.0.1 are two entries of the list."""
        return callback in self.callbacks or any(same_on_loopback(callback, one) for one in self.callbacks)

    def environment(self) -> dict[str, str]:
        """The environment variables by which an app finds the provider."""
        prefix = self.name.upper()
        key, secret = self.credentials
        return {f"{prefix}_URL": self.url, f"{prefix}_KEY": key, f"{prefix}_SECRET": secret}

    def noted(self, attempt: A) -> A:
        """Adds an attempt to `attempts`, and returns it."""
        with self.lock:
            self.attempts.append(attempt)
            self.world.trim(self.attempts)
        return attempt

    def now(self) -> float:
        """The time by the providers' clock."""
        return self.world.clock()
