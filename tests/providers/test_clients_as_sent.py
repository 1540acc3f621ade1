"""Clients that once could not log in here, as the requests that they send. The libraries themselves are for Node, or
need versions that conflict with the workbook's. Each file in foreign/ names its client and the version."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Response

from workbook.providers.people import person
from workbook.providers.server import ProvidersServer

from .foreigners import FOREIGN, log_in

# The callbacks that are not those of the workbook's apps: each client's own.
CALLBACKS = {
    "allauth_facebook": "/auth/facebook/login/callback/",
    "allauth_github": "/auth/github/login/callback/",
    "authjs_github": "/api/auth/callback/github",
}


@pytest.fixture
def providers() -> Iterator[ProvidersServer]:
    """By the real clock, which these clients have, too."""
    with ProvidersServer() as providers:
        providers.mount("/", Response("You are back."))
        yield providers


def profile(providers: ProvidersServer, client: str, provider: str, who: str) -> dict[str, object]:
    """The profile that the client got of the user who logged in."""
    callback = CALLBACKS.get(client, f"/auth/{provider}/callback")
    if client in CALLBACKS:
        providers.list_callback(providers.url + callback)
    said = log_in(providers, [sys.executable, FOREIGN / f"{client}_as_sent.py"], who, callback=callback)
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("client", ["twitter_api_v2", "callback_twice"])
def test_it_logs_in_at_twitter(providers: ProvidersServer, client: str) -> None:
    body = profile(providers, client, "twitter", "ada")
    account = person("ada").twitter
    assert (body["id"], body["screen_name"], body["email"]) == (
        account.id,
        account.screen_name,
        account.email,
    )
    assert {(a.status, a.signature_valid) for a in providers.twitter.attempts} == {(200, True)}


@pytest.mark.parametrize(
    ("client", "who"),
    [
        ("passport_facebook", "bo"),
        ("facebook_sdk", "ada"),
        ("authomatic_facebook", "chen"),
        ("allauth_facebook", "eve"),
    ],
)
def test_it_logs_in_at_facebook(providers: ProvidersServer, client: str, who: str) -> None:
    body = profile(providers, client, "facebook", who)
    account = person(who).facebook
    assert (body["id"], body.get("email"), body["name"]) == (account.id, account.email, person(who).name)
    assert {a.status for a in providers.facebook.attempts} == {200}


@pytest.mark.parametrize(("client", "who"), [("passport_google", "dara"), ("google_auth", "eve")])
def test_it_logs_in_at_google(providers: ProvidersServer, client: str, who: str) -> None:
    body = profile(providers, client, "google", who)
    account = person(who).google
    assert (body["sub"], body["email"], body["email_verified"]) == (
        account.sub,
        account.email,
        account.email_verified,
    )
    assert {a.status for a in providers.google.attempts} == {200}


@pytest.mark.parametrize("client", ["authjs_github", "octokit_github", "allauth_github"])
def test_it_logs_in_at_github(providers: ProvidersServer, client: str) -> None:
    """As at a GitHub server of a company's own, whose API is below /api/v3."""
    body = profile(providers, client, "github", "dara")
    account = person("dara").github
    emails = body["emails"]
    assert isinstance(emails, list) and [one["email"] for one in emails if one["primary"]] == [
        "dara@example.org"
    ]
    assert (body["id"], body["login"]) == (account.id, account.login)
    assert [(a.endpoint, a.status) for a in providers.github.attempts] == [
        ("access_token", 200),
        ("user", 200),
        ("emails", 200),
    ]
