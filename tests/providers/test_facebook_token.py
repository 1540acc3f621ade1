"""The local Facebook's token endpoint and its errors: developers.facebook.com, and recordings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from workbook.providers.facebook.state import CODE_LIFETIME, TOKEN_LIFETIME

from .conftest import Clock
from .facebook_client import FacebookClient, error_of
from .oauth2 import json_of


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_gives_a_token_by_get_and_by_post(facebook: FacebookClient, method: str) -> None:
    """GET in python-social-auth (ACCESS_TOKEN_METHOD) and php-graph-sdk, POST in laravel/socialite #385. No grant_type
    is needed; the response has neither scope nor refresh_token."""
    body = json_of(facebook.swap(facebook.code(), method))
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert str(body["access_token"]).startswith("EAA")
    assert (body["token_type"], body["expires_in"]) == ("bearer", TOKEN_LIFETIME)
    (attempt,) = facebook.providers.facebook.attempts
    assert (attempt.method, attempt.secret_valid, attempt.person, attempt.status) == (
        method,
        True,
        "ada",
        200,
    )


def test_the_grant_type_may_be_named_all_the_same(facebook: FacebookClient) -> None:
    """RFC 6749 section 4.1.3; requests-oauthlib and Authlib send it."""
    assert json_of(facebook.swap(facebook.code(), "POST", grant_type="authorization_code"))


@pytest.mark.parametrize("version", ["/v2.12", "/v3.2", "/v26.0", ""])
def test_any_version_will_do_and_none(facebook: FacebookClient, version: str) -> None:
    code = facebook.code()
    asked = {"client_id": facebook.key, "client_secret": facebook.secret, "redirect_uri": facebook.callback}
    assert json_of(facebook.graph("/oauth/access_token", version=version, code=code, **asked))


def test_its_answers_are_not_to_be_kept(facebook: FacebookClient) -> None:
    """freizl/hoauth2 #19; RFC 6749 section 5.1."""
    for answer in (facebook.swap(facebook.code()), facebook.swap("x")):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.headers["Expires"] == "Sat, 01 Jan 2000 00:00:00 GMT"
        assert answer.headers["Content-Type"] == "application/json"


def test_a_code_works_once(facebook: FacebookClient) -> None:
    """laravel/socialite #385: its own message, and its own code."""
    code = facebook.code()
    json_of(facebook.swap(code))
    said = ("OAuthException", 100, 36009, "This authorization code has been used.")
    assert error_of(facebook.swap(code)) == error_of(facebook.swap(code, "POST")) == said


def test_of_many_at_once_one_gets_a_token(facebook: FacebookClient) -> None:
    code = facebook.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: facebook.swap(code), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]
    assert len(facebook.providers.facebook.access_tokens) == 1


def test_a_code_lives_for_ten_minutes(facebook: FacebookClient, clock: Clock) -> None:
    """The lifetime is ours, the longest of RFC 6749 section 4.1.2; the message: SammyK/LaravelFacebookSdk #141."""
    one, other = facebook.code(), facebook.code()
    clock.now += CODE_LIFETIME
    json_of(facebook.swap(one))
    clock.now += 1
    said = ("OAuthException", 100, 36007, "This authorization code has expired.")
    assert error_of(facebook.swap(other)) == said


def test_the_redirect_address_is_the_same_in_both(facebook: FacebookClient) -> None:
    """freizl/hoauth2 #19, scribejava/scribejava #605. The code still works with the right one."""
    code = facebook.code()
    kind, number, subcode, message = error_of(facebook.swap(code, redirect_uri=f"{facebook.callback}?a=1"))
    assert (kind, number, subcode) == ("OAuthException", 100, 36008)
    assert message.startswith(
        "Error validating verification code. Please make sure your redirect_uri is identical"
    )
    json_of(facebook.swap(code))


