"""Odd requests: the local providers respond to each of them, and never with an error of their own."""

from __future__ import annotations

import pytest
import requests

from workbook.lab.browser import Browser

from .calling import a_person
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client

ODD = [
    "",
    "\0",
    "a\r\nSet-Cookie: x=1",
    "é☃",
    "'\"><script>",
    "x" * 5000,
    "%",
    "%00",
    "http://[",
    "//example.org",
]


@pytest.fixture(params=[FacebookClient, GoogleClient, GitHubClient], ids=["facebook", "google", "github"])
def client(request: pytest.FixtureRequest) -> Client:
    made = request.param(request.getfixturevalue("providers"))
    assert isinstance(made, Client)
    return made


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_values_on_the_page(client: Client, odd: str) -> None:
    names = (
        *(
            "client_id",
            "redirect_uri",
            "response_type",
            "scope",
            "state",
            "nonce",
            "prompt",
            "auth_type",
            "login",
        ),
        *("login_hint", "hd", "code_challenge", "code_challenge_method", "access_type", "return_scopes"),
    )
    for name in names:
        answer = requests.get(client.page(**{name: odd}), timeout=10, allow_redirects=False)
        assert answer.status_code in (200, 302, 400, 401, 404), name
        assert "Set-Cookie: x" not in str(answer.headers) and "<script>" not in answer.text
        target = answer.headers.get("Location", client.callback)
        assert target.startswith(client.callback), "nobody is sent anywhere else"


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_an_odd_state_and_query_come_back_as_they_were(client: Client, odd: str) -> None:
    browser: Browser = a_person()
    page = client.decided(browser=browser, state=odd, redirect_uri=f"{client.callback}?a=1")
    assert page.path == client.callback_path and page.query.startswith("a=1&")
    assert client.back(state=odd)["state"] == odd


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_values_for_the_token_endpoint(client: Client, odd: str) -> None:
    assert isinstance(client, FacebookClient | GoogleClient | GitHubClient)
    names = (
        "code",
        "client_id",
        "client_secret",
        "redirect_uri",
        "grant_type",
        "code_verifier",
        "refresh_token",
    )
    for name in names:
        given = {"code": "nonsense", name: odd}
        answer = client.swap(given.pop("code"), **given)
        assert answer.status_code in (200, 400, 401, 404), name
        assert "error" in answer.json()


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_tokens(client: Client, odd: str) -> None:
    paths = {
        "facebook": ("graph/me", "graph/me/permissions", "graph/debug_token"),
        "google": ("v1/userinfo", "revoke"),
        "github": ("api/user", "api/user/emails"),
    }[client.provider]
    for path in paths:
        for where in ("access_token", "input_token", "token", "appsecret_proof", "fields"):
            answer = requests.get(f"{client.url}/{path}", params={where: odd}, timeout=10)
            assert answer.status_code in (400, 401)
        header = odd.encode().replace(b"\r\n", b"").replace(b"\0", b"").strip()
        headers = {"Authorization": b"Bearer " + header}
        assert requests.get(f"{client.url}/{path}", headers=headers, timeout=10).status_code in (400, 401)
