"""The local Twitter's oauth/access_token, as in docs.x.com (Log in with X, step 3; API reference)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl

import pytest

from workbook.providers.people import PEOPLE, Person

from .calling import ACCESS_TOKEN, REQUEST_TOKEN, VERIFY, Calling, a_person, allowed, code_of, decide
from .conftest import Clock

WRONG_VERIFIER = "Error processing your OAuth request: Invalid oauth_verifier parameter"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.key)
def test_it_gives_a_token_and_says_whose_it_is(app: Calling, person: Person) -> None:
    """Form-encoded, called HTML; the token begins with the account's ID (API reference)."""
    token = app.request_token()
    answer = app.ask(ACCESS_TOKEN, token, verifier=allowed(app, token, person.key)["oauth_verifier"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    values = dict(parse_qsl(answer.text))
    assert list(values) == ["oauth_token", "oauth_token_secret", "user_id", "screen_name"]
    assert (values["user_id"], values["screen_name"]) == (str(person.twitter.id), person.twitter.screen_name)
    assert values["oauth_token"].startswith(f"{person.twitter.id}-")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"method": "GET"},
        {"place": "QUERY"},
        {"place": "BODY"},
        {"path": f"{ACCESS_TOKEN}?oauth_verifier="},
        {"body": "oauth_verifier="},
    ],
    ids=["header", "GET", "all in the query", "all in the body", "it in the query", "it in the body"],
)
def test_the_verifier_may_stand_in_header_query_and_body(app: Calling, how: dict[str, str]) -> None:
    """In the query string in the reference's example, in the body in the guide's."""
    token = app.request_token()
    verifier = allowed(app, token)["oauth_verifier"]
    given = {name: value + verifier if value.endswith("verifier=") else value for name, value in how.items()}
    by_itself = given == how
    answer = app.ask(
        given.pop("path", ACCESS_TOKEN), token, verifier=verifier if by_itself else None, **given
    )  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("verifier", [None, "wrong", "é", ""])
def test_a_wrong_verifier_is_refused_and_destroys_nothing(app: Calling, verifier: str | None) -> None:
    """Plain text, neither JSON nor XML (alvarolorentedev/oauth-electron-twitter #9)."""
    token = app.request_token()
    right = allowed(app, token)["oauth_verifier"]
    for _ in range(2):
        answer = app.ask(ACCESS_TOKEN, token, verifier=verifier)
        assert (answer.status_code, answer.text) == (401, WRONG_VERIFIER)
    assert app.ask(ACCESS_TOKEN, token, verifier=right).status_code == 200


def test_without_the_persons_decision_no_verifier_is_right(app: Calling) -> None:
    token = app.request_token()
    assert app.ask(ACCESS_TOKEN, token, verifier="None").text == WRONG_VERIFIER
    a_person().open(app.page(token))
    assert app.ask(ACCESS_TOKEN, token).text == WRONG_VERIFIER


def test_a_verifier_is_good_for_its_own_token_only(app: Calling) -> None:
    """The basis of the swap of tokens between two logins (RFC 5849 section 2.2)."""
    one, other = app.request_token(), app.request_token()
    verifiers = [allowed(app, token)["oauth_verifier"] for token in (one, other)]
    assert app.ask(ACCESS_TOKEN, one, verifier=verifiers[1]).text == WRONG_VERIFIER
    assert app.ask(ACCESS_TOKEN, one, verifier=verifiers[0]).status_code == 200


def test_the_pin_is_the_verifier_out_of_band(app: Calling) -> None:
    """PIN-based OAuth: sent as oauth_verifier, good once."""
    token, browser = app.request_token("oob"), a_person()
    browser.open(app.page(token))
    pin = decide(browser, "allow", person="ada").text.partition('class="pin">')[2][:7]
    assert app.ask(ACCESS_TOKEN, token, verifier=pin).status_code == 200
    assert app.ask(ACCESS_TOKEN, token, verifier=pin).status_code == 401


