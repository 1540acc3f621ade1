"""The logins that the desk keeps: which message belongs to which, and how each ended.

Messages come from the app and from the providers, and not always in the order in which they were sent. A message
belongs to the login whose token, state, code or cookie it carries. A request of the app's that carries none of them
belongs to the request that the app is answering at that time.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from workbook.flow.drawn import LABELS, is_no_part, label_of
from workbook.flow.messages import APP, BROWSER, BROWSERS, Flow, Message, split

# The most logins that are kept, messages of each, characters of a body, and characters of all messages.
MOST_LOGINS = 20
MOST_MESSAGES = 400
LONGEST_BODY = 8 * 1024
MOST_CHARACTERS = 8 * 1024 * 1024
LONGEST_NAME = 60
# So many requests wait for their responses at most: one that a provider never answers is forgotten.
_MOST_OPEN = 100
# Parameters that name a login, and the shortest value that does.
_TELLING = {"oauth_token", "oauth_verifier", "denied", "state", "code", "access_token"}
_SHORTEST_MARK = 6
# Shorter cookies have no random value, and two browsers can have the same.
_SHORTEST_COOKIE = 16
# What a provider sends the browser back to the app with.
_BROUGHT = {"oauth_verifier", "denied", "code", "error"}


@dataclass
class Login:
    """What was said in one login, or before the first. `begun` is in seconds since 1970; `version` counts changes.

    `provider` is None as long as the app has sent the browser to no provider.
    """

    number: int
    begun: float
    provider: str | None = None
    name: str = ""
    version: int = 0
    messages: list[Message] = field(default_factory=list)
    # The values that tell this login from others, and whether the app has given its browser a cookie.
    marks: set[str] = field(default_factory=set)
    # How it ended, with the version of which this is so.
    told: tuple[int, str] = (-1, "")

    @property
    def time(self) -> str:
        """When it began, on this computer's clock."""
        return time.strftime("%H:%M:%S", time.localtime(self.begun))

    @property
    def title(self) -> str:
        """Its name, or else the provider, the time and how it ended."""
        provider = label_of(self.provider) if self.provider else "No login yet"
        return self.name or f"{provider}, {self.time}, {self.outcome()}"

    @property
    def file_name(self) -> str:
        """The name of a file with it, without the ending."""
        words = re.sub(r"[^a-z0-9]+", "-", (self.name or self.provider or "pages").lower()).strip("-")
        return f"{words or 'login'}-{time.strftime('%Y-%m-%d-%H%M%S', time.localtime(self.begun))}"

    def outcome(self) -> str:
        """How it ended, in a word or two."""
        if self.told[0] != self.version:
            self.told = (self.version, outcome(self.messages))
        return self.told[1]

    def flow(self) -> Flow:
        """It as a flow."""
        return Flow.of(self.title, self.messages)

    def size(self) -> int:
        """How many characters its messages have."""
        return sum(map(_size, self.messages))


