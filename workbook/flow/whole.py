"""A whole message, to be read: its first line, headers and body, each parameter explained, and who could see what.

Secrets, and values that are handed from one to the other, are there by the names that the diagram gives them. All the
rest is there as it was sent.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from .drawn import Arrow, Names, arrows_and_names, is_no_part, label_of
from .exposure import PLACES, Fact, could_see, secret
from .messages import Flow, Message, Parameter, looks_form_encoded, split
from .parameters import explain

# Named by what they are, and no secret: they are shown as they were sent.
_IN_FULL = {"oauth_nonce", "oauth_timestamp", "oauth_signature", "oauth_consumer_key", "client_id"} | {
    "code_challenge",
    "keys",
}
_BY_NAME = {"oauth_token", "denied"}
# Shorter values would be found in other words.
_SHORTEST = 6
# Of a JSON body, so many fields are explained.
_MOST_FIELDS = 60
_FORM = "application/x-www-form-urlencoded"
_TAG = re.compile(r"<(?:input|meta)\b[^>]*", re.IGNORECASE)
_NAME = re.compile(r"""\bname\s*=\s*["']?([\w.-]+)""", re.IGNORECASE)
_VALUE = re.compile(r"""(\b(?:value|content)\s*=\s*)("[^"]*"?|'[^']*'?|[^\s>"']+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A parameter, field or cookie: `value` as it may be shown, and `place`, where in the message it is.

    `secret` says why it is secret, `seen` who could see it on its way; both are empty where it is none.
    """

    name: str
    value: str
    place: str
    meaning: Fact | None = None
    secret: Fact | None = None
    seen: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Whole:
    """One message as a person reads it. `number` is the number of its arrow."""

    number: int
    title: str
    sender: str
    receiver: str
    first_line: str
    headers: tuple[tuple[str, str], ...]
    body: str
    parts: tuple[Part, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The message as data for json.dumps."""
        parts = [{**asdict(part), **_as_pairs(part)} for part in self.parts]
        return {**asdict(self), "parts": parts}


def _as_pairs(part: Part) -> dict[str, Any]:
    return {
        "meaning": part.meaning and part.meaning._asdict(),
        "secret": part.secret and part.secret._asdict(),
        "seen": [fact._asdict() for fact in part.seen],
    }


def whole(flow: Flow, number: int) -> Whole | None:
    """The message of the arrow with that number, counted from 1; None where there is none."""
    drawn, names = arrows_and_names(flow)
    messages = [message for message in flow if not is_no_part(message)]
    if not 1 <= number <= len(messages):
        return None
    return _Reader([*flow.before, *messages], names).read(number, messages[number - 1], drawn[number - 1])


class _Reader:
    def __init__(self, messages: Iterable[Message], names: Names) -> None:
        self._names = names
        # What is secret and has no name in a diagram, longest first: cookies, and tokens against forgery.
        also: dict[str, str] = {}
        for message in messages:
            for header, value in message.headers:
                also |= {cookie: f"‹cookie {name}›" for name, cookie in _cookies(header, value)}
            for parameter in message.parameters:
                if secret(parameter.name) and parameter.name not in ("code", "state"):
                    also.setdefault(parameter.value, self._by_name(parameter))
            for name, value in _hidden(message.body):
                also.setdefault(value, f"‹{name}›")
        self._also = {
            form: name for value, name in also.items() for form in (value, quote(value, safe="")) if value
        }
        found = sorted((value for value in self._also if len(value) >= _SHORTEST), key=len, reverse=True)
        self._search = re.compile("|".join(map(re.escape, found))) if found else None

    def read(self, number: int, message: Message, arrow: Arrow) -> Whole:
        return Whole(
            number=number,
            title=arrow.title,
            sender=label_of(arrow.sender),
            receiver=label_of(arrow.receiver),
            first_line=self._first_line(message),
            headers=tuple((name, self._header(message, name, value)) for name, value in message.headers),
            body=self._body(message),
            parts=tuple(self._parts(message)),
        )

    def _text(self, text: str) -> str:
        """Text in which every secret that is known is there by its name."""
        text = self._names.concealed(text)
        return self._search.sub(lambda found: self._also[found[0]], text) if self._search else text

    def _by_name(self, parameter: Parameter) -> str:
        value = self._names.value(parameter)
        return value if value.startswith("‹") else f"‹{parameter.name.replace('_', ' ')}›"

    def _value(self, parameter: Parameter) -> str:
        if parameter.name in _IN_FULL:
            return parameter.value
        if parameter.name in _BY_NAME or secret(parameter.name):
            return self._by_name(parameter)
        return self._text(parameter.value)

    def _pairs(self, text: str, place: str) -> str:
        """A query string or a form, as it was sent but for the values that are there by name."""
        shown = []
        for pair in text.split("&"):
            raw, equals, _ = pair.partition("=")
            for name, value in parse_qsl(pair, keep_blank_values=True):
                now = self._value(Parameter(name, value, place))
                pair = pair if now == value else f"{raw}{equals}{now}"
            shown.append(pair)
        return "&".join(shown)

    def _url(self, url: str, place: str = "query") -> str:
        parts = split(url)
        if not parts.query:
            return self._text(url)
        before, _, _ = url.partition("?")
        fragment = f"#{self._text(parts.fragment)}" if parts.fragment else ""
        return f"{self._text(before)}?{self._pairs(parts.query, place)}{fragment}"

    def _first_line(self, message: Message) -> str:
        asked = f"{message.method} {self._url(message.url)}"
        if message.status is None:
            return asked
        try:
            phrase = HTTPStatus(message.status).phrase
        except ValueError:
            phrase = ""
        return f"{message.status} {phrase}".strip() + f", the response to {asked}"

    def _header(self, message: Message, name: str, value: str) -> str:
        lower = name.lower()
        if lower == "cookie":
            return "; ".join(f"{cookie}=‹cookie {cookie}›" for cookie, _ in _cookies(name, value))
        if lower == "set-cookie":
            pair, semicolon, rest = value.partition(";")
            cookie, _, set_to = pair.partition("=")
            return f"{cookie}={f'‹cookie {cookie}›' if set_to else ''}{semicolon}{self._text(rest)}"
        if lower in ("authorization", "proxy-authorization"):
            return self._authorization(message, value)
        if lower in ("location", "referer"):
            return self._url(value, "redirect")
        if "token" in lower or "csrf" in lower:
            return f"‹{lower.removeprefix('x-').replace('-', ' ')}›"
        return self._text(value)

    def _authorization(self, message: Message, value: str) -> str:
        scheme = value.partition(" ")[0]
        inside = [parameter for parameter in message.parameters if parameter.place == "authorization"]
        if scheme.lower() == "oauth":
            return f"{scheme} " + ", ".join(f'{one.name}="{self._value(one)}"' for one in inside)
        if scheme.lower() == "basic":
            return f"{scheme} ‹client ID and client secret›"
        return f"{scheme} {self._by_name(inside[0]) if inside else '‹credentials›'}"

    def _body(self, message: Message) -> str:
        body = message.body.strip()
        if not body:
            return ""
        if (message.is_request and (message.header("Content-Type") or "").startswith(_FORM)) or (
            not message.is_request and looks_form_encoded(body)
        ):
            return self._pairs(body, "form")
        data = _json(body)
        if data is not None:
            return json.dumps(self._in_json(data), indent=2, ensure_ascii=False)
        return self._text(_TAG.sub(_without_value, message.body))

    def _in_json(self, data: object, name: str = "") -> object:
        if isinstance(data, dict):
            return {self._text(key): self._in_json(value, key) for key, value in data.items()}
        if isinstance(data, list):
            return [self._in_json(value, name) for value in data]
        if isinstance(data, str):
            return self._value(Parameter(name, data, "answer"))
        return data  # a number is no secret: an error's code has the name of the authorization code

    def _parts(self, message: Message) -> Iterator[Part]:
        for parameter in message.parameters:
            yield self._part(message, parameter.name, self._value(parameter), parameter.place)
        data = _json(message.body.strip())
        rows = [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]
        fields = [(name, value) for row in rows for name, value in row.items()][:_MOST_FIELDS]
        for name, value in fields:
            shown = self._in_json(value, name)
            text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
            yield self._part(message, name, text, "answer")
            if name == "id_token":
                for claim, told in _claims(value):
                    yield self._part(message, f"its {claim}", told, "answer")
        for name in dict.fromkeys(name for name, _ in _hidden(message.body)):
            yield self._part(message, name, f"‹{name}›", "page")
        for header, value in message.headers:
            for cookie, _ in _cookies(header, value):
                yield self._part(message, cookie, f"‹cookie {cookie}›", "cookie")

    def _part(self, message: Message, name: str, value: str, place: str) -> Part:
        why = secret(name, place)
        told = explain(name, value) if place != "cookie" else None
        return Part(
            name=name,
            value=value,
            place=PLACES[place],
            meaning=Fact(*told) if told else None,
            secret=why,
            seen=could_see(message, place) if why else (),
        )


def _cookies(header: str, value: str) -> list[tuple[str, str]]:
    """The names and values of the cookies in a header."""
    kind = header.lower()
    texts = (
        value.split(";") if kind == "cookie" else [value.partition(";")[0]] if kind == "set-cookie" else []
    )
    pairs = (text.strip().partition("=") for text in texts)
    return [(name, cookie) for name, _, cookie in pairs if name and cookie]


def _hidden(body: str) -> list[tuple[str, str]]:
    """The names and values of the secret fields in a page's forms."""
    found = []
    for tag in _TAG.findall(body) if "<" in body else ():
        name, value = _NAME.search(tag), _VALUE.search(tag)
        if name and value and secret(name[1].replace("-", "_")) and value[2].strip("\"'"):
            found.append((name[1], value[2].strip("\"'")))
    return found


def _without_value(tag: re.Match[str]) -> str:
    """An element of a form without its value, where that is secret."""
    name = _NAME.search(tag[0])
    if not name or not secret(name[1].replace("-", "_")):
        return tag[0]
    return _VALUE.sub(rf'\1"‹{name[1]}›"', tag[0])


def _claims(id_token: object) -> list[tuple[str, str]]:
    """What an ID token tells. It is signed, and not encrypted (RFC 7519 section 3)."""
    try:
        payload = str(id_token).split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return [(name, f"‹{name}›" if secret(name) else str(value)) for name, value in claims.items()]
    except (IndexError, ValueError, AttributeError, RecursionError):
        return []


def _json(body: str) -> dict[str, Any] | list[Any] | None:
    """The object or list of a JSON body; None where it is none."""
    if not body.startswith(("{", "[")):
        return None
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict | list) else None
