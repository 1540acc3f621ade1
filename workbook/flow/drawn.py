"""What is drawn of a message: an arrow with a title, and the parameters that matter.

Values that change every time are drawn by name. The same value has the same name wherever it appears again, which
is what a reader is to see: the request token that Twitter gave to the app is the one in the browser's address and the
one in `denied=`. A value that should be known and is not is drawn as unknown. No secret is ever drawn as it is.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from typing import Any
from unicodedata import category

from .messages import (
    APP,
    BROWSER,
    BROWSERS,
    DATABASE,
    ELSEWHERE,
    EVE,
    EVES_SERVER,
    EVES_SITE,
    Flow,
    Message,
    Parameter,
    split,
)
from .rows import BYTES, of_message

# The providers by their names in addresses, and everybody who takes part, as people call them.
PROVIDER_LABELS = {"twitter": "Twitter", "facebook": "Facebook", "google": "Google", "github": "GitHub"}
LABELS = {BROWSER: "Browser", APP: "Your app", **PROVIDER_LABELS}
# Where there are two browsers, or an attacker's server, whose they are.
_OTHERS = {EVE: "Eve's browser", EVES_SERVER: "Eve's server", ELSEWHERE: "Ada's other browser"}
_WHOSE = {BROWSER: "Ada's browser", **_OTHERS}


def label_of(name: str) -> str:
    """The name of one who takes part as people write it. A provider that has no label here is called by its name."""
    return LABELS.get(name) or _WHOSE.get(name, name.title())


@dataclass(frozen=True)
class Arrow:
    """One message as it is drawn."""

    sender: str
    receiver: str
    is_request: bool
    title: str
    details: tuple[tuple[str, str], ...] = ()


def participants(drawn: Iterable[Arrow]) -> dict[str, str]:
    """Everybody who takes part, with the names that people read: browsers, the app, its database, then the providers as
    they come.
    One browser is the browser; of two it is said whose they are, and so it is beside an attacker's server."""
    found = dict.fromkeys(name for arrow in drawn for name in (arrow.sender, arrow.receiver))
    first = [name for name in (EVE, EVES_SERVER, BROWSER, ELSEWHERE, APP, DATABASE) if name in found]
    labels = {name: label_of(name) for name in first + [name for name in found if name not in first]}
    return labels | {
        name: _WHOSE[name] for name in labels if labels.keys() & _OTHERS.keys() and name in _WHOSE
    }