REFUSALS: dict[str, tuple[dict[str, str | None], int, str]] = {
    # passport-facebook test/strategy.test.js:149
    "nonsense for a code": ({"code": "nonsense"}, 100, "Invalid verification code format."),
    # facebookarchive/php-graph-sdk #538; the status nov/fb_graph2 #44
    "another secret": ({"client_secret": "guessed"}, 1, "Error validating client secret."),
    "no secret": ({"client_secret": None}, 1, "Error validating client secret."),
    "another app": ({"client_id": "1234"}, 101, "Error validating application. Invalid application ID."),
    # python-social-auth, tests/backends/test_facebook.py
    "a relative address": (
        {"redirect_uri": "/cb"},
        191,
        "redirect_uri isn't an absolute URI. Check RFC 3986.",
    ),
    "no address at all": (
        {"redirect_uri": "http://[half"},
        191,
        "redirect_uri isn't an absolute URI. Check RFC 3986.",
    ),
    "no app": ({"client_id": None}, 101, "Missing client_id parameter."),
    "no address": ({"redirect_uri": None}, 191, "Missing redirect_uri parameter."),
    "no code": ({"code": None}, 100, "Missing code parameter."),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("why", REFUSALS)
def test_errors_have_facebooks_numbers_and_words(facebook: FacebookClient, why: str, method: str) -> None:
    """An object, not RFC 6749 section 5.2's string, and 400 nearly always (Graph API, Handling errors)."""
    changed, number, message = REFUSALS[why]
    code = facebook.code()
    given = {"code": code, **changed}
    answer = facebook.swap(given.pop("code"), method, **given)
    assert error_of(answer) == ("OAuthException", number, None, message)
    assert facebook.providers.facebook.attempts[-1].error_code == number
    json_of(facebook.swap(code))


def test_a_header_says_the_same(facebook: FacebookClient) -> None:
    """omniauth/omniauth #377."""
    told = facebook.swap("nonsense").headers["WWW-Authenticate"]
    assert told == 'OAuth "Facebook Platform" "invalid_code" "Invalid verification code format."'


def test_a_token_can_be_swapped_for_one_that_lives_longer(facebook: FacebookClient, clock: Clock) -> None:
    """grant_type=fb_exchange_token (pennersr/django-allauth, providers/facebook/flows.py)."""
    token = facebook.token("bo")
    clock.now += TOKEN_LIFETIME
    asked = {"grant_type": "fb_exchange_token", "redirect_uri": None}
    longer = json_of(facebook.swap(None, **asked, fb_exchange_token=token))
    clock.now += 1
    assert error_of(facebook.graph("/me", token=token))[:3] == ("OAuthException", 190, 463)
    assert json_of(facebook.graph("/me", token=str(longer["access_token"])))["name"] == "Bo Lindqvist"
    assert error_of(facebook.swap(None, **asked, fb_exchange_token="x"))[:2] == ("OAuthException", 190)
    assert error_of(facebook.swap(None, **asked))[1] == 100


def app_token(facebook: FacebookClient) -> str:
    """The app's own token."""
    body = json_of(facebook.swap(None, grant_type="client_credentials", redirect_uri=None))
    assert set(body) == {"access_token", "token_type"}
    return str(body["access_token"])


def test_the_app_gets_a_token_of_its_own(facebook: FacebookClient) -> None:
    """grant_type=client_credentials (the same). It belongs to no user."""
    token = app_token(facebook)
    assert error_of(facebook.graph("/me", token=token))[:2] == ("OAuthException", 190)
    refused = facebook.swap(None, grant_type="client_credentials", client_secret="guessed")
    assert error_of(refused)[1] == 1


def asked_about(facebook: FacebookClient, token: str, by: str) -> dict[str, object]:
    data = json_of(facebook.graph("/debug_token", token=by, input_token=token))["data"]
    assert isinstance(data, dict)
    return data


def test_debug_token_tells_what_a_token_is(facebook: FacebookClient, clock: Clock) -> None:
    """With status 200 also for a bad token (the same)."""
    token, by = facebook.token("bo", untick=("email",)), app_token(facebook)
    told = asked_about(facebook, token, by)
    assert told["is_valid"] is True and told["app_id"] == facebook.key
    assert told["user_id"] == "10158293847561" and told["scopes"] == ["public_profile"]
    assert told["expires_at"] == int(clock.now) + TOKEN_LIFETIME
    assert asked_about(facebook, token, f"{facebook.key}|{facebook.secret}") == told
    assert asked_about(facebook, "x", by)["is_valid"] is False
    clock.now += TOKEN_LIFETIME + 1
    assert asked_about(facebook, token, by)["is_valid"] is False


@pytest.mark.parametrize("by", ["", "x", "a person's"])
def test_only_the_app_may_ask_what_a_token_is(facebook: FacebookClient, by: str) -> None:
    token = facebook.token()
    answer = facebook.graph("/debug_token", token=token if by == "a person's" else by, input_token=token)
    assert error_of(answer)[0] == "OAuthException" and "user_id" not in answer.text


def test_tokens_and_codes_are_new_each_time(facebook: FacebookClient) -> None:
    """RFC 6749 section 10.10."""
    codes = [facebook.code() for _ in range(3)]
    tokens = {str(json_of(facebook.swap(code))["access_token"]) for code in codes}
    assert len(set(codes)) == len(tokens) == 3


def test_the_real_apps_secret_is_never_sent_back(facebook: FacebookClient) -> None:
    for answer in (
        facebook.swap(facebook.code()),
        facebook.swap("x"),
        requests.get(f"{facebook.url}/", timeout=10),
    ):
        assert facebook.secret not in answer.text
