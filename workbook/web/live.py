"""What the live page shows, kept up to date from several threads."""

from __future__ import annotations

import pathlib
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from workbook.checks.verdicts import Verdicts
from workbook.flow.messages import APP, BROWSER, Flow, Message

# More messages than any login has. What is older is forgotten.
MOST_MESSAGES = 400


class News(NamedTuple):
    """How often what was said, and how often the verdicts and the app, have changed."""

    said: int
    verdicts: int


@dataclass
class Live:
    """The state of `start`: the step, the app, what was said since the last login began, and the verdicts.

    `news` counts the changes of what was said and of the verdicts; `wait_for_news` waits for the next one. `run` tells
    one run of `start` from the next, so that an open page loads itself again.
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
    _messages: list[Message] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _verdicts_before: Verdicts | None = None

    def heard(self, message: Message) -> None:
        """Takes a message from the app or from the providers."""
        with self._changed:
            self._messages.append(message)
            if _begins_a_login(message):
                self._messages = _since_its_request(self._messages, message)
            del self._messages[:-MOST_MESSAGES]
            self._tell(said=1)

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
        """Begins with an empty diagram."""
        with self._changed:
            self._messages.clear()
            self._tell(said=1)

    def flow(self) -> Flow:
        """What was said since the last login began, as a flow."""
        with self._changed:
            return Flow.of("What was said", self._messages)

    def wait_for_news(self, seen: News | None, timeout: float) -> News:
        """Waits until there are other news than those `seen`, `timeout` seconds at most; gives the newest."""
        with self._changed:
            self._changed.wait_for(lambda: self.news != seen, timeout)
            return self.news

    def _tell(self, said: int = 0, verdicts: int = 0) -> None:
        self.news = News(self.news.said + said, self.news.verdicts + verdicts)
        self._changed.notify_all()


def _begins_a_login(message: Message) -> bool:
    """Whether the app has just sent the browser to another site, with something to ask there."""
    location = urlsplit(message.header("Location") or "")
    return (
        message.sender == APP
        and message.receiver == BROWSER
        and bool(location.netloc and location.query)
        and location.netloc != urlsplit(message.url).netloc
    )


def _since_its_request(messages: list[Message], response: Message) -> list[Message]:
    """The messages from the request on that this response answers."""
    asked = [
        message.time
        for message in messages
        if message.is_request and message.receiver == APP and message.url == response.url
    ]
    begun = max(asked, default=0.0)
    return [message for message in messages if message.time >= begun]
