"""The local Twitter's account/verify_credentials, and the errors of its API v1.1.

The documentation was developer.x.com's page on GET account/verify_credentials; the body is bear/python-twitter's
recorded testdata/get_verify_credentials_include_email.json.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import datetime

import pytest
import requests

from workbook.providers.people import PEOPLE, Person

from .calling import VERIFY, Calling, Token, code_of
from .conftest import Clock


@pytest.fixture
def token(app: Calling) -> Token:
    return app.access_token()


def profile(app: Calling, token: Token, query: str = "") -> dict[str, object]:
    answer = app.ask(VERIFY + query, token, method="GET")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_it_tells_who_the_person_is(app: Calling, person: Person) -> None:
    body = profile(app, app.access_token(person.key))
    assert (body["id"], body["id_str"]) == (person.twitter.id, str(person.twitter.id))
    assert (body["name"], body["screen_name"]) == (person.name, person.twitter.screen_name)
    assert {body[name] for name in ("url", "utc_offset", "time_zone")} == {None}
    assert {body[name] for name in ("protected", "verified", "following", "notifications")} == {False}
    assert (
        datetime.strptime(str(body["created_at"]), "%a %b %d %H:%M:%S %z %Y").strftime("%a")
        == str(body["created_at"]).partition(" ")[0]
    )


def test_the_answer_is_json_and_says_what_the_token_may_do(app: Calling, token: Token) -> None:
    """The header x-access-level: jaredhanson/passport-twitter lib/strategy.js."""
    answer = app.ask(VERIFY, token, method="GET")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["x-access-level"] == "read"


@pytest.mark.parametrize(
    "query", ["", "?include_email=false", "?include_email=True", "?include_email=1", "?include_email"]
)
def test_only_the_word_true_brings_the_address(app: Calling, token: Token, query: str) -> None:
    """True, as Python writes it, gives no email address and no error (tweepy/tweepy #890)."""
    assert "email" not in profile(app, token, query)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_the_address_is_null_where_there_is_none(app: Calling, person: Person) -> None:
    """Documented: null if the account has none, or it is not verified. The name is there all the same."""
    body = profile(app, app.access_token(person.key), "?include_email=true")
    assert "email" in body and body["email"] == person.twitter.email
    assert "email_verified" not in body


def test_somebody_has_no_address_and_somebody_has() -> None:
    assert {person.twitter.email is None for person in PEOPLE} == {True, False}


@pytest.mark.parametrize("yes", ["true", "t", "1"])
def test_status_and_entities_can_be_left_out(app: Calling, token: Token, yes: str) -> None:
    assert {"status", "entities"} <= profile(app, token).keys()
    assert (
        not {"status", "entities"} & profile(app, token, f"?skip_status={yes}&include_entities=false").keys()
    )


def test_the_picture_is_there_in_both_sizes(app: Calling, token: Token) -> None:
    """Without "_normal" the URL is that of the bigger one (arunagw/omniauth-twitter, image_url)."""
    body = profile(app, token)
    picture = str(body["profile_image_url"])
    assert str(body["profile_image_url_https"]) == picture.replace("http:", "https:")
    for address in (picture, picture.replace("_normal", "")):
        assert requests.get(address, timeout=10).headers["Content-Type"].startswith("image/svg+xml")
    assert re.search(r"_normal\.\w+$", picture)


@pytest.mark.parametrize("query", ["?q=Chén Jìng", "?q=Ch%C3%A9n", "?q=%E2%98%83&r=☃", "?q=a%2Bb+c", "?q="])
def test_a_query_that_is_not_ascii_is_signed_like_any_other(app: Calling, token: Token, query: str) -> None:
    """RFC 5849 section 3.6: as UTF-8. Authlib's own server raises an error for such a query string."""
    encoded = requests.Request("GET", f"http://a/{query}").prepare().path_url.removeprefix("/")
    assert profile(app, token, encoded)["screen_name"] == "ada_o"


def test_a_query_that_is_not_encoded_is_refused_and_no_error_of_ours(app: Calling, token: Token) -> None:
    """It is no URL then (RFC 3986 section 2)."""
    sent = app.ask(f"{VERIFY}?q=%C3%A9", token, method="GET").request
    app.providers.twitter.nonces.clear()
    raw = f"GET {sent.path_url.replace('%C3%A9', 'é')} HTTP/1.0\r\nHost: {sent.url.split('/')[2]}\r\n"
    with socket.create_connection(("127.0.0.1", int(app.providers.url.rpartition(":")[2])), 10) as connection:
        connection.sendall(f"{raw}Authorization: {sent.headers['Authorization']}\r\n\r\n".encode())
        assert b" 400 " in connection.makefile("rb").readline()


Refusal = tuple[Callable[[Calling, Token], requests.Response], int, int, str]
REFUSALS: dict[str, Refusal] = {
    "not signed": (
        lambda app, token: requests.get(f"{app.providers.url}/twitter{VERIFY}", timeout=10),
        400,
        215,
        "Bad Authentication data.",
    ),
    "a bearer token": (
        lambda app, token: app.ask(VERIFY, token, method="GET", spoil=lambda header: f"Bearer {token[0]}"),
        400,
        215,
        "Bad Authentication data.",
    ),
    "no token": (lambda app, token: app.ask(VERIFY, method="GET"), 401, 32, "Could not authenticate you."),
    "another secret": (
        lambda app, token: app.ask(VERIFY, (token[0], "guessed"), method="GET"),
        401,
        32,
        "Could not authenticate you.",
    ),
    "another app's key": (
        lambda app, token: app.ask(VERIFY, token, method="GET", key="another"),
        401,
        32,
        "Could not authenticate you.",
    ),
    "another query": (
        lambda app, token: app.ask(
            f"{VERIFY}?a=1", token, method="GET", place="QUERY", spoil=lambda u: u + "&a=2"
        ),
        401,
        32,
        "Could not authenticate you.",
    ),
    "a name twice": (
        lambda app, token: app.ask(f"{VERIFY}?a=1&a=2", token, method="GET"),
        401,
        32,
        "Could not authenticate you.",
    ),
    "unknown token": (
        lambda app, token: app.ask(VERIFY, (f"{token[0]}x", token[1]), method="GET"),
        401,
        89,
        "Invalid or expired token.",
    ),
    "too late": (
        lambda app, token: app.ask(VERIFY, token, method="GET", timestamp=1),
        401,
        135,
        "Timestamp out of bounds.",
    ),
    "no such call": (
        lambda app, token: app.ask("/1.1/account/nothing.json", token, method="GET"),
        404,
        34,
        "Sorry, that page does not exist.",
    ),
    "posted": (lambda app, token: app.ask(VERIFY, token), 404, 34, "Sorry, that page does not exist."),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_errors_have_twitters_numbers_and_words(app: Calling, token: Token, refusal: str) -> None:
    """docs.x.com, Response codes and errors (June 2025), with the statuses that were recorded from Twitter."""
    ask, status, code, message = REFUSALS[refusal]
    answer = ask(app, token)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert answer.json()["errors"][0]["message"] == message
    assert "email" not in answer.text and "screen_name" not in answer.text


def test_a_nonce_works_once_with_a_token(app: Calling, token: Token, clock: Clock) -> None:
    """RFC 5849 section 3.3."""
    other = app.access_token("bo")
    asked = [(token, "n"), (token, "n"), (other, "n"), (token, "m")]
    assert [app.ask(VERIFY, who, method="GET", nonce=nonce).status_code for who, nonce in asked] == [
        200,
        401,
        200,
        200,
    ]
    clock.now += 1
    assert app.ask(VERIFY, token, method="GET", nonce="n").status_code == 200


def test_an_app_without_access_is_told_so(app: Calling, token: Token) -> None:
    """Code 453 with status 403 (tweepy/tweepy #2137, wtsnjp/twoot.py #6). OAuth's own endpoints still work."""
    app.providers.faults.set("twitter", "verify_credentials", "no_access")
    answer = app.ask(VERIFY, token, method="GET")
    assert (answer.status_code, code_of(answer)) == (403, 453)
    assert "you may need a different access level" in answer.text and "screen_name" not in answer.text
    assert app.access_token("bo")
