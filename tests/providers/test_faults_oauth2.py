"""Faults of the local providers of OAuth 2: each really happens at each endpoint that can have it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from workbook.providers.faults import ALL, EVERYWHERE
from workbook.providers.server import ProvidersServer

from .facebook_client import FacebookClient
from .facebook_client import error_of as facebook_error
from .github_client import GitHubClient
from .github_client import error_of as github_error
from .google_client import GoogleClient
from .google_client import error_of as google_error
from .oauth2 import STATE, Client

Ask = Callable[[ProvidersServer], requests.Response]


def get(address: str) -> requests.Response:
    return requests.get(address, timeout=10)


# A request to each endpoint; its response without a fault does not matter.
ASK: dict[tuple[str, str], Ask] = {
    ("facebook", "dialog"): lambda p: get(FacebookClient(p).page()),
    ("facebook", "access_token"): lambda p: FacebookClient(p).swap("x"),
    ("facebook", "debug_token"): lambda p: FacebookClient(p).graph("/debug_token"),
    ("facebook", "me"): lambda p: FacebookClient(p).graph("/me"),
    ("facebook", "permissions"): lambda p: FacebookClient(p).graph("/me/permissions"),
    ("google", "auth"): lambda p: get(GoogleClient(p).page()),
    ("google", "discovery"): lambda p: get(f"{p.url}/google/.well-known/openid-configuration"),
    ("google", "certs"): lambda p: get(f"{p.url}/google/oauth2/v3/certs"),
    ("google", "token"): lambda p: GoogleClient(p).swap("x"),
    ("google", "userinfo"): lambda p: GoogleClient(p).userinfo("x"),
    ("google", "revoke"): lambda p: get(f"{p.url}/google/revoke"),
    ("github", "authorize"): lambda p: get(GitHubClient(p).page()),
    ("github", "access_token"): lambda p: GitHubClient(p).swap("x"),
    ("github", "user"): lambda p: GitHubClient(p).api("/user"),
    ("github", "emails"): lambda p: GitHubClient(p).api("/user/emails"),
}
PAGES = {("facebook", "dialog"), ("google", "auth"), ("github", "authorize")}


def another(place: tuple[str, str]) -> tuple[str, str]:
    """A different endpoint of the same provider."""
    return next(other for other in ASK if other[0] == place[0] and other != place)


def of_each(*kinds: str) -> pytest.MarkDecorator:
    """For each endpoint of each provider and each of those kinds."""
    pairs = [(place, kind) for place in ASK for kind in kinds]
    return pytest.mark.parametrize("place,kind", pairs, ids=[f"{p[0]}-{p[1]}-{k}" for p, k in pairs])


def test_every_endpoint_is_among_these(providers: ProvidersServer) -> None:
    there = {(provider, name) for provider, names in providers.faults.kinds.items() for name in names}
    assert {place for place in there if place[0] != "twitter"} == set(ASK)
    assert {provider for provider, _ in there} == set(providers.names)


@of_each("error")
def test_an_error_says_that_there_is_too_much_to_do(
    providers: ProvidersServer, place: tuple[str, str], kind: str
) -> None:
    """In the provider's own form for an app, and a page for a user."""
    usual = ASK[place](providers).status_code
    providers.faults.set(*place, kind)
    answer = ASK[place](providers)
    assert answer.status_code in (500, 503)
    assert ("<h1>" in answer.text) == (place in PAGES)
    assert place in PAGES or answer.json()
    assert ASK[another(place)](providers).status_code not in (500, 503)
    providers.faults.set(place[0], ALL, kind)
    assert ASK[another(place)](providers).status_code in (500, 503)
    providers.faults.clear()
    assert ASK[place](providers).status_code == usual


@of_each("down")
def test_down_closes_the_connection(providers: ProvidersServer, place: tuple[str, str], kind: str) -> None:
    providers.faults.set(*place, kind)
    with pytest.raises(requests.ConnectionError):
        ASK[place](providers)
    assert ASK[another(place)](providers).status_code


@of_each("slow")
def test_slow_answers_as_ever_but_late(providers: ProvidersServer, place: tuple[str, str], kind: str) -> None:
    usual = ASK[place](providers)
    providers.faults.set(*place, kind, seconds=0.15)
    begun = time.monotonic()
    late = ASK[place](providers)
    assert time.monotonic() - begun >= 0.15 and late.status_code == usual.status_code