class Logins:
    """The newest logins. It is for one thread at a time."""

    def __init__(self) -> None:
        self._kept: list[Login] = []
        # Requests without a response yet.
        self._open: list[tuple[Message, Login]] = []
        # Requests of the app's that carry no value that tells their login, and their responses.
        self._guessed: list[tuple[Message, Message | None]] = []
        self._count = 0
        self._size = 0

    def __iter__(self) -> Iterator[Login]:
        return iter(self._kept)

    def get(self, number: int) -> Login | None:
        """The login with that number; None where there is none."""
        return next((login for login in self._kept if login.number == number), None)

    def forget(self) -> None:
        """Forgets all."""
        self._kept.clear()
        self._open.clear()
        self._guessed.clear()
        self._size = 0

    def hear(self, message: Message) -> None:
        """Takes a message. Pictures and styles of a page are left out."""
        if is_no_part(message):
            return
        message = _cut(message)
        if message.is_request:
            login = self._of_request(message)
            self._add(login, message)
            self._open = [*self._open[-_MOST_OPEN:], (message, login)]
        else:
            request, login = self._answered(message)
            self._add(login, message)
            if request is not None and _begins_a_login(message):
                self._begin(login, request, message)
        self._bound()

    def rename(self, number: int, name: str) -> None:
        """Gives a login a name; an empty one takes it away."""
        login = self.get(number)
        if login is not None:
            login.name = " ".join(name.split())[:LONGEST_NAME]
            login.version += 1

    def _add(self, login: Login, message: Message) -> None:
        login.messages.append(message)
        login.marks |= _marks(message)
        login.version += 1
        self._size += _size(message)

    def _new(self) -> Login:
        self._make_room()
        self._count += 1
        login = Login(self._count, time.time())
        self._kept.append(login)
        return login

    def _drop(self, login: Login) -> None:
        self._kept.remove(login)
        self._size -= login.size()

    def _newest(self) -> Login:
        return self._kept[-1] if self._kept else self._new()

    def _of_request(self, request: Message) -> Login:
        # A login's own values go before the page that it came from, and before the cookie: two tabs have one cookie.
        came_from = {value for name, value in parse_qsl(split(request.header("Referer") or "").query)}
        for wanted in (_telling(request), came_from, _marks(request)):
            found = [login for login in self._kept if login.marks & wanted]
            if found:
                return found[-1]
        if request.sender == APP:
            self._guessed = [*self._guessed[-_MOST_OPEN:], (request, None)]
            answering = [login for asked, login in self._open if asked.receiver == APP]
            return answering[-1] if answering else self._newest()
        newest = self._newest()
        # The browser of the newest login would have sent its cookie.
        elsewhere = request.receiver == APP and any(map(_is_app_s_cookie, newest.marks))
        return self._new() if elsewhere else newest

    def _answered(self, response: Message) -> tuple[Message | None, Login]:
        """The request that a response answers, where it has come, and their login."""
        for place, (request, login) in enumerate(self._open):
            asked = (request.sender, request.receiver, request.method, request.url)
            if asked == (response.receiver, response.sender, response.method, response.url):
                del self._open[place]
                self._guessed = [(one, response if one is request else to) for one, to in self._guessed]
                return request, login if login in self._kept else self._newest()
        return None, self._newest()

    def _begin(self, before: Login, request: Message, redirect: Message) -> None:
        """A login begins with the request that this response answers, and what the app asked meanwhile."""
        marks = _telling(redirect)
        own = [request, redirect]
        for asked, answered in self._guessed:
            # It may have come here before the request that the app was answering. Another browser's has other values.
            told = _telling(answered) if answered else set()
            if request.time <= asked.time <= redirect.time and (not told or told & marks):
                own += [asked, *([answered] if answered else [])]
        # The browser may have been at the provider, and back, before this redirect came here.
        since = [one for login in self._kept for one in login.messages if one.time >= request.time]
        carrying = _carrying(since, marks)
        own += carrying
        own += [one for asked in carrying for one in since if _answers(one, asked)]
        known = {id(message) for message in own}
        self._count += 1
        login = Login(self._count, time.time(), _provider(redirect))
        for other in self._kept:
            taken = [message for message in other.messages if id(message) in known]
            if taken:
                login.messages += taken
                other.messages = [message for message in other.messages if id(message) not in known]
                other.marks = _all_marks(other.messages)
                other.version += 1
        login.marks = _all_marks(login.messages)
        login.version = 1
        self._open = [(asked, login if id(asked) in known else one) for asked, one in self._open]
        self._make_room()
        self._kept.append(login)

    def _make_room(self) -> None:
        """Drops pages that were looked at before a login, and led to none."""
        waiting = {login.number for _, login in self._open}
        for login in list(self._kept):
            if not login.messages or (login.provider is None and login.number not in waiting):
                self._drop(login)

    def _bound(self) -> None:
        newest = self._kept[-1]
        for login in self._kept:
            while len(login.messages) > MOST_MESSAGES:
                self._size -= _size(login.messages.pop(0))
        while len(self._kept) > 1 and (len(self._kept) > MOST_LOGINS or self._size > MOST_CHARACTERS):
            self._drop(self._kept[0])
        while self._size > MOST_CHARACTERS and len(newest.messages) > 1:
            self._size -= _size(newest.messages.pop(0))


def _carrying(messages: Iterable[Message], marks: set[str]) -> list[Message]:
    """The messages that carry one of these values, or another value of a message that does."""
    rest = [(message, _telling(message)) for message in messages]
    found: list[Message] = []
    known = set(marks)
    while more := [(message, told) for message, told in rest if told & known]:
        found += [message for message, _ in more]
        known.update(*(told for _, told in more))
        rest = [pair for pair in rest if pair not in more]
    return found


def _answers(response: Message, request: Message) -> bool:
    """Whether a message can be the response to that request."""
    return (
        request.is_request
        and not response.is_request
        and response.time >= request.time
        and (request.sender, request.receiver, request.method, request.url)
        == (response.receiver, response.sender, response.method, response.url)
    )


