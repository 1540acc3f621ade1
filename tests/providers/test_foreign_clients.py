"""Clients that know nothing of the workbook log in at the local Twitter, each in a process of its own.

The step apps' own library pins an old requests-oauthlib; newer ones run in an environment made for them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from authlib.integrations.requests_client import OAuth1Session as AuthlibSession
from authlib.integrations.requests_client import OAuthError
from requests_oauthlib import OAuth1Session
from requests_oauthlib.oauth1_session import TokenRequestDenied
from werkzeug.wrappers import Response

from workbook.providers.people import person
from workbook.providers.server import ProvidersServer

from .calling import CALLBACK_PATH
from .foreigners import FOREIGN, environment_with, log_in

NEWER = ("requests-oauthlib==2.0.0", "oauthlib==3.3.1", "aioauth-client==0.30.1")


@pytest.fixture
def providers() -> Iterator[ProvidersServer]:
    """By the real clock, which these clients have, too."""
    with ProvidersServer() as providers:
        providers.mount("/", Response("You are back."))
        yield providers


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment that has the newer libraries."""
    return environment_with(tmp_path_factory.mktemp("newer") / "environment", *NEWER)


def check(providers: ProvidersServer, script: str, python: str, who: str) -> None:
    command = [python, FOREIGN / f"{script}_login.py"]
    said = log_in(providers, command, who, callback=f"{CALLBACK_PATH}?provider=twitter")
    assert isinstance(said, list)
    screen_name, profile = said
    account = person(who).twitter
    assert screen_name == account.screen_name
    assert isinstance(profile, dict) and (profile["id"], profile["email"]) == (account.id, account.email)
    attempts = providers.twitter.attempts
    assert [(a.endpoint, a.status, a.signature_valid) for a in attempts] == [
        ("request_token", 200, True),
        ("access_token", 200, True),
        ("verify_credentials", 200, True),
    ]


@pytest.mark.parametrize("script", ["requests_oauthlib", "authlib_requests", "authlib_httpx"])
def test_a_client_that_is_installed_here_logs_in(providers: ProvidersServer, script: str) -> None:
    check(providers, script, sys.executable, "ada")


@pytest.mark.slow
@pytest.mark.parametrize("script", ["requests_oauthlib", "aioauth"])
def test_a_newer_or_another_client_logs_in(providers: ProvidersServer, newer: str, script: str) -> None:
    check(providers, script, newer, "chen")


def test_authlibs_client_signs_an_encoded_callback_wrongly_and_others_do_not(
    providers: ProvidersServer,
) -> None:
    """Authlib 1.9.9 decodes the values of oauth_ parameters before it signs them: authlib/oauth1/rfc5849/signature.py.

    The values are not encoded then, and RFC 5849 section 3.4.1.3.1 signs them as they are.
    """
    keys = (providers.twitter.consumer_key, providers.twitter.consumer_secret)
    address = f"{providers.url}/twitter/oauth/request_token"
    callback = f"{providers.url}{CALLBACK_PATH}?next=%2Fwelcome"
    right = OAuth1Session(*keys, callback_uri=callback).fetch_request_token(address)
    assert providers.twitter.request_tokens[right["oauth_token"]].callback == callback
    with pytest.raises(OAuthError, match="Could not authenticate you"):
        AuthlibSession(*keys, redirect_uri=callback).fetch_request_token(address)


def test_requests_oauthlib_is_told_of_a_callback_that_is_not_listed_in_xml(
    providers: ProvidersServer,
) -> None:
    """As users saw it (singingwolfboy/flask-dance #370)."""
    keys = (providers.twitter.consumer_key, providers.twitter.consumer_secret)
    session = OAuth1Session(*keys, callback_uri="http://example.org/")
    with pytest.raises(TokenRequestDenied, match='403.*<error code="415">'):
        session.fetch_request_token(f"{providers.url}/twitter/oauth/request_token")
