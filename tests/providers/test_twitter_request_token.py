"""The local Twitter's oauth/request_token, as in docs.x.com (Log in with X; API reference)."""

from __future__ import annotations

import re

import pytest
import requests

from .calling import CALLBACK_PATH, REQUEST_TOKEN, Calling, code_of
from .conftest import Clock

COULD_NOT_AUTHENTICATE = {"errors": [{"code": 32, "message": "Could not authenticate you."}]}


@pytest.mark.parametrize(
    ("method", "place"),
    [("POST", "AUTH_HEADER"), ("POST", "QUERY"), ("POST", "BODY"), ("GET", "AUTH_HEADER"), ("GET", "QUERY")],
)
def test_it_is_form_encoded_and_called_html(app: Calling, method: str, place: str) -> None:
    """Log in with X, step 1: the recorded response's type and headers. RFC 5849 section 3.5 names the three places.

    The reference says POST; Flask-OAuthlib uses GET.
    """
    answer = app.ask(REQUEST_TOKEN, method=method, place=place, callback=app.callback)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (
        answer.headers["Cache-Control"].startswith("no-cache, no-store")
        and answer.headers["Pragma"] == "no-cache"
    )
    assert re.fullmatch(
        r"oauth_token=\w{27}&oauth_token_secret=\w{32}&oauth_callback_confirmed=true", answer.text, re.ASCII
    )


def change_a_bit(header: str) -> str:
    """Changes the last bit of the signature's first character."""
    before, name, signature = header.partition('oauth_signature="')
    return before + name + ("B" if signature[0] == "A" else "A") + signature[1:]


@pytest.mark.parametrize(
    "wrong",
    [
        {"spoil": change_a_bit},
        {"key": "another-key"},
        {"key": "clé"},
        {"secret": "another-secret"},
        {"token": ("", "a secret")},
        {"spoil": lambda header: header.replace("127.0.0.1", "localhost")},
        {"spoil": lambda header: header + ', oauth_verifier="x"'},
    ],
    ids=["a bit", "key", "not ASCII", "secret", "token secret", "callback", "added"],
)
def test_what_is_not_signed_with_the_keys_is_refused(app: Calling, wrong: dict[str, object]) -> None:
    """Body and reason phrase as recorded (markbates/goth #85; jaredhanson/passport-twitter test/strategy.test.js)."""
    answer = app.ask(REQUEST_TOKEN, callback=app.callback, **wrong)  # type: ignore[arg-type]
    assert (answer.status_code, answer.reason) == (401, "Authorization Required")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json() == COULD_NOT_AUTHENTICATE
    assert not app.providers.twitter.request_tokens


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: "",
        lambda header: header.replace("OAuth ", "Bearer "),
        lambda header: header.replace("HMAC-SHA1", "HMAC-SHA256"),
        lambda header: header.replace("oauth_nonce", "nonce"),
        lambda header: header.replace('oauth_version="1.0"', 'oauth_version="2.0"'),
        lambda header: header + ', oauth_nonce="twice"',
        lambda header: re.sub('timestamp="[0-9]*"', 'timestamp="soon"', header),
    ],
    ids=["none", "Bearer", "method", "no nonce", "version", "twice", "timestamp"],
)
def test_what_is_not_signed_at_all_is_bad_authentication_data(app: Calling, spoil: object) -> None:
    """Code 215, status 400 (docs.x.com, Response codes and errors; themattharris/tmhOAuth #130)."""
    answer = app.ask(REQUEST_TOKEN, callback=app.callback, spoil=spoil)  # type: ignore[arg-type]
    assert (answer.status_code, code_of(answer)) == (400, 215)
    assert answer.json()["errors"][0]["message"] == "Bad Authentication data."


def test_a_nonce_works_once(app: Calling, clock: Clock) -> None:
    """RFC 5849 section 3.3: unique over all requests with the same timestamp, client and token."""
    first, again = (app.ask(REQUEST_TOKEN, callback=app.callback, nonce="n") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 401)
    assert again.json() == COULD_NOT_AUTHENTICATE
    clock.now += 1
    assert app.ask(REQUEST_TOKEN, callback=app.callback, nonce="n").status_code == 200


def test_whoever_cannot_sign_does_not_use_up_a_nonce(app: Calling) -> None:
    assert app.ask(REQUEST_TOKEN, callback=app.callback, nonce="n", secret="guessed").status_code == 401
    assert app.ask(REQUEST_TOKEN, callback=app.callback, nonce="n").status_code == 200


@pytest.mark.parametrize(
    ("off", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401), (10**14, 401)]
)
def test_a_timestamp_may_be_five_minutes_off(app: Calling, clock: Clock, off: int, status: int) -> None:
    """Code 135 (themattharris/tmhOAuth #174). Twitter's own tolerance is not documented."""
    answer = app.ask(REQUEST_TOKEN, callback=app.callback, timestamp=int(clock.now) + off)
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["errors"] == [{"code": 135, "message": "Timestamp out of bounds."}]