@pytest.mark.parametrize("why", ["used", "refused", "too old"])
def test_a_request_token_that_is_no_longer_good_is_invalid_or_expired(
    app: Calling, clock: Clock, why: str
) -> None:
    """Code 89, recorded with 401 (jublo/codebird-php #139). The signature is right."""
    token, browser = app.request_token(), a_person()
    browser.open(app.page(token))
    page = decide(browser, "refuse" if why == "refused" else "allow", person="ada")
    verifier = dict(parse_qsl(page.query)).get("oauth_verifier", "any")
    if why == "used":
        assert app.ask(ACCESS_TOKEN, token, verifier=verifier).status_code == 200
    elif why == "too old":
        clock.now += 15 * 60 + 1
    answer = app.ask(ACCESS_TOKEN, token, verifier=verifier)
    assert (answer.status_code, code_of(answer)) == (401, 89)
    assert answer.json()["errors"][0]["message"] == "Invalid or expired token."
    assert app.providers.twitter.attempts[-1].signature_valid


def test_of_many_at_once_one_gets_a_token(app: Calling) -> None:
    token = app.request_token()
    verifier = allowed(app, token)["oauth_verifier"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.ask(ACCESS_TOKEN, token, verifier=verifier), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]
    assert len(app.providers.twitter.access_tokens) == 1


def test_whoever_was_overtaken_gets_no_second_token(app: Calling) -> None:
    """The same, made certain: both requests have read the request token before either exchanges it."""
    token = app.request_token()
    allowed(app, token)
    found = app.providers.twitter.request_tokens[token[0]]
    assert app.providers.twitter.new_access_token(found) is not None
    assert app.providers.twitter.new_access_token(found) is None


@pytest.mark.parametrize("token", [("unknown", "secret"), ("", ""), None])
def test_a_token_that_never_was_is_refused(app: Calling, token: tuple[str, str] | None) -> None:
    """Without a token X has a message of its own (abraham/twitteroauth #691)."""
    answer = app.ask(ACCESS_TOKEN, token, verifier="any")
    assert answer.status_code == 401
    if token in (None, ("", "")):
        assert answer.text == "Reverse auth credentials are invalid"
    else:
        assert code_of(answer) == 32
    assert app.providers.twitter.access_tokens == {}


def test_it_is_signed_with_the_request_tokens_secret(app: Calling) -> None:
    """RFC 5849 section 2.3."""
    token = app.request_token()
    verifier = allowed(app, token)["oauth_verifier"]
    for secret in ("", "guessed"):
        answer = app.ask(ACCESS_TOKEN, (token[0], secret), verifier=verifier)
        assert (answer.status_code, code_of(answer)) == (401, 32)
    assert app.ask(ACCESS_TOKEN, token, verifier=verifier).status_code == 200


def test_tokens_are_good_for_their_own_purpose_only(app: Calling) -> None:
    """RFC 5849 section 1.1 keeps temporary and token credentials apart."""
    token, access = app.request_token(), app.access_token()
    assert app.ask(VERIFY, token, method="GET").status_code == 401
    assert app.ask(ACCESS_TOKEN, access, verifier="any").status_code == 401


def test_nonce_and_timestamp_count_here_too(app: Calling, clock: Clock) -> None:
    token = app.request_token()
    first, again = (app.ask(ACCESS_TOKEN, token, verifier="wrong", nonce="n") for _ in range(2))
    assert first.text == WRONG_VERIFIER and code_of(again) == 32
    assert code_of(app.ask(ACCESS_TOKEN, token, verifier="wrong", timestamp=int(clock.now) - 301)) == 135
    # The same nonce with other credentials is a different one (RFC 5849 section 3.3).
    assert app.ask(REQUEST_TOKEN, callback=app.callback, nonce="n").status_code == 200


def test_an_access_token_does_not_expire(app: Calling, clock: Clock) -> None:
    """Authentication FAQ: only the user or the app's suspension ends it."""
    access = app.access_token()
    clock.now += 10 * 365 * 86400
    assert app.ask(VERIFY, access, method="GET").status_code == 200


def test_a_later_login_leaves_an_earlier_token_valid(app: Calling) -> None:
    one, other = app.access_token(), app.access_token()
    assert one != other
    assert [app.ask(VERIFY, token, method="GET").status_code for token in (one, other)] == [200, 200]
