"""An app that calls the local Twitter. It signs with oauthlib, and the local Twitter verifies with other code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from oauthlib.oauth1 import Client

from workbook.lab.browser import Browser, Page
from workbook.providers.server import ProvidersServer

CALLBACK_PATH = "/auth/twitter/callback"
VERIFY = "/1.1/account/verify_credentials.json"
REQUEST_TOKEN = "/oauth/request_token"
ACCESS_TOKEN = "/oauth/access_token"
FORM = "application/x-www-form-urlencoded"

Token = tuple[str, str]  # a token and its secret


@dataclass
class Calling:
    """The app that is registered at these providers; its callback URL is on their server, too."""

    providers: ProvidersServer

    @property
    def callback(self) -> str:
        return self.providers.url + CALLBACK_PATH

    def ask(
        self,
        path: str,
        token: Token | None = None,
        *,
        method: str = "POST",
        callback: str | None = None,
        verifier: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        timestamp: object = None,
        nonce: str | None = None,
        place: str = "AUTH_HEADER",
        body: str = "",
        accept: str = "*/*",
        spoil: Callable[[str], str] = str,
    ) -> requests.Response:
        """Signs and sends one request; `spoil` changes the signed part, wherever it is: header, URL, body."""
        twitter = self.providers.twitter
        client = Client(
            key or twitter.consumer_key,
            secret or twitter.consumer_secret,
            *(token or (None, None)),
            callback_uri=callback,
            verifier=verifier,
            signature_type=place,
            timestamp=str(int(twitter.now()) if timestamp is None else timestamp),
            nonce=nonce,
        )
        headers = {"Content-Type": FORM} if body or place == "BODY" else {}
        url, signed, sent = client.sign(
            f"{self.providers.url}/twitter{path}", method, body if headers else None, headers
        )
        headers = {**signed, "Accept": accept}
        if place == "AUTH_HEADER":
            headers["Authorization"] = spoil(headers["Authorization"])
        return requests.request(
            method, spoil(url) if place == "QUERY" else url, data=sent, headers=headers, timeout=10
        )

    def request_token(self, callback: str | None = None, **more: object) -> Token:
        """Temporary credentials."""
        answer = self.ask(REQUEST_TOKEN, callback=callback or self.callback, **more)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        values = dict(parse_qsl(answer.text))
        return values["oauth_token"], values["oauth_token_secret"]

    def page(self, token: Token, endpoint: str = "authenticate", **more: str) -> str:
        """The URL of the provider's page for the user."""
        query = urlencode({"oauth_token": token[0], **more})
        return f"{self.providers.url}/twitter/oauth/{endpoint}?{query}"

    def access_token(self, person: str = "ada") -> Token:
        """A whole login of that user."""
        token = self.request_token()
        answer = self.ask(ACCESS_TOKEN, token, verifier=allowed(self, token, person)["oauth_verifier"])
        values = dict(parse_qsl(answer.text))
        return values["oauth_token"], values["oauth_token_secret"]


def a_person() -> Browser:
    """A browser of a user who is not logged in at any provider. No app runs: it opens only the providers' pages."""
    return Browser(port=9)


def decide(browser: Browser, decision: str, **fields: str) -> Page:
    """Sends the form of the provider's open page."""
    assert browser.page is not None
    (form,) = browser.page.forms()
    return browser.submit(form, decision=decision, **fields)


def allowed(
    app: Calling, token: Token, person: str = "ada", browser: Browser | None = None
) -> dict[str, str]:
    """That user logs in and allows access; returns the parameters of the callback."""
    browser = browser or a_person()
    browser.open(app.page(token))
    page = decide(browser, "allow", person=person)
    assert urlsplit(page.url).path == CALLBACK_PATH, page.words
    return dict(parse_qsl(page.query))


def code_of(answer: requests.Response) -> int:
    """The code of an error of Twitter's, in the envelope of its API v1.1."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    (error,) = answer.json()["errors"]
    assert set(error) == {"code", "message"}
    return int(error["code"])