@pytest.mark.parametrize(
    "callback",
    [
        f"http://localhost:5000{CALLBACK_PATH}",
        f"http://127.0.0.1:5000{CALLBACK_PATH}",
        f"http://localhost:8123{CALLBACK_PATH}",
        f"http://localhost:5000{CALLBACK_PATH}?next=%2Fwelcome",
        f"http://localhost:5000{CALLBACK_PATH}?next=http://localhost:5000/&name=Chén",
        "oob",
    ],
)
def test_callbacks_on_the_list_are_taken_on_any_port_and_with_any_query(app: Calling, callback: str) -> None:
    """The list is Twitter's (docs.x.com, Developer apps); the local one is kinder about port and query string."""
    token, _ = app.request_token(callback)
    assert app.providers.twitter.request_tokens[token].callback == callback


@pytest.mark.parametrize(
    "callback",
    [
        f"https://localhost:5000{CALLBACK_PATH}",
        f"http://localhost:5000{CALLBACK_PATH}/",
        f"http://localhost:5000{CALLBACK_PATH}#here",
        f"http://example.org{CALLBACK_PATH}",
        f"http://localhost.example.org:5000{CALLBACK_PATH}",
        f"http://localhost@example.org{CALLBACK_PATH}",
        f"http://0.0.0.0:5000{CALLBACK_PATH}",
        f"http://[::1]:5000{CALLBACK_PATH}",
        "http://localhost:5000/",
        "http://[",
        "javascript:alert(1)",
        "OOB",
    ],
)
def test_other_callbacks_are_refused(app: Calling, callback: str) -> None:
    """Code 415, in JSON if the request asks for it (abraham/twitteroauth #658)."""
    answer = app.ask(REQUEST_TOKEN, callback=callback, accept="application/json")
    assert (answer.status_code, code_of(answer)) == (403, 415)
    assert answer.json()["errors"][0]["message"].startswith(
        "Callback URL not approved for this client application."
    )


@pytest.mark.parametrize("accept", ["*/*", "text/html", ""])
def test_who_does_not_ask_for_json_is_told_of_the_callback_in_xml(app: Calling, accept: str) -> None:
    """As clients that are made with requests get it (singingwolfboy/flask-dance #370)."""
    answer = app.ask(REQUEST_TOKEN, callback="http://example.org/", accept=accept)
    assert answer.status_code == 403
    assert answer.text.startswith(
        "<?xml version='1.0' encoding='UTF-8'?><errors><error code=\"415\">Callback URL not approved"
    )


def test_a_callback_has_to_be_sent(app: Calling) -> None:
    """Required even where one is registered (API reference)."""
    assert app.ask(REQUEST_TOKEN).status_code == 400


@pytest.mark.parametrize("place", ["query", "body"])
def test_what_else_is_sent_is_signed_too(app: Calling, place: str) -> None:
    """x_auth_access_type is optional (API reference). Changed on the way, it breaks the signature."""
    query, body = ("?x_auth_access_type=read", "") if place == "query" else ("", "x_auth_access_type=read")
    answer = app.ask(REQUEST_TOKEN + query, body=body, callback=app.callback)
    assert answer.status_code == 200
    sent = answer.request
    app.providers.twitter.nonces.clear()
    changed = [(part or "").replace("=read", "=edit") for part in (sent.url, sent.body)]
    assert requests.post(changed[0], changed[1], headers=dict(sent.headers), timeout=10).status_code == 401


def test_every_request_has_tokens_of_its_own(app: Calling) -> None:
    assert len({part for _ in range(5) for part in app.request_token()}) == 10


def test_the_server_calls_itself_what_twitters_does(app: Calling) -> None:
    """Log in with X, step 1."""
    assert app.ask(REQUEST_TOKEN).headers["Server"] == "tfe"


def test_what_a_request_was_found_to_be_is_kept(app: Calling) -> None:
    app.ask(REQUEST_TOKEN, callback=app.callback)
    app.ask(REQUEST_TOKEN, callback=app.callback, secret="guessed")
    app.ask(REQUEST_TOKEN, callback=app.callback, key="unknown")
    found = [
        (a.endpoint, a.method, a.key_known, a.signature_valid, a.status)
        for a in app.providers.twitter.attempts
    ]
    assert found == [
        ("request_token", "POST", True, True, 200),
        ("request_token", "POST", True, False, 401),
        ("request_token", "POST", False, False, 401),
    ]
    assert {a.oauth_callback for a in app.providers.twitter.attempts[:2]} == {app.callback}
