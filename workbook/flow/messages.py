"""What was said: the messages of one login, in order.

A message is one half of an HTTP exchange: a request, or the response to it. A flow is the messages of one
login in the order in which they were sent. Both are plain data, so that they can cross a pipe as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

BROWSER = "browser"
APP = "app"
# Where a flow has two browsers, the other one: an attacker's, or the same person's on another computer.
EVE, ELSEWHERE = "eve", "elsewhere"
BROWSERS = (BROWSER, EVE, ELSEWHERE)
# The server of that attacker, and the name of its website. No real website has a name that ends so (RFC 6761 section
# 6.5).
EVES_SERVER, EVES_SITE = "eves_server", "evil.example"
# The app's database. It sends and receives no HTTP: rows.py says what a message to it is.
DATABASE = "database"


class Parameter(NamedTuple):
    """A name and its value, and where in the message it travelled.

    `place` is "query", "form" (a form-encoded request body), "authorization" (the OAuth header, RFC 5849
    section 3.5.1), "answer" (a form-encoded response body) or "redirect" (the query of a Location header).
    """

    name: str
    value: str
    place: str


@dataclass(frozen=True)
class Message:
    """One request or one response.

    `url` and `method` of a response are those of the request that it answers, `status` of a request is None.
    `time` is in seconds on the machine's monotonic clock, which all its processes share.
    """

    sender: str
    receiver: str
    time: float
    method: str
    url: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    @property
    def is_request(self) -> bool:
        """Whether this is the request of its exchange, not the response."""
        return self.status is None

    @property
    def path(self) -> str:
        """The path of the address, without host and query."""
        return split(self.url).path or "/"

    def header(self, name: str) -> str | None:
        """The value of a header, whatever the case of its name; None where it was not sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def with_body(self, body: str) -> Message:
        """The same message with another body."""
        return replace(self, body=body)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Everything that the message carries by name, in the order in which it stands there."""
        return tuple(self._parameters())

    def get(self, name: str) -> str | None:
        """The value of the first parameter of that name, wherever it travelled; None where there is none."""
        return next((p.value for p in self.parameters if p.name == name), None)

    def _parameters(self) -> Iterator[Parameter]:
        if self.is_request:
            yield from _pairs(split(self.url).query, "query")
            yield from _authorization(self.header("Authorization") or "")
            if (self.header("Content-Type") or "").startswith("application/x-www-form-urlencoded"):
                yield from _pairs(self.body, "form")
        else:
            yield from _pairs(split(self.header("Location") or "").query, "redirect")
            if looks_form_encoded(self.body):
                yield from _pairs(self.body, "answer")

    def to_json(self) -> dict[str, Any]:
        """The message as data for json.dumps."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        """The message that to_json gave."""
        return cls(**{**data, "headers": tuple((key, value) for key, value in data["headers"])})


@dataclass(frozen=True)
class Flow:
    """The messages of one login, in the order in which they were sent, under a title.

    `before` is what was said earlier and is not drawn: it tells what values are that come from there.
    """

    title: str
    messages: tuple[Message, ...]
    before: tuple[Message, ...] = ()

    @classmethod
    def of(cls, title: str, messages: Iterable[Message]) -> Flow:
        """A flow of messages that may come in any order, as several recorders give them."""
        return cls(title, tuple(sorted(messages, key=lambda message: message.time)))

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)


_FORM_ENCODED = re.compile(r"[A-Za-z0-9_.~-]+=[^\s<>{}&=]*(&[A-Za-z0-9_.~-]+=[^\s<>{}&=]*)*")


def looks_form_encoded(body: str) -> bool:
    """Whether a body is form-encoded. Twitter sends such bodies as text/html, so its type cannot tell."""
    return bool(_FORM_ENCODED.fullmatch(body.strip()))


def split(url: str) -> SplitResult:
    """The parts of an address; all of it is the path where it is none. An app may redirect to whatever it likes."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def _pairs(text: str, place: str) -> Iterator[Parameter]:
    for name, value in parse_qsl(text.strip(), keep_blank_values=True):
        yield Parameter(name, value, place)


def _authorization(header: str) -> Iterator[Parameter]:
    """The parameters of `Authorization: OAuth name="value", …` (RFC 5849 section 3.5.1), and the token of
    `Authorization: Bearer …` (RFC 6750 section 2.1), for which GitHub also takes the word token."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() in ("bearer", "token"):
        yield Parameter("access_token", rest.strip(), "authorization")
    if scheme.lower() != "oauth":
        return
    for name, value in re.findall(r'([\w.%-]+)="([^"]*)"', rest):
        yield Parameter(unquote(name), unquote(value), "authorization")
