"""The local Google's token endpoint and the endpoints beside it: Using OAuth 2.0 for Web Server Applications,
recordings."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import requests

from workbook.providers.google.state import CODE_LIFETIME, TOKEN_LIFETIME

from .calling import a_person
from .conftest import Clock
from .google_client import EMAIL, PROFILE, GoogleClient, error_of, new_verifier
from .oauth2 import json_of

OFFLINE = {"access_type": "offline"}


def test_it_gives_the_tokens(google: GoogleClient) -> None:
    """Exchange authorization code; pennersr/django-allauth, tests/.../google/tests.py. No refresh token by default."""
    answer = google.swap(google.code())
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]  # RFC 6749 section 5.1
    body = json_of(answer)
    assert set(body) == {"access_token", "expires_in", "scope", "token_type", "id_token"}
    assert str(body["access_token"]).startswith("ya29.")
    assert (body["expires_in"], body["token_type"]) == (TOKEN_LIFETIME, "Bearer")
    assert body["scope"] == f"{EMAIL} {PROFILE} openid", (
        "not in the order, nor by the names, that were asked for"
    )
    (attempt,) = google.providers.google.attempts
    assert (attempt.secret_valid, attempt.person, attempt.status) == (True, "ada", 200)
    assert attempt.verifier_valid is None


@pytest.mark.parametrize("path", ["/o/oauth2/token", "/oauth2/v4/token"])
def test_the_older_addresses_work_too(google: GoogleClient, path: str) -> None:
    """The first is that of Flask-Dance and python-social-auth, the second that of passport-google-oauth20."""
    answer = google.ask_token(
        path,
        grant_type="authorization_code",
        code=google.code(),
        redirect_uri=google.callback,
    )
    assert json_of(answer)["id_token"]


@pytest.mark.parametrize("encoded", [True, False])
def test_the_app_may_show_who_it_is_in_the_header(google: GoogleClient, encoded: bool) -> None:
    """client_secret_basic: RFC 6749 section 2.3.1 has both form-encoded before; not every client does so."""
    google.providers.google.world.keys["GOOGLE_SECRET"] = "a-secret.with~signs"
    pair = [google.key, google.secret]
    if encoded:
        pair = [quote(one, safe="").replace("-", "%2D") for one in pair]
    header = base64.b64encode(":".join(pair).encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": google.code(),
        "redirect_uri": google.callback,
    }
    headers = {"Authorization": f"Basic {header}"}
    answer = requests.post(f"{google.url}/token", data=form, headers=headers, timeout=10)
    assert json_of(answer)["access_token"]


def test_it_is_asked_by_post_only(google: GoogleClient) -> None:
    """RFC 6749 section 3.2."""
    assert requests.get(f"{google.url}/token", timeout=10).status_code == 405


def test_a_code_works_once(google: GoogleClient) -> None:
    """invalid_grant, Bad Request, as for one that is too old or never was."""
    code = google.code()
    json_of(google.swap(code))
    said = ("invalid_grant", "Bad Request")
    assert error_of(google.swap(code)) == error_of(google.swap("4/0Anever")) == said


def test_of_many_at_once_one_gets_tokens(google: GoogleClient) -> None:
    code = google.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: google.swap(code), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]


def test_a_code_lives_for_ten_minutes(google: GoogleClient, clock: Clock) -> None:
    """The lifetime is ours, the longest of RFC 6749 section 4.1.2."""
    one, other = google.code(), google.code()
    clock.now += CODE_LIFETIME
    json_of(google.swap(one))
    clock.now += 1
    assert error_of(google.swap(other)) == ("invalid_grant", "Bad Request")


REFUSALS: dict[str, tuple[dict[str, str | None], int, str, str | None]] = {
    "a garbled code": ({"code": "nonsense"}, 400, "invalid_grant", "Malformed auth code."),
    # googleapis/google-auth-library-python-oauthlib #64
    "another address": ({"redirect_uri": "http://localhost/"}, 400, "redirect_uri_mismatch", "Bad Request"),
    "a verifier that is not needed": (
        {"code_verifier": "x" * 43},
        400,
        "invalid_grant",
        "code_verifier or verifier is not needed.",
    ),
    "another secret": ({"client_secret": "guessed"}, 401, "invalid_client", "Unauthorized"),
    "no secret": ({"client_secret": None}, 401, "invalid_client", "Unauthorized"),
    "another client": ({"client_id": "1234"}, 401, "invalid_client", "The OAuth client was not found."),
    # The messages of those below are ours.
    "no client": ({"client_id": None}, 400, "invalid_request", None),
    "no grant type": ({"grant_type": None}, 400, "invalid_request", None),
    "another grant type": ({"grant_type": "password"}, 400, "unsupported_grant_type", None),
    "no address": ({"redirect_uri": None}, 400, "invalid_request", None),
    "no code": ({"code": None}, 400, "invalid_request", None),
    "no refresh token": ({"grant_type": "refresh_token"}, 400, "invalid_request", None),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_errors_have_googles_words(google: GoogleClient, why: str) -> None:
    """RFC 6749 section 5.2's form, and a rejected code is not spent."""
    changed, status, error, description = REFUSALS[why]
    code = google.code()
    given = {"code": code, **changed}
    said = error_of(google.swap(given.pop("code"), **given), status)
    assert said[0] == error and (description is None or said[1] == description)
    assert google.providers.google.attempts[-1].error == error
    json_of(google.swap(code))


