"""Another redirect URI for the app's list: by the form on a provider's page, and by the server's own call."""

from __future__ import annotations

import pytest
import requests

from workbook.lab.browser import Browser, Page
from workbook.providers.server import ProvidersServer

from .calling import Calling, a_person, decide
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client

NAMES = ("twitter", "facebook", "google", "github")
OTHER = "http://localhost:3000/api/auth/callback/github"
CLIENTS = {"facebook": FacebookClient, "google": GoogleClient, "github": GitHubClient}


def added(browser: Browser, providers: ProvidersServer, name: str, callback: str) -> Page:
    """Sends the form on that provider's page."""
    page = browser.open(f"{providers.url}/{name}/")
    (form,) = (form for form in page.forms() if form.action.endswith("/callbacks"))
    return browser.submit(form, callback=callback)


@pytest.mark.parametrize("name", NAMES)
def test_the_form_on_the_page_lists_it_there_and_nowhere_else(providers: ProvidersServer, name: str) -> None:
    page = added(a_person(), providers, name, f" {OTHER} ")
    assert page.path == f"/{name}/" and OTHER in page.words
    for other in NAMES:
        shown = requests.get(f"{providers.url}/{other}/", timeout=10).text
        assert (OTHER in shown) == (other == name)


@pytest.mark.parametrize("name", NAMES)
def test_the_server_lists_it_everywhere(providers: ProvidersServer, name: str) -> None:
    providers.list_callback(OTHER)
    assert OTHER in requests.get(f"{providers.url}/{name}/", timeout=10).text


@pytest.mark.parametrize("name", CLIENTS)
def test_people_come_back_to_a_callback_that_is_listed(providers: ProvidersServer, name: str) -> None:
    client: Client = CLIENTS[name](providers)
    callback = f"{providers.url}/api/auth/callback/{name}"
    browser = a_person()
    page = browser.open(client.page(redirect_uri=callback))
    assert not [form for form in page.forms() if "decision" in form.buttons], "it is not on the list yet"
    added(a_person(), providers, name, callback)
    page = client.decided(redirect_uri=callback)
    assert page.path == f"/api/auth/callback/{name}" and "code=" in page.query


def test_twitter_takes_a_callback_that_is_listed(app: Calling) -> None:
    assert app.ask("/oauth/request_token", callback=OTHER).status_code == 403
    added(a_person(), app.providers, "twitter", OTHER)
    assert app.ask("/oauth/request_token", callback=OTHER).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_another_site_cannot_list_one(providers: ProvidersServer, name: str) -> None:
    """RFC 6749 section 10.12's attack, on this form."""
    address = f"{providers.url}/{name}/callbacks"
    mine, theirs = a_person(), a_person()
    page = mine.open(f"{providers.url}/{name}/")
    (form,) = (form for form in page.forms() if form.action == address)
    theirs.open(f"{providers.url}/{name}/")
    assert theirs.submit(form, callback=OTHER).status == 403
    assert mine.submit(form, callback=OTHER, csrf_token="guessed").status == 403
    assert requests.post(address, data={"callback": OTHER}, timeout=10).status_code == 403
    assert OTHER not in requests.get(f"{providers.url}/{name}/", timeout=10).text


@pytest.mark.parametrize("name", NAMES)
def test_an_app_that_is_checked_cannot_list_one(name: str) -> None:
    """Providers without the key of the faults' page have no such form."""
    with ProvidersServer() as server:
        browser = a_person()
        page = browser.open(f"{server.url}/{name}/")
        assert not [form for form in page.forms() if form.action.endswith("/callbacks")]
        token = dict(page.forms()[0].fields).get("csrf_token", "")
        data = {"callback": OTHER, "csrf_token": token}
        assert requests.post(f"{server.url}/{name}/callbacks", data=data, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("", "no absolute URL"),
        ("/auth/callback", "no absolute URL"),
        ("localhost:3000/callback#here", "no absolute URL"),
        ("http://localhost:3000/callback#", "no absolute URL"),
        ("http://evil.example\\@127.0.0.1:5000/auth/twitter/callback", "no absolute URL"),
        ("http://localhost:3000/a b", "no absolute URL"),
        ("http://localhost:3000/ä", "no absolute URL"),
        ("http:///callback", "no host"),
        ("http://[::1/callback", "no URL"),
        ("http://localhost:99999/callback", "no URL"),
        ("http://ada@localhost:3000/callback", "a user name"),
        ("javascript:alert(1)", "no browser is sent there"),
        ("JavaScript:alert(1)", "no browser is sent there"),
        ("data:text/html,x", "no browser is sent there"),
    ],
)
def test_what_cannot_be_a_callback_is_not_listed(providers: ProvidersServer, wrong: str, why: str) -> None:
    page = added(a_person(), providers, "github", wrong)
    assert page.status == 400 and why in page.text
    assert len(providers.github.callbacks) == 2
    with pytest.raises(ValueError, match=why):
        providers.list_callback(wrong)


def test_the_list_has_an_end(providers: ProvidersServer) -> None:
    """At most ten callbacks (docs.x.com, Developer apps)."""
    for number in range(8):
        providers.list_callback(f"{OTHER}/{number}")
        providers.list_callback(f"{OTHER}/{number}")
    with pytest.raises(ValueError, match="full"):
        providers.list_callback(OTHER)
    assert len(providers.twitter.callbacks) == 10


def test_a_listed_url_is_compared_letter_for_letter_off_this_machine(google: GoogleClient) -> None:
    google.providers.list_callback("https://app.example/callback")
    for asked, listed in (
        ("https://app.example/callback", True),
        ("https://app.example:443/callback", False),
        ("https://APP.example/callback", False),
        ("https://app.example/callback/", False),
        ("https://app.example/callback?a=1", False),
        ("http://app.example/callback", False),
    ):
        assert google.providers.google.callback_listed(asked) == listed, asked


def test_an_app_with_a_scheme_of_its_own_gets_a_refusal_at_once(app: Calling) -> None:
    """docs.x.com, Developer apps: twitterclient://callback. Twitter shows no page in between."""
    app.providers.list_callback("twitterclient://callback")
    token = app.request_token("twitterclient://callback")
    browser = a_person()
    (form,) = browser.open(app.page(token)).forms()
    answer = browser.submit(form, follow=False, decision="refuse").answers[-1]
    assert answer.header("Location") == f"twitterclient://callback?denied={token[0]}"


def test_what_a_person_refuses_at_twitter_links_to_the_listed_callback(app: Calling) -> None:
    app.providers.list_callback(OTHER)
    browser = a_person()
    token = app.request_token(OTHER)
    browser.open(app.page(token))
    assert f"{OTHER}?denied={token[0]}" in decide(browser, "refuse").links()