@of_each("silent")
def test_silent_answers_when_it_is_over(
    providers: ProvidersServer, place: tuple[str, str], kind: str
) -> None:
    providers.faults.set(*place, kind)
    arrived = threading.Event()
    providers.on_message = lambda message: arrived.set()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(ASK[place], providers)
        assert arrived.wait(5) and not future.done()
        providers.faults.clear()
        assert future.result(5).status_code


@pytest.fixture(params=[FacebookClient, GoogleClient, GitHubClient], ids=["facebook", "google", "github"])
def client(request: pytest.FixtureRequest, providers: ProvidersServer) -> Client:
    made = request.param(providers)
    assert isinstance(made, Client)
    return made


TOKEN = {"facebook": "access_token", "google": "token", "github": "access_token"}


def token_answer(client: Client) -> requests.Response:
    assert isinstance(client, FacebookClient | GoogleClient | GitHubClient)
    return client.swap(client.code())


def test_an_expired_code_is_told_as_one(client: Client) -> None:
    client.providers.faults.set(client.provider, TOKEN[client.provider], "expired_code")
    answer = token_answer(client)
    if client.provider == "facebook":
        assert facebook_error(answer)[2] == 36007
    elif client.provider == "google":
        assert google_error(answer) == ("invalid_grant", "Bad Request")
    else:
        assert github_error(answer)[0] == "bad_verification_code"


def test_a_wrong_token_type_is_one_that_was_not_asked_for(client: Client) -> None:
    """RFC 6749 section 7.1: a client must not use a token whose type it does not understand."""
    client.providers.faults.set(client.provider, TOKEN[client.provider], "wrong_token_type")
    assert token_answer(client).json()["token_type"] == "mac"


def test_broken_json_is_half_of_it(client: Client) -> None:
    for endpoint, kinds in client.providers.faults.kinds[client.provider].items():
        assert ("broken_json" in kinds) == (
            (client.provider, endpoint) not in PAGES and endpoint != "revoke"
        ), endpoint
    client.providers.faults.set(client.provider, TOKEN[client.provider], "broken_json")
    answer = token_answer(client)
    assert answer.status_code == 200 and answer.text.startswith("{")
    with pytest.raises(ValueError):
        answer.json()


def test_null_is_all_of_the_document(facebook: FacebookClient) -> None:
    facebook.providers.faults.set("facebook", "access_token", "null")
    answer = facebook.swap(facebook.code())
    assert answer.status_code == 200 and answer.json() is None


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_a_wrong_state_is_another(client: Client, decision: str) -> None:
    """RFC 6749 section 10.12: the app has to notice."""
    client.providers.faults.set(client.provider, ALL, "wrong_state")
    assert client.back(decision=decision)["state"] not in ("", STATE)


def test_a_missing_address_at_facebook_is_left_out(facebook: FacebookClient) -> None:
    token = facebook.token()
    facebook.providers.faults.set("facebook", "me", "missing_email")
    assert "email" not in facebook.graph("/me", token=token, fields="id,email").json()


def test_a_missing_address_at_google_is_left_out(google: GoogleClient) -> None:
    google.providers.faults.set("google", ALL, "missing_email")
    tokens = google.tokens()
    told = (google.read(tokens["id_token"]), google.userinfo(tokens["access_token"]).json())
    assert all(not {"email", "email_verified"} & claims.keys() and claims["name"] for claims in told)


def test_a_missing_address_at_github_is_null_and_none_of_the_list(github: GitHubClient) -> None:
    token = github.token()
    github.providers.faults.set("github", ALL, "missing_email")
    assert github.api("/user", token).json()["email"] is None
    assert github.api("/user/emails", token).json() == []


def test_a_replayed_nonce_is_another_logins(google: GoogleClient) -> None:
    """OpenID Connect Core section 3.1.3.7, rule 11: the app has to notice. The token is signed all the same."""
    google.providers.faults.set("google", "token", "replayed_nonce")
    claims = google.read(google.tokens(nonce="this login's")["id_token"])
    assert claims["nonce"] not in ("", "this login's")
    assert "nonce" not in google.read(google.tokens()["id_token"])


def test_every_kind_can_be_switched_on_somewhere(providers: ProvidersServer) -> None:
    for provider, endpoints in providers.faults.kinds.items():
        for endpoint, kinds in endpoints.items():
            assert set(EVERYWHERE) <= set(kinds)
            for kind in kinds:
                providers.faults.set(provider, endpoint, kind)
                assert providers.faults.on() == {(provider, endpoint): kind}
                providers.faults.clear()
