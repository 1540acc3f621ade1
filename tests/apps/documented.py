"""The documented requests of a login, and the differences of a request from its documentation.

The documented forms are data, in the folder forms/, a file for each provider. Where a page documents several ways, such
as the secret in a header, a form has those that the course's apps can take.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbook.flow.messages import APP, BROWSER, Message, Parameter
from workbook.lab.browser import at_home

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORM_ENCODED = "application/x-www-form-urlencoded"
# The setting for the URL that is registered at a provider. Each provider has its own.
CALLBACK = "CALLBACK"


@dataclass(frozen=True)
class Documented:
    """A parameter, or a header, of a request: see forms/twitter.toml."""

    name: str
    source: str
    at: tuple[str, ...] = ()
    required: bool = False
    value: str = "[ -~]+"
    of: str | None = None
    not_theirs: bool = False

    def differs(self, value: str, settings: Mapping[str, str]) -> str | None:
        """How a value differs from the documented one; None where it does not."""
        if self.of is not None:
            return None if value == settings[self.of] else f"is {value!r}, and not {self.of}"
        return None if re.fullmatch(self.value, value) else f"is {value!r}, and not as {self.value!r}"


@dataclass(frozen=True)
class Form:
    """A documented request: see forms/twitter.toml."""

    provider: str
    name: str
    by: str
    methods: tuple[str, ...]
    variable: str
    host: str
    older_hosts: tuple[str, ...]
    path: str
    scheme: str | None
    source: str
    parameters: tuple[Documented, ...]
    headers: tuple[Documented, ...]

    @property
    def id(self) -> str:
        """Its ID among the forms of all providers."""
        return f"{self.provider}: {self.name}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The base URLs at the provider's own hosts for this request."""
        return (self.host, *self.older_hosts)

    @cached_property
    def by_name(self) -> dict[str, Documented]:
        """Its parameters."""
        return {parameter.name: parameter for parameter in self.parameters}

    def is_at(self, url: str, bases: Iterable[str]) -> bool:
        """Whether a URL is this request's, below one of the `bases`."""
        place = url.partition("?")[0]
        return any(
            place.startswith(base) and re.fullmatch(self.path, place.removeprefix(base)) for base in bases
        )

    def differences(self, request: Message, settings: Mapping[str, str]) -> list[str]:
        """The differences of a request from its documentation, each with its source."""
        found = [f"the method is {request.method} ({self.source})"] * (request.method not in self.methods)
        found += self._authorization(request)
        found += self._body(request)
        seen: dict[str, list[Parameter]] = {}
        for parameter in request.parameters:
            seen.setdefault(parameter.name, []).append(parameter)
        for name, values in seen.items():
            documented = self.by_name.get(name)
            if documented is None:
                found.append(f"{name} is not documented ({self.source})")
                continue
            if len(values) > 1:
                # RFC 6749 sections 3.1 and 3.2, RFC 5849 section 3.1; docs.x.com, Creating a signature
                found.append(f"{name} is there {len(values)} times ({documented.source})")
            for one in values:
                if one.place not in documented.at:
                    found.append(f"{name} is in the {one.place} ({documented.source})")
                wrong = documented.differs(one.value, settings)
                found += [f"{name} {wrong} ({documented.source})"] * (wrong is not None)
        for documented in self.parameters:
            if documented.required and documented.name not in seen:
                found.append(f"{documented.name} is missing ({documented.source})")
        for documented in self.headers:
            value = request.header(documented.name)
            if value is None:
                found += [f"{documented.name} is missing ({documented.source})"] * documented.required
                continue
            wrong = documented.differs(value, settings)
            found += [f"{documented.name} {wrong} ({documented.source})"] * (wrong is not None)
        return [f"{self.id}: {what}" for what in found]

    def _authorization(self, request: Message) -> Iterator[str]:
        header = request.header("Authorization")
        scheme = (header or "").partition(" ")[0]
        if header is not None and self.scheme is None:
            yield f"there is an Authorization header with the scheme {scheme} ({self.source})"
        elif self.scheme is not None and not re.fullmatch(self.scheme, scheme):
            yield f"the scheme of Authorization is {scheme!r}, and not {self.scheme} ({self.source})"

    def _body(self, request: Message) -> Iterator[str]:
        """A body has form-encoded parameters, and nothing else (RFC 6749 appendix B, RFC 5849 section 3.4.1.3.1)."""
        kind = (request.header("Content-Type") or "").partition(";")[0]
        if request.body and kind != FORM_ENCODED:
            yield f"the body's type is {kind!r}, and not {FORM_ENCODED} ({self.source})"
        elif not request.body and kind not in ("", FORM_ENCODED):
            yield f"there is no body, and its type is {kind!r} ({self.source})"


def _documented(entry: Mapping[str, Any], source: str) -> Documented:
    known = {**entry, "source": entry.get("source", source), "at": tuple(entry.get("at", ()))}
    return Documented(of=known.pop("is", None), **known)


def _forms(file: Path) -> Iterator[Form]:
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    for entry in data["requests"]:
        scheme, source = entry.get("scheme"), entry["source"]
        signed = data["signed"] if scheme == "OAuth" else []
        yield Form(
            provider=data["provider"],
            name=entry["name"],
            by={"app": APP, "browser": BROWSER}[entry["by"]],
            methods=tuple(entry["methods"]),
            variable=entry["variable"],
            host=entry["host"],
            older_hosts=tuple(entry.get("older_hosts", ())),
            path=entry["path"],
            scheme=scheme,
            source=source,
            parameters=tuple(_documented(one, source) for one in (*entry["parameters"], *signed)),
            headers=tuple(_documented(one, source) for one in entry.get("headers", ())),
        )


FORMS = tuple(
    form for file in sorted((Path(__file__).parent / "forms").glob("*.toml")) for form in _forms(file)
)
BY_ID = {form.id: form for form in FORMS}


def form_of(request: Message, bases: Mapping[str, tuple[str, ...]]) -> Form | None:
    """The documented request that a request is, whatever its parameters; None where there is none. `bases` are the base
    URLs that the app uses for each form, by the form's ID."""
    return next(
        (form for form in FORMS if form.by == request.sender and form.is_at(request.url, bases[form.id])),
        None,
    )


_LINKED = re.compile(r"""\b(?:href|src|action|formaction)\s*=\s*["']([^"']*)["']""", re.IGNORECASE)


def requests_of(messages: Iterable[Message]) -> list[Message]:
    """The requests to providers that an app sends, and those that it makes browsers send: by a redirect, or by a link
    or form of one of its pages."""
    return [request for message in messages for request in _requests(message)]


def _requests(message: Message) -> Iterator[Message]:
    if message.is_request and message.sender == APP:
        yield message
    if not message.is_request and message.sender == APP:
        linked = _LINKED.findall(message.body) if "html" in (message.header("Content-Type") or "") else []
        for url in filter(None, (message.header("Location"), *map(html.unescape, linked))):
            if urlsplit(url).netloc and not at_home(url):
                yield Message(sender=BROWSER, receiver="", time=message.time, method="GET", url=url)
