"""Defences that held under attack, and have to: one code is good for one request, and no page has an attacker's
markup."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import requests
from werkzeug.wrappers import Response

from workbook.providers.people import PEOPLE
from workbook.providers.server import ProvidersServer

from .calling import ACCESS_TOKEN, Calling, a_person, allowed
from .facebook_client import FacebookClient
from .fuzz import NAMES
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client
from .raw import LONG

CLIENTS: dict[str, Callable[[ProvidersServer], FacebookClient | GoogleClient | GitHubClient]] = {
    "facebook": FacebookClient,
    "google": GoogleClient,
    "github": GitHubClient,
}
RACERS = 16
MARKUP = "\"'><script>x</script><img src=x onerror=y>"


def all_at_once(ask: Callable[[], requests.Response]) -> list[requests.Response]:
    """The responses to as many requests as there are racers, which all begin together."""
    start = threading.Barrier(RACERS)

    def one() -> requests.Response:
        start.wait(LONG)
        return ask()

    with ThreadPoolExecutor(RACERS) as pool:
        return [future.result(LONG) for future in [pool.submit(one) for _ in range(RACERS)]]


@pytest.fixture
def wide(request: pytest.FixtureRequest) -> Iterator[ProvidersServer]:
    """Providers that handle all racers at a time."""
    with ProvidersServer(threads=RACERS) as providers:
        providers.mount("/", Response("You are back."))
        yield providers


@pytest.mark.parametrize("provider", CLIENTS)
def test_one_of_sixteen_has_a_token_for_one_code(wide: ProvidersServer, provider: str) -> None:
    """RFC 6749 section 4.1.2."""
    client = CLIENTS[provider](wide)
    for _ in range(3):
        code = client.code()
        answers = all_at_once(lambda code=code: client.swap(code))  # type: ignore[misc]
        assert sum("access_token" in answer.json() for answer in answers) == 1


def test_one_of_sixteen_has_a_token_for_one_verifier(wide: ProvidersServer) -> None:
    app = Calling(wide)
    for _ in range(3):
        token = app.request_token()
        verifier = allowed(app, token)["oauth_verifier"]
        answers = all_at_once(
            lambda token=token, verifier=verifier: app.ask(ACCESS_TOKEN, token, verifier=verifier)  # type: ignore[misc]
        )
        assert sum(answer.ok for answer in answers) == 1


def has_markup(answer: requests.Response) -> bool:
    """Whether a page has an element that is not its own."""
    is_page = answer.headers["Content-Type"].startswith("text/html")
    return is_page and ("<script" in answer.text or "<img" in answer.text)


@pytest.mark.parametrize("provider", CLIENTS)
def test_no_parameter_becomes_a_part_of_a_page(providers: ProvidersServer, provider: str) -> None:
    client: Client = CLIENTS[provider](providers)
    for name in NAMES:
        for more in ({}, {"redirect_uri": f"{client.callback}?{MARKUP}"}, {"client_id": "unknown"}):
            url = client.page(**{**more, name: MARKUP})  # type: ignore[arg-type]
            assert not has_markup(requests.get(url, allow_redirects=False, timeout=LONG)), name
        answer = requests.post(client.page(), {name: MARKUP}, allow_redirects=False, timeout=LONG)
        assert not has_markup(answer), name


def test_no_parameter_becomes_a_part_of_a_page_of_twitter_s(app: Calling) -> None:
    token = app.request_token(f"{app.callback}?{MARKUP}")
    for endpoint in ("authenticate", "authorize"):
        for name in NAMES:
            url = f"{app.page(token, endpoint)}&{urlencode({name: MARKUP})}"
            assert not has_markup(requests.get(url, allow_redirects=False, timeout=LONG)), name
    for path in (
        f"/{MARKUP}",
        f"/twitter/{MARKUP}",
        f"/twitter/1.1/{MARKUP}",
        f"/control/faults?key={MARKUP}",
    ):
        assert not has_markup(requests.get(app.providers.url + path, timeout=LONG))
    browser = a_person()
    (form,) = browser.open(app.page(token)).forms()
    page = browser.submit(form, decision="refuse")
    assert "Return to" in page.text and "<script" not in page.text


def test_no_name_becomes_a_part_of_a_page() -> None:
    ada = PEOPLE[0]
    person = replace(
        ada,
        name=MARKUP,
        about=MARKUP,
        twitter=replace(ada.twitter, screen_name=MARKUP, email=MARKUP),
        facebook=replace(ada.facebook, email=MARKUP),
        google=replace(ada.google, email=MARKUP),
        github=replace(ada.github, login=MARKUP, name=MARKUP, email=MARKUP),
    )
    with ProvidersServer(people=[person]) as providers:
        providers.mount("/", Response("You are back."))
        app = Calling(providers)
        pages = [client(providers).page() for client in CLIENTS.values()] + [app.page(app.request_token())]
        for url in (*pages, *(f"{providers.url}/{name}/" for name in providers.names)):
            answer = requests.get(url, timeout=LONG)
            assert answer.ok and "&lt;script&gt;" in answer.text and not has_markup(answer)