def outcome(messages: Iterable[Message]) -> str:
    """How a login ended, in a word or two."""
    said = sorted(messages, key=lambda message: message.time)
    callback = next(
        (
            place
            for place, message in enumerate(said)
            if message.is_request
            and (message.sender, message.receiver) == (BROWSER, APP)
            and _BROUGHT & {parameter.name for parameter in message.parameters}
        ),
        None,
    )
    if callback is None:
        refused = [
            message
            for message in said
            if message.receiver in BROWSERS and message.sender != APP and (message.status or 0) >= 400
        ]
        return f"error {refused[-1].status} at {label_of(refused[-1].sender)}" if refused else "under way"
    asked = said[callback]
    if asked.get("denied") or asked.get("error") == "access_denied":
        return "denied"
    if asked.get("error"):
        return "the provider reports an error"
    answers = [
        message
        for message in said[callback:]
        if not message.is_request and message.sender == APP and message.url == asked.url
    ]
    if not answers:
        return "under way"
    if (answers[0].status or 0) >= 400:
        return f"error {answers[0].status}"
    tokens = any(_gives_a_token(message) for message in said[callback:])
    return "finished" if tokens else "no access token"


def _gives_a_token(message: Message) -> bool:
    if message.is_request or message.receiver != APP or (message.status or 0) >= 400:
        return False
    return message.get("oauth_token_secret") is not None or bool(
        message.get("access_token") or _in_json(message)
    )


def _begins_a_login(message: Message) -> bool:
    """Whether the app has just sent the browser to another site, with something to ask there."""
    location = split(message.header("Location") or "")
    return (
        message.sender == APP
        and message.receiver in BROWSERS
        and bool(location.netloc and location.query)
        and location.netloc != split(message.url).netloc
    )


def _provider(redirect: Message) -> str:
    location = split(redirect.header("Location") or "")
    below = location.path.lstrip("/").partition("/")[0]
    # The local providers are below one host. A real one has a host of its own.
    local = location.hostname in ("127.0.0.1", "localhost")
    known = (name for name in LABELS if name in (location.hostname or ""))
    return below if local and below else next(known, location.hostname or location.netloc)


def _cut(message: Message) -> Message:
    """The same with a body that is not too long. No half of a word is left: it could be half of a secret."""
    if len(message.body) <= LONGEST_BODY:
        return message
    return message.with_body(message.body[:LONGEST_BODY].rpartition(" ")[0] + " …")


def _size(message: Message) -> int:
    return (
        200
        + len(message.url)
        + len(message.body)
        + sum(len(name) + len(value) for name, value in message.headers)
    )


def _all_marks(messages: Iterable[Message]) -> set[str]:
    return {mark for message in messages for mark in _marks(message)}


def _marks(message: Message) -> set[str]:
    """The values of a message by which its login is known, and its cookies."""
    browser_at = message.receiver if message.sender in BROWSERS else message.sender
    cookies = (cookie for cookie in _cookies(message) if len(cookie.partition("=")[2]) >= _SHORTEST_COOKIE)
    return _telling(message) | {f"cookie {browser_at} {cookie}" for cookie in cookies}


def _telling(message: Message) -> set[str]:
    """The values of a message by which its login is known: its tokens, state and code."""
    pairs = [(parameter.name, parameter.value) for parameter in message.parameters]
    pairs += parse_qsl(split(message.url).query)  # a response has its request's
    if not message.is_request and message.receiver == APP:
        pairs.append(("access_token", _in_json(message)))
    return {value for name, value in pairs if name in _TELLING and len(value) >= _SHORTEST_MARK}


def _is_app_s_cookie(mark: str) -> bool:
    return mark.startswith(f"cookie {APP} ")


def _cookies(message: Message) -> Iterator[str]:
    """The cookies of a browser's request, or those that a response sets, as `name=value`."""
    for name, value in message.headers:
        if message.is_request and name.lower() == "cookie":
            yield from (cookie.strip() for cookie in value.split(";"))
        if not message.is_request and name.lower() == "set-cookie":
            pair = value.partition(";")[0].strip()
            yield pair


def _in_json(message: Message) -> str:
    """The access token of a JSON body; empty where there is none."""
    if not message.body.lstrip().startswith("{"):
        return ""
    try:
        data = json.loads(message.body)
    except (ValueError, RecursionError):
        return ""
    token = data.get("access_token") if isinstance(data, dict) else None
    return token if isinstance(token, str) else ""