# Parameters whose value is new in every request or never to be seen, and what it is drawn as.
ALWAYS_NEW = {
    "oauth_nonce": "nonce",
    "oauth_timestamp": "timestamp",
    "oauth_signature": "signature",
    "oauth_consumer_key": "consumer key",
    "client_id": "client id",
    "client_secret": "client secret",
    "appsecret_proof": "proof",
    "refresh_token": "refresh token",
    "id_token": "ID token",
    "id_token_hint": "ID token",
    "token": "token",
    "input_token": "token",
    "fb_exchange_token": "token",
    "nonce": "nonce",
    "code_challenge": "code challenge",
    "code_verifier": "code verifier",
    "assertion": "assertion",
    "client_assertion": "assertion",
    "password": "password",
    "keys": "signing keys",
    "csrf_token": "CSRF token",
}
# Parameters whose value is handed from one to the other. What is first seen in an answer gets its name there, from
# the endpoint that gave it; elsewhere it is looked up.
_HANDED_ON = {
    "oauth_token": "token",
    "oauth_token_secret": "secret",
    "oauth_verifier": "verifier",
    "denied": "token",
    "code": "code",
    "state": "state",
    "access_token": "access token",
}
# Google's token endpoint is called just that.
_GIVEN_BY = {"request_token": "request token", "access_token": "access token", "token": "access token"}
# What is shown of a JSON answer.
_TELLING = (
    *("access_token", "token_type", "expires_in", "refresh_token", "id_token"),
    *("id_str", "id", "sub", "screen_name", "login", "name", "email", "email_verified", "error", "errors"),
    *("message", "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "keys"),
)
# Parameters that are left out: they say the same in every message.
_LEFT_OUT = {"oauth_version", "oauth_signature_method"}
_NOT_PART = re.compile(r"/favicon\.ico$|/static/|\.(css|js|png|svg|ico|woff2?)$")
# In text that is no list of parameters (an error's words, broken JSON) a secret is known by the name before it.
_IN_TEXT = re.compile(
    r"""\b((?:oauth_\w+|\w+_token|\w+_secret|code_verifier|password)["']?\s*[=:]\s*["']?|(?:code|state|nonce)=)"""
    r"""(?!‹)[^\s"'&,;<>]+"""
)
_SHORTEST_SECRET = 6
# A row has a secret in a column with such a name, and a time that is new in every run.
_SECRET_COLUMN = re.compile(r"passw|secret|token|hash|digest|nonce|verifier", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d|Z)?")
# The time as a number, in a column with such a name (seconds since 1970).
_SECONDS = re.compile(r"\d{10}")
_TIME_COLUMN = re.compile(r"(?:.*_)?(?:at|time|since|until)")
# An error's words are cut there (characters).
_LONGEST_TEXT = 200
# The providers' addresses as everybody knows them, whatever port they really had.
_PROVIDERS = "127.0.0.1:5001"
_API_BELOW = {"facebook": "/graph", "github": "/api"}
_STAND_INS = set(LABELS) - {BROWSER, APP}


def is_no_part(message: Message) -> bool:
    """Whether a message is one of those that come with every page: pictures, styles."""
    return bool(_NOT_PART.search(message.path))


def arrows(flow: Flow | Iterable[Message], among: Iterable[Message] | None = None) -> tuple[Arrow, ...]:
    """What is drawn of a flow, in order. For a few messages of a longer one, `among` is the whole of it: values get
    their names there."""
    messages = [message for message in flow if not is_no_part(message)]
    if among is not None:
        names = _Names(among)
        names.number_all()
    else:
        names = _Names([*flow.before, *messages] if isinstance(flow, Flow) else messages)
    return tuple(_arrow(message, names) for message in messages)


def arrows_and_names(flow: Flow) -> tuple[tuple[Arrow, ...], Names]:
    """What is drawn of a flow, and the names that its values have there."""
    messages = [message for message in flow if not is_no_part(message)]
    names = _Names([*flow.before, *messages])
    return tuple(_arrow(message, names) for message in messages), names


class _Names:
    """The names of the values of one flow, and its addresses in their canonical form.

    A second login in the same flow has tokens of its own: of two states the one that is drawn first is the state, and
    the other the state (2).
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self._known: dict[str, str] = {}
        self._numbered: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        for message in messages:
            if message.receiver == DATABASE:
                continue
            ends = {message.receiver, message.sender}
            if APP in ends and ends & set(BROWSERS):
                host = split(message.url)
                self._hosts[host.netloc] = f"{host.hostname}:5000"
                # A redirect may be the first that is heard of a provider.
                target = split(message.header("Location") or "")
                if target.hostname == "127.0.0.1" and target.path.lstrip("/").partition("/")[0] in _STAND_INS:
                    self._hosts.setdefault(target.netloc, _PROVIDERS)
            elif EVES_SERVER in ends:
                host = split(message.url)
                if host.hostname == "127.0.0.1":  # an app on this machine asks her server at its real place
                    self._hosts[host.netloc] = EVES_SITE
            else:
                self._hosts[split(message.url).netloc] = _PROVIDERS
            self._learn(message)

    def _learn(self, message: Message) -> None:
        given = _GIVEN_BY.get(message.path.rpartition("/")[2])
        for parameter in message.parameters:
            if parameter.name == "oauth_token" and parameter.place == "answer" and given:
                self._know(parameter.value, given)
            elif parameter.name == "oauth_token_secret" and given:
                self._know(parameter.value, f"{given} secret")
            elif parameter.name == "access_token" and parameter.place == "answer" and given:
                self._know(parameter.value, given)
            elif parameter.name == "oauth_verifier" and parameter.place == "redirect":
                self._know(parameter.value, "verifier")
            # OAuth 2: the app makes the state, the provider the code and the access token.
            elif parameter.name == "state" and parameter.place == "redirect" and message.sender == APP:
                self._know(parameter.value, "state")
            elif parameter.name == "code" and parameter.place == "redirect" and message.sender != APP:
                self._know(parameter.value, "code")
        if given and not message.is_request and message.body.lstrip().startswith("{"):
            self._know(str(_json(message.body).get("access_token") or ""), given)

    def _know(self, value: str, name: str) -> None:
        if value:
            self._known.setdefault(value, name)

    def number_all(self) -> None:
        """Numbers the values in the order in which they came up, and not in that in which they will be drawn."""
        for value in self._known:
            self._name(value)

    def _name(self, value: str) -> str:
        if value not in self._numbered:
            name = self._known[value]
            count = sum(known.partition(" (")[0] == name for known in self._numbered.values())
            self._numbered[value] = f"{name} ({count + 1})" if count else name
        return self._numbered[value]

    def value(self, parameter: Parameter) -> str:
        """A parameter's value as it is drawn."""
        if parameter.name in ALWAYS_NEW:
            return f"‹{ALWAYS_NEW[parameter.name]}›"
        if parameter.name in _HANDED_ON:
            known = parameter.value in self._known
            return f"‹{self._name(parameter.value) if known else f'unknown {_HANDED_ON[parameter.name]}'}›"
        return self.text(parameter.value)

    def text(self, text: str) -> str:
        """Text with known values by name and addresses in their canonical form."""
        text = self.concealed(text)
        for host, canonical in self._hosts.items():
            text = text.replace(host, canonical)
        return text

    def concealed(self, text: str) -> str:
        """Text with known values by name."""
        # A state of "1" is no secret, and would be found in every other word.
        known = sorted(
            (value for value in self._known if len(value) >= _SHORTEST_SECRET), key=len, reverse=True
        )
        if known:
            text = re.sub("|".join(map(re.escape, known)), lambda found: f"‹{self._name(found[0])}›", text)
        return _IN_TEXT.sub(r"\1‹…›", text)

    def host(self, netloc: str) -> str:
        """A host and port in their canonical form."""
        return self._hosts.get(netloc, netloc)


# Other modules read from it, and make none.
Names = _Names


def _json(body: str) -> dict[str, Any]:
    """A JSON object; an empty one where it is none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _addresses(body: str) -> list[str]:
    """What is told of each address of a list, as GitHub has it; nothing where it is none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(data, list) or not all(isinstance(one, dict) and "email" in one for one in data):
        return []
    told = []
    for one in data:
        verified = "verified" if one.get("verified") is True else "not verified"
        told.append(f"{one['email']}, {'primary, ' if one.get('primary') is True else ''}{verified}")
    return told


def _arrow(message: Message, names: _Names) -> Arrow:
    if message.receiver == DATABASE:
        return _row(message, names)
    title = _asked(message, names) if message.is_request else _answered(message, names)
    details = tuple((_shown(name), _shown(value)) for name, value in _details(message, names))
    return Arrow(message.sender, message.receiver, message.is_request, _shown(title), details)


def _row(message: Message, names: _Names) -> Arrow:
    """A row that changed, with both values where it had one before."""
    change = of_message(message)
    details = (
        (column, " → ".join(_in_column(column, value, names) for value in values))
        for column, values in change.columns
    )
    return Arrow(
        message.sender,
        message.receiver,
        True,
        _shown(names.text(change.title)),
        tuple((_shown(name), _shown(value)) for name, value in details),
    )


def _in_column(column: str, value: str | None, names: _Names) -> str:
    """A value of a row as it is drawn."""
    if value is None:
        return "NULL"
    if _TIME.fullmatch(value) or value.startswith(BYTES):
        return "‹bytes›" if value.startswith(BYTES) else "‹time›"
    if _SECONDS.fullmatch(value) and _TIME_COLUMN.fullmatch(column):
        return "‹time›"
    shown = names.value(Parameter(column, value, "row"))
    return f"‹{column.replace('_', ' ')}›" if shown == value and _SECRET_COLUMN.search(column) else shown


def _shown(text: str) -> str:
    """Text on one line, without what would command a terminal (Cc) and what no encoding takes (Cs)."""
    line = " ".join(text.split())
    return "".join("\ufffd" if category(character) in ("Cc", "Cs") else character for character in line)


def _path(url: str, provider: str) -> str:
    path = split(url).path or "/"
    if provider in (APP, *BROWSERS):
        return path
    # The APIs stand below the local providers; Facebook's Graph API and GitHub's have hosts of their own.
    return path.removeprefix(f"/{provider}").removeprefix(_API_BELOW.get(provider, "")) or "/"


def _asked(message: Message, names: _Names) -> str:
    return f"{message.method} {names.text(_path(message.url, message.receiver))}"


def _answered(message: Message, names: _Names) -> str:
    assert message.status is not None
    try:
        phrase = HTTPStatus(message.status).phrase
    except ValueError:
        phrase = ""
    status = f"{message.status} {phrase}".strip()
    location = message.header("Location")
    if not location:
        return status
    target = split(location)
    host = names.host(target.netloc)
    if host == _PROVIDERS:
        provider, _, rest = names.text(target.path).lstrip("/").partition("/")
        return f"{status}, to {LABELS.get(provider, provider)} /{rest}"
    # The host is said only where the browser leaves the one that it is at.
    elsewhere = target.netloc and target.netloc != split(message.url).netloc
    return f"{status}, to {host if elsewhere else ''}{names.text(target.path) or '/'}"


def _details(message: Message, names: _Names) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for parameter in message.parameters:
        # The stand-ins' pages carry tokens against forgery, which are no part of the protocol. The app's own is a
        # subject of the course.
        app_s_own = parameter.name == "csrf_token" and message.receiver == APP
        forgery = parameter.name.startswith(("csrf", "authenticity")) and not app_s_own
        if parameter.name in _LEFT_OUT or parameter.name in seen or forgery:
            continue
        seen.add(parameter.name)
        yield parameter.name, names.value(parameter)
    if message.is_request or "answer" in {parameter.place for parameter in message.parameters}:
        return
    yield from _body(message, names)
    cookies = [value.partition("=")[0] for key, value in message.headers if key.lower() == "set-cookie"]
    # The stand-ins give a browser a new session at each login, in the redirect that the protocol has for the callback.
    # That is no part of the protocol, either.
    if cookies and (message.sender == APP or message.header("Location") is None):
        yield "sets cookie", ", ".join(dict.fromkeys(cookies))


def _body(message: Message, names: _Names) -> Iterator[tuple[str, str]]:
    body = message.body.strip()
    kind = (message.header("Content-Type") or "").partition(";")[0]
    if kind == "application/json" or body.startswith("{"):
        data = _json(body)
        if addresses := _addresses(body):
            for address in addresses:
                yield "email", names.text(address)
        elif not data:
            yield "answer", _cut(names.text(body), 60)
        for name in _TELLING:
            if name in data and not (name == "id" and "id_str" in data):
                yield name, names.value(Parameter(name, _short_json(data[name]), "answer"))
            if name == "id_token" and name in data:
                yield from _inside(str(data[name]), names)
    elif "xml" in kind:
        yield "error", _cut(names.text(" ".join(re.sub(r"<[^<>]+>", " ", body).split())))
    elif title := re.search(r"<title>([^<]*)</title>", body, re.IGNORECASE):
        if not 300 <= (message.status or 0) < 400:
            yield "page", names.text(" ".join(unescape(title[1]).split()))
    elif body and (message.status or 0) >= 400:
        yield "error", _cut(names.text(" ".join(body.split())))


def _inside(id_token: str, names: _Names) -> Iterator[tuple[str, str]]:
    """Whom an ID token names, and their email address: what is signed is not secret (RFC 7519 section 3)."""
    try:
        payload = id_token.split(".")[1]
        claims = _json(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())
    except (IndexError, ValueError):
        return
    if "sub" in claims:
        yield "its sub", _cut(names.text(str(claims["sub"])))
    if "email" in claims:
        verified = "verified" if claims.get("email_verified") is True else "not verified"
        yield "its email", f"{_cut(names.text(str(claims['email'])))}, {verified}"


def _cut(text: str, longest: int = _LONGEST_TEXT) -> str:
    # Only what has its names already is cut: half a secret would not be known for one.
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _short_json(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict) and "message" in value[0]:
        return f"{value[0].get('code')}: {value[0]['message']}"
    if isinstance(value, dict) and "message" in value:
        return f"{value.get('code')}: {value['message']}"
    return value if isinstance(value, str) else json.dumps(value)
