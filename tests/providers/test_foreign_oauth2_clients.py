"""Clients from elsewhere log in at the local providers of OAuth 2, each in a process of its own.

Those that need newer libraries than the step apps' own run in an environment made for them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session
from werkzeug.wrappers import Response

from workbook.providers.people import GitHubEmail, person
from workbook.providers.server import ProvidersServer

from .calling import a_person
from .facebook_client import FacebookClient
from .foreigners import FOREIGN, environment_with, log_in
from .github_client import GitHubClient
from .google_client import EMAIL, GoogleClient
from .oauth2 import Client

NEWER = ("Flask-Dance==7.1.0", "social-auth-core==7.0.0", "requests-oauthlib==2.0.0", "oauthlib==3.3.1")
NODE = ("openid-client@6.9.0",)
Command = list[str | Path]


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


@pytest.fixture(scope="session")
def openid_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds openid-client. A machine without Node leaves its tests out, but never in CI."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        assert not os.environ.get("CI"), "this machine has no Node"
        pytest.skip("this machine has no Node, so openid-client cannot be tried")
    folder = tmp_path_factory.mktemp("openid_client")
    quietly = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run([npm, "install", *quietly, *NODE], cwd=folder, check=True, timeout=300)
    shutil.copy(FOREIGN / "openid_client_login.mjs", folder)
    return folder


def profile(providers: ProvidersServer, provider: str, command: Command, who: str) -> dict[str, object]:
    """The profile that the client got of the user who logged in."""
    said = log_in(providers, command, who, callback=f"/auth/{provider}/callback", more={"PROVIDER": provider})
    assert isinstance(said, dict)
    return said


def script(name: str, python: str = sys.executable) -> Command:
    return [python, FOREIGN / f"{name}_login.py"]


def check_facebook(providers: ProvidersServer, command: Command, who: str) -> None:
    body = profile(providers, "facebook", command, who)
    account = person(who).facebook
    assert (body["id"], body.get("email")) == (account.id, account.email) and body["name"] == person(who).name
    attempts = providers.facebook.attempts
    assert [(a.endpoint, a.status, a.person) for a in attempts] == [
        ("access_token", 200, who),
        ("me", 200, who),
    ]


def check_google(providers: ProvidersServer, command: Command, who: str) -> None:
    body = profile(providers, "google", command, who)
    account = person(who).google
    told = (body["sub"], body["email"], body["email_verified"], body["name"])
    assert told == (account.sub, account.email, account.email_verified, person(who).name)
    assert {(a.status, a.error) for a in providers.google.attempts} == {(200, None)}
    assert [a.endpoint for a in providers.google.attempts if a.endpoint != "certs"] == ["token", "userinfo"]


def check_github(providers: ProvidersServer, command: Command, who: str) -> None:
    body = profile(providers, "github", command, who)
    account = person(who).github
    assert (body["id"], body["login"], body["name"]) == (account.id, account.login, account.name)
    if "emails" in body:
        emails = body["emails"]
        assert isinstance(emails, list) and [GitHubEmail(**one) for one in emails] == list(account.emails)
    else:
        assert body["email"] == account.email
    assert {(a.status, a.error, a.person) for a in providers.github.attempts} == {(200, None, who)}
    assert providers.github.attempts[0].endpoint == "access_token"


CHECKS = {"facebook": check_facebook, "google": check_google, "github": check_github}
HERE = {
    "facebook": ("facebook_requests_oauthlib", "facebook_authlib_requests", "flask_oauthlib"),
    "google": ("google_requests_oauthlib", "authlib_flask", "flask_oauthlib"),
    "github": ("github_requests_oauthlib", "authlib_flask", "flask_oauthlib"),
}
ELSEWHERE = {provider: (f"{provider}_requests_oauthlib", "flask_dance", "social_core") for provider in CHECKS}


def each(clients: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(provider, name) for provider, names in clients.items() for name in names]


@pytest.mark.parametrize("provider,name", each(HERE))
def test_a_client_that_is_installed_here_logs_in(
    providers: ProvidersServer, provider: str, name: str
) -> None:
    CHECKS[provider](providers, script(name), "ada")


@pytest.mark.slow
@pytest.mark.parametrize("provider,name", each(ELSEWHERE))
def test_a_newer_or_another_client_logs_in(
    providers: ProvidersServer, newer: str, provider: str, name: str
) -> None:
    """As a user without an email address at Facebook, with an organisation's at Google, and without a name at
    GitHub."""
    who = {"facebook": "eve", "google": "chen", "github": "chen"}[provider]
    CHECKS[provider](providers, script(name, newer), who)


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["google", "github"])
def test_openid_client_logs_in(providers: ProvidersServer, openid_client: Path, provider: str) -> None:
    """It compares iss, state, nonce and at_hash, and verifies signatures. At Google it gets only the discovery
    document."""
    node = shutil.which("node")
    assert node is not None
    CHECKS[provider](providers, [node, openid_client / "openid_client_login.mjs"], "dara")


def session(providers: ProvidersServer, client: Client, scope: list[str]) -> OAuth2Session:
    return OAuth2Session(client.key, redirect_uri=client.callback, scope=scope)


def fetch(session: OAuth2Session, client: Client, authorize: str, token: str) -> dict[str, object]:
    """Logs Ada in with that session."""
    address, _ = session.authorization_url(f"{client.url}{authorize}")
    browser = a_person()
    (form,) = browser.open(address).forms()
    back = browser.submit(form, decision="allow", person="ada").url
    return session.fetch_token(  # type: ignore[no-any-return]
        f"{client.url}{token}", client_secret=client.secret, authorization_response=back, timeout=10
    )


@pytest.fixture
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting without which oauthlib does not speak plain HTTP."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.usefixtures("plain_http")
def test_oauthlib_stumbles_over_googles_scopes(providers: ProvidersServer) -> None:
    """The app sends short names, and Google replies with long ones (requests/requests-oauthlib #387)."""
    client = GoogleClient(providers)
    places = ("/o/oauth2/v2/auth", "/token")
    with pytest.raises(Warning, match="Scope has changed"):
        fetch(session(providers, client, ["openid", "email"]), client, *places)
    assert fetch(session(providers, client, [EMAIL, "openid"]), client, *places)["id_token"]


@pytest.mark.usefixtures("plain_http")
def test_oauthlib_stumbles_over_githubs_commas(providers: ProvidersServer) -> None:
    """It compares lists of scopes with blanks: one scope passes, two do not."""
    client = GitHubClient(providers)
    places = ("/login/oauth/authorize", "/login/oauth/access_token")
    with pytest.raises(Warning, match='Scope has changed from ".*" to "read:user,user:email"'):
        fetch(session(providers, client, ["user:email", "read:user"]), client, *places)
    assert fetch(session(providers, client, ["user:email"]), client, *places)["access_token"]


@pytest.mark.usefixtures("plain_http")
def test_oauthlib_does_not_understand_facebooks_errors(providers: ProvidersServer) -> None:
    """Facebook sends an object where RFC 6749 section 5.2 has a string: this version says only that no token came."""
    client = FacebookClient(providers)
    asking = session(providers, client, ["email"])
    with pytest.raises(OAuth2Error, match="missing_token"):
        asking.fetch_token(
            f"{client.url}/graph/oauth/access_token",
            code="nonsense",
            client_id=client.key,
            client_secret=client.secret,
            timeout=10,
        )