def test_pkce_is_verified(google: GoogleClient) -> None:
    """RFC 7636 section 4.6. The error for a missing verifier: third parties' copies; for a wrong one ours."""
    verifier, challenge = new_verifier()
    code = google.code(**challenge)
    assert error_of(google.swap(code)) == ("invalid_grant", "Missing code verifier.")
    for wrong in (new_verifier()[0], challenge["code_challenge"], verifier + "x", verifier[:-1], "é" * 43):
        assert error_of(google.swap(code, code_verifier=wrong))[0] == "invalid_grant"
        assert google.providers.google.attempts[-1].verifier_valid is False
    json_of(google.swap(code, code_verifier=verifier))
    assert google.providers.google.attempts[-1].verifier_valid is True


def test_a_refresh_token_comes_offline_and_only_after_the_page(google: GoogleClient) -> None:
    """googleapis/google-api-nodejs-client #750: "it worked yesterday"."""
    browser = a_person()
    first = google.tokens("bo", browser=browser, **OFFLINE)
    assert str(first["refresh_token"]).startswith("1//")
    assert "refresh_token" not in google.tokens("bo", browser=browser, **OFFLINE)
    assert "refresh_token" not in google.tokens("bo", **OFFLINE), (
        "in another browser the choice, but no consent"
    )
    assert "refresh_token" in google.tokens("bo", browser=browser, prompt="consent", **OFFLINE)
    assert "refresh_token" not in google.tokens("bo", browser=browser, prompt="consent")


def test_a_refresh_gives_a_new_access_token_and_no_new_refresh_token(
    google: GoogleClient, clock: Clock
) -> None:
    """Using OAuth 2.0, Refreshing an access token. The ID token has no nonce (OpenID Connect Core section 12.2)."""
    first = google.tokens("bo", nonce="n", **OFFLINE)
    refresh = {"grant_type": "refresh_token", "refresh_token": str(first["refresh_token"])}
    clock.now += TOKEN_LIFETIME + 1
    assert google.userinfo(first["access_token"]).status_code == 401
    again = json_of(google.ask_token(**refresh))
    assert set(again) == {"access_token", "expires_in", "scope", "token_type", "id_token"}
    assert again["access_token"] != first["access_token"] and again["scope"] == first["scope"]
    assert json_of(google.userinfo(again["access_token"]))["name"] == "Bo Lindqvist"
    claims = google.read(again["id_token"])
    assert "nonce" not in claims and claims["sub"] == google.read(first["id_token"])["sub"]
    assert json_of(google.ask_token(**refresh))["access_token"], "it works more than once"
    assert error_of(google.ask_token(**refresh, client_secret="guessed"), 401)[0] == "invalid_client"


def test_a_refresh_may_ask_for_less_and_not_for_more(google: GoogleClient) -> None:
    """RFC 6749 section 6: no scope that was not granted before."""
    first = google.tokens("dara", scope="openid email", **OFFLINE)
    refresh = {"grant_type": "refresh_token", "refresh_token": str(first["refresh_token"])}
    less = json_of(google.ask_token(**refresh, scope="openid"))
    assert less["scope"] == "openid" and "email" not in google.read(less["id_token"])
    assert "email" not in json_of(google.userinfo(less["access_token"]))
    for more in ("openid email profile", "openid house"):
        assert error_of(google.ask_token(**refresh, scope=more))[0] == "invalid_scope"
    for same in (None, "", "email openid", EMAIL):
        assert set(str(json_of(google.ask_token(**refresh, scope=same))["scope"]).split()) == {
            EMAIL,
            "openid",
        }


def test_the_oldest_of_a_hundred_and_one_refresh_tokens_ends(google: GoogleClient) -> None:
    """Using OAuth 2.0, Refresh token expiration: a hundred for each account and app, and no warning."""
    first, other = (str(google.tokens(who, **OFFLINE)["refresh_token"]) for who in ("bo", "ada"))
    state = google.providers.google
    person, scopes = google.providers.people["bo"], state.refresh_tokens[first].scopes

    def works(token: str) -> bool:
        return google.ask_token(grant_type="refresh_token", refresh_token=token).status_code == 200

    second = state.new_refresh_token(person, scopes).token
    for _ in range(98):
        state.new_refresh_token(person, scopes)
    assert works(first)
    state.new_refresh_token(person, scopes)
    assert [works(token) for token in (first, second, other)] == [False, True, True]


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_token_can_be_taken_back(google: GoogleClient, which: str) -> None:
    """Using OAuth 2.0, Revoking a token: an access token takes its refresh token along; the user is asked again."""
    browser = a_person()
    tokens = google.tokens("bo", browser=browser, **OFFLINE)
    other = google.tokens("ada")
    given = {"token": str(tokens[which])}
    assert requests.post(f"{google.url}/revoke", data=given, timeout=10).status_code == 200
    assert google.userinfo(tokens["access_token"]).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": str(tokens["refresh_token"])}
    assert error_of(google.ask_token(**refresh)) == ("invalid_grant", "Token has been expired or revoked.")
    assert error_of(requests.post(f"{google.url}/revoke", data=given, timeout=10))[0] == "invalid_token"
    assert "will be able to" in browser.open(google.page()).words
    assert google.userinfo(other["access_token"]).status_code == 200


def test_tokens_and_codes_are_new_each_time(google: GoogleClient) -> None:
    """RFC 6749 section 10.10."""
    codes = [google.code() for _ in range(3)]
    tokens = {str(json_of(google.swap(code))["access_token"]) for code in codes}
    assert len(set(codes)) == len(tokens) == 3
