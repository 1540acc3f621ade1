"""The messages to and from the providers, as they keep them."""

from __future__ import annotations

import pytest
import requests

from workbook.flow.drawn import Arrow, arrows
from workbook.flow.messages import APP, BROWSER, Message
from workbook.flow.parameters import explain

from .calling import VERIFY, Calling
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient

# Entries of a drawing that are no parameters and need no explanation.
NO_PARAMETER = {"page", "sets cookie", "person", "decision"}


def test_each_message_knows_who_said_it_to_whom(app: Calling) -> None:
    heard: list[Message] = []
    app.providers.on_message = heard.append
    token = app.access_token()
    app.ask(f"{VERIFY}?include_email=true", token, method="GET")
    said = app.providers.messages
    assert said == heard
    assert [(m.sender, m.receiver, m.path.rpartition("/")[2]) for m in said if m.is_request] == [
        (APP, "twitter", "request_token"),
        (BROWSER, "twitter", "authenticate"),
        (BROWSER, "twitter", "authenticate"),
        (APP, "twitter", "access_token"),
        (APP, "twitter", "verify_credentials.json"),
    ]
    assert [m.status for m in said if not m.is_request] == [200, 200, 302, 200, 200]
    assert said[-2].get("include_email") == "true" and said[-2].get("oauth_token") == token[0]


def test_pages_about_the_providers_and_what_is_mounted_are_no_part_of_a_login(app: Calling) -> None:
    for path in (
        "/twitter/",
        "/google/",
        "/provider-static/provider.css",
        "/control/faults",
        "/",
        "/anything",
    ):
        requests.get(app.providers.url + path, timeout=10)
    requests.post(f"{app.providers.url}/twitter/logout", timeout=10)
    assert app.providers.messages == []


def titles(drawn: tuple[Arrow, ...]) -> list[str]:
    return [f"{arrow.sender} to {arrow.receiver}: {arrow.title}" for arrow in drawn if arrow.is_request]


def test_a_login_at_google_is_drawn_with_its_names(google: GoogleClient) -> None:
    tokens = google.tokens(nonce="a nonce of this login's", access_type="offline")
    google.userinfo(tokens["access_token"])
    google.published_keys()
    drawn = arrows(google.providers.messages)
    assert titles(drawn) == [
        "browser to google: GET /o/oauth2/v2/auth",
        "browser to google: POST /o/oauth2/v2/auth",
        "app to google: POST /token",
        "app to google: GET /v1/userinfo",
        "app to google: GET /.well-known/openid-configuration",
        "app to google: GET /oauth2/v3/certs",
    ]
    answers = [dict(arrow.details) for arrow in drawn if not arrow.is_request]
    assert answers[1]["iss"] == "http://127.0.0.1:5001/google" and answers[1]["code"] == "‹code›"
    assert answers[2]["access_token"] == "‹access token›" and answers[2]["id_token"] == "‹ID token›"
    assert answers[2]["refresh_token"] == "‹refresh token›"
    assert (answers[3]["sub"], answers[3]["email_verified"]) == ("104725839201746582913", "true")
    assert answers[4]["token_endpoint"] == "http://127.0.0.1:5001/google/token"
    assert answers[5] == {"keys": "‹signing keys›"}


def test_a_login_at_github_is_drawn_with_its_names(github: GitHubClient) -> None:
    answer = github.swap(github.code("dara"), accept=None)
    token = dict(pair.split("=") for pair in answer.text.split("&"))["access_token"]
    github.api("/user", token, "token")
    github.api("/user/emails", token)
    github.api("/user", "gho_a-token-that-never-was")
    drawn = arrows(github.providers.messages)
    assert titles(drawn) == [
        "browser to github: GET /login/oauth/authorize",
        "browser to github: POST /login/oauth/authorize",
        "app to github: POST /login/oauth/access_token",
        "app to github: GET /user",
        "app to github: GET /user/emails",
        "app to github: GET /user",
    ]
    answers = [arrow.details for arrow in drawn if not arrow.is_request]
    assert ("access_token", "‹access token›") in answers[2]
    assert ("scope", "read:user,user:email") in answers[2]
    assert {("login", "daracodes"), ("email", "null")} <= set(answers[3])
    assert answers[4] == (
        ("email", "dara.old@example.com, verified"),
        ("email", "dara@example.org, primary, verified"),
    )
    assert answers[5] == (("message", "Bad credentials"),)
    asked = [dict(arrow.details) for arrow in drawn if arrow.is_request]
    assert asked[3]["access_token"] == asked[4]["access_token"] == "‹access token›"


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_every_parameter_that_is_drawn_is_explained_and_no_secret_is_shown(
    facebook: FacebookClient, google: GoogleClient, github: GitHubClient, decision: str
) -> None:
    for client in (facebook, google, github):
        client.decided(decision=decision, nonce="a nonce of this login's")
    if decision == "allow":
        told = (google.tokens(), github.token(), facebook.token(return_scopes="true"))
        google.userinfo(told[0]["access_token"])
        github.api("/user", told[1])
        facebook.graph("/me", token=told[2], fields="id,name,email")
        google.published_keys()
    drawn = arrows(facebook.providers.messages)
    pairs = {pair for arrow in drawn for pair in arrow.details if pair[0] not in NO_PARAMETER}
    assert {name for name, value in pairs if explain(name, value) is None} == set()
    shown = " ".join(value for _, value in pairs) + " ".join(arrow.title for arrow in drawn)
    for client in (facebook, google, github):
        state = getattr(client.providers, client.provider)
        for secret in (client.secret, *state.codes, *state.access_tokens):
            assert secret not in shown
