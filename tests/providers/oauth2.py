"""An app that calls the local providers of OAuth 2. It is written by hand, with requests only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from workbook.lab.browser import Browser, Form, Page
from workbook.providers.server import ProvidersServer

from .calling import a_person

STATE = "the app's own state, with a blank & more"


@dataclass
class Client:
    """The app that is registered at one of the providers; its callback is on their server, too."""

    providers: ProvidersServer
    provider: str
    dialog: str
    scope: str

    @property
    def key(self) -> str:
        return self.providers.environment()[f"{self.provider.upper()}_KEY"]

    @property
    def secret(self) -> str:
        return self.providers.environment()[f"{self.provider.upper()}_SECRET"]

    @property
    def callback_path(self) -> str:
        return f"/auth/{self.provider}/callback"

    @property
    def callback(self) -> str:
        return self.providers.url + self.callback_path

    @property
    def url(self) -> str:
        return f"{self.providers.url}/{self.provider}"

    def page(self, **more: str | None) -> str:
        """The URL of the provider's page for the user; None removes a parameter."""
        asked = {
            "client_id": self.key,
            "redirect_uri": self.callback,
            "response_type": "code",
            "scope": self.scope,
            "state": STATE,
            **more,
        }
        return f"{self.url}{self.dialog}?{urlencode({name: v for name, v in asked.items() if v is not None})}"

    def decided(
        self,
        person: str = "ada",
        decision: str = "allow",
        *,
        browser: Browser | None = None,
        untick: tuple[str, ...] = (),
        **more: str | None,
    ) -> Page:
        """That user decides; returns the page where that ends. Without a question the browser is redirected at once."""
        browser = browser or a_person()
        page = browser.open(self.page(**more))
        form = next((form for form in page.forms() if "decision" in form.buttons), None)
        if form is None:
            return page
        form = unticked(form, *untick)
        if 'type="radio"' in page.text:
            return browser.submit(form, decision=decision, person=person)
        return browser.submit(form, decision=decision)

    def back(self, person: str = "ada", decision: str = "allow", **more: object) -> dict[str, str]:
        """The same; returns the parameters of the callback."""
        page = self.decided(person, decision, **more)  # type: ignore[arg-type]
        assert urlsplit(page.url).path == self.callback_path, page.words
        return dict(parse_qsl(page.query, keep_blank_values=True))

    def code(self, person: str = "ada", **more: object) -> str:
        """A code that is good."""
        return self.back(person, **more)["code"]


def unticked(form: Form, *values: str) -> Form:
    """The form without those boxes ticked."""
    return replace(form, fields=tuple(field for field in form.fields if field[1] not in values))


def json_of(answer: requests.Response, status: int = 200) -> dict[str, object]:
    """The JSON object of a response with that status."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert isinstance(body, dict)
    return body
