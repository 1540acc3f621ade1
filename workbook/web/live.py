"""What the live page shows, kept up to date from several threads."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from workbook.checks.verdicts import Verdicts
from workbook.flow.messages import APP, BROWSER, Flow, Message

# More messages than any login has. What is older is forgotten.
MOST_MESSAGES = 400


@dataclass
class Live:
    """The state of `start`: the step, the app, what was said since the last login began, and the verdicts.

    `version` grows with every change; `wait_for_change` waits for that. `run` tells one run of `start` from the next:
    a page that was left open shows another step then.
    """

    step: str
    title: str
    app_url: str
    tour: bool = False
    app_error: str | None = None
    verdicts: Verdicts | None = None
    checking: bool = False
    version: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    _messages: list[Message] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def heard(self, message: Message) -> None:
        """Takes a message from the app or from the providers."""
        with self._changed:
            self._messages.append(message)
            if _begins_a_login(message):
                self._messages = _since_its_request(self._messages, message)
            del self._messages[:-MOST_MESSAGES]
            self._change()

    def set(self, **values: Any) -> None:
        """Sets some of the other fields."""
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._change()

    def forget(self) -> None:
        """Begins with an empty diagram."""
        with self._changed:
            self._messages.clear()
            self._change()

    def flow(self) -> Flow:
        """What was said since the last login began, as a flow."""
        with self._changed:
            return Flow.of("What was said", self._messages)

    def wait_for_change(self, version: int, timeout: float) -> int:
        """Waits until there is something newer than `version`, `timeout` seconds at most; the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != version, timeout)
            return self.version

    def _change(self) -> None:
        self.version += 1
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
