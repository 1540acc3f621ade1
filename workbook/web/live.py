"""What the live page shows, kept up to date from several threads."""

from __future__ import annotations

import pathlib
import secrets
import threading
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from workbook.checks.verdicts import Verdicts
from workbook.flow.messages import Message

from .logins import Login, Logins
from .printed import Printed


class News(NamedTuple):
    """How often what was said, the verdicts and the app, and what the app has printed have changed."""

    said: int
    verdicts: int
    printed: int = 0


@dataclass
class Live:
    """The state of `start`: the step, the app, what was said, login by login, the verdicts, and what the app printed.

    `news` counts the changes; `wait_for_news` waits for the next one. `run` tells one run of `start` from the next, so
    that an open page loads itself again.
    """

    step: str
    title: str
    app_url: str
    tour: bool = False
    # The folder of the app, where it is known.
    app: pathlib.Path | None = None
    app_error: str | None = None
    verdicts: Verdicts | None = None
    checking: bool = False
    news: News = field(default_factory=lambda: News(0, 0))
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    printed: Printed = field(default_factory=Printed)
    _logins: Logins = field(default_factory=Logins)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _verdicts_before: Verdicts | None = None

    def heard(self, message: Message) -> None:
        """Takes a message from the app or from the providers."""
        with self._changed:
            self._logins.hear(message)
            self._tell(said=1)

    def prints(self, text: bytes) -> None:
        """Takes what the app has printed or logged, in pieces as they come."""
        with self._changed:
            self.printed.add(text)
            self._tell(printed=1)

    def printed_since(self, number: int) -> tuple[int, list[str]]:
        """What the app has printed from that line on: see Printed.since."""
        with self._changed:
            return self.printed.since(number)

    def set(self, **values: Any) -> None:
        """Sets some of the other fields."""
        with self._changed:
            if values.get("checking"):
                self._verdicts_before = self.verdicts
            for name, value in values.items():
                setattr(self, name, value)
            self._tell(verdicts=1)

    def judged(self) -> frozenset[str]:
        """The exercises that have a verdict since checks began last."""
        with self._changed:
            before = (
                {verdict.id: verdict for verdict in self._verdicts_before.all}
                if self._verdicts_before
                else {}
            )
            now = self.verdicts.all if self.verdicts else ()
        # Two runs of the same checks do not take equally long, so a new verdict is not equal to the one before.
        new = frozenset(verdict.id for verdict in now if before.get(verdict.id) != verdict)
        return new | {verdict.id for verdict in now if verdict.waits_for in new}

    def forget(self) -> None:
        """Forgets all logins."""
        with self._changed:
            self._logins.forget()
            self._tell(said=1)

    def rename(self, number: int, name: str) -> None:
        """Gives a login a name."""
        with self._changed:
            self._logins.rename(number, name)
            self._tell(said=1)

    def logins(self) -> tuple[Login, ...]:
        """The logins that are kept, the newest last, as they are now."""
        with self._changed:
            for login in self._logins:
                login.outcome()
            return tuple(replace(login, messages=list(login.messages)) for login in self._logins)

    def wait_for_news(self, seen: News | None, timeout: float) -> News:
        """Waits until there are other news than those `seen`, `timeout` seconds at most; gives the newest."""
        with self._changed:
            self._changed.wait_for(lambda: self.news != seen, timeout)
            return self.news

    def _tell(self, said: int = 0, verdicts: int = 0, printed: int = 0) -> None:
        now = self.news
        self.news = News(now.said + said, now.verdicts + verdicts, now.printed + printed)
        self._changed.notify_all()
