"""Faults: each really happens at each endpoint of the local Twitter, and only a client with the key switches them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests

from workbook.providers.faults import ALL
from workbook.providers.server import ProvidersServer

from .calling import ACCESS_TOKEN, REQUEST_TOKEN, VERIFY, Calling, a_person, code_of, decide
from .conftest import Clock

BY_APP: dict[str, Callable[[Calling], requests.Response]] = {
    "request_token": lambda app: app.ask(REQUEST_TOKEN, callback=app.callback),
    "access_token": lambda app: app.ask(ACCESS_TOKEN, ("unknown", "unknown")),
    "verify_credentials": lambda app: app.ask(VERIFY, ("unknown", "unknown"), method="GET"),
}
ASK = {
    **BY_APP,
    "authenticate": lambda app: requests.get(app.page(("unknown", "")), timeout=10),
    "authorize": lambda app: requests.get(app.page(("unknown", ""), "authorize"), timeout=10),
}
OTHERS = {name: next(other for other in ASK if other != name) for name in ASK}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def hanging(pool: ThreadPoolExecutor, app: Calling, endpoint: str) -> Future[requests.Response]:
    """A request that the providers have received."""
    arrived = threading.Event()
    app.providers.on_message = lambda message: arrived.set()
    future = pool.submit(ASK[endpoint], app)
    assert arrived.wait(5), "the request did not arrive"
    return future


@pytest.mark.parametrize("place", ["itself", ALL])
@pytest.mark.parametrize("endpoint", ASK)
def test_an_error_is_over_capacity(app: Calling, endpoint: str, place: str) -> None:
    """Code 130, status 503 (docs.x.com, Response codes and errors); for users a page."""
    usual = ASK[endpoint](app).status_code
    app.providers.faults.set("twitter", endpoint if place == "itself" else ALL, "error")
    answer = ASK[endpoint](app)
    assert answer.status_code == 503
    if endpoint in BY_APP:
        assert code_of(answer) == 130
    else:
        assert "<h1>Over capacity</h1>" in answer.text
    assert (ASK[OTHERS[endpoint]](app).status_code == 503) == (place == ALL)
    app.providers.faults.clear()
    assert ASK[endpoint](app).status_code == usual


@pytest.mark.parametrize("endpoint", ASK)
def test_down_closes_the_connection(app: Calling, endpoint: str) -> None:
    app.providers.faults.set("twitter", endpoint, "down")
    with pytest.raises(requests.ConnectionError):
        ASK[endpoint](app)
    ASK[OTHERS[endpoint]](app)


@pytest.mark.parametrize("endpoint", ASK)
def test_slow_answers_as_ever_but_late(app: Calling, endpoint: str) -> None:
    usual = ASK[endpoint](app)
    app.providers.faults.set("twitter", endpoint, "slow", seconds=0.15)
    begun = time.monotonic()
    late = ASK[endpoint](app)
    assert time.monotonic() - begun >= 0.15
    assert late.status_code == usual.status_code


@pytest.mark.parametrize("endpoint", ASK)
@pytest.mark.parametrize("how", ["slow", "silent"])
def test_who_waits_is_answered_once_the_fault_is_off(
    app: Calling, pool: ThreadPoolExecutor, endpoint: str, how: str
) -> None:
    app.providers.faults.set("twitter", endpoint, how, seconds=60)
    future = hanging(pool, app, endpoint)
    assert ASK[OTHERS[endpoint]](app).status_code and not future.done()
    app.providers.faults.clear("twitter", endpoint)
    assert future.result(5).status_code


@pytest.mark.parametrize("how", ["slow", "silent"])
def test_the_server_stops_at_once_under_requests_that_wait(
    app: Calling, pool: ThreadPoolExecutor, how: str
) -> None:
    app.providers.faults.set("twitter", ALL, how, seconds=60)
    futures = [hanging(pool, app, endpoint) for endpoint in ("request_token", "authorize")]
    begun = time.monotonic()
    app.providers.stop()
    assert time.monotonic() - begun < 5
    for future in futures:
        assert future.exception(5) is None or isinstance(future.exception(), requests.ConnectionError)


def test_a_replayed_nonce_is_refused_as_one_is(app: Calling) -> None:
    app.providers.faults.set("twitter", "request_token", "replayed_nonce")
    answer = ASK["request_token"](app)
    assert (answer.status_code, code_of(answer)) == (401, 32)
    assert app.providers.twitter.attempts[-1].signature_valid


def test_an_expired_code_is_a_request_token_that_is_too_old(app: Calling) -> None:
    token = app.request_token()
    app.providers.faults.set("twitter", "access_token", "expired_code")
    answer = app.ask(ACCESS_TOKEN, token, verifier="any")
    assert (answer.status_code, code_of(answer)) == (401, 89)


def test_broken_json_and_a_missing_address(app: Calling) -> None:
    token = app.access_token()
    app.providers.faults.set("twitter", "verify_credentials", "missing_email")
    assert app.ask(f"{VERIFY}?include_email=true", token, method="GET").json()["email"] is None
    app.providers.faults.set("twitter", "verify_credentials", "broken_json")
    answer = app.ask(VERIFY, token, method="GET")
    assert answer.status_code == 200 and answer.text.startswith("{")
    with pytest.raises(ValueError):
        answer.json()


@pytest.mark.parametrize("endpoint", ["authenticate", "authorize"])
def test_a_wrong_state_is_another_request_token(app: Calling, endpoint: str) -> None:
    app.providers.faults.set("twitter", endpoint, "wrong_state")
    token, browser = app.request_token(), a_person()
    browser.open(app.page(token, endpoint))
    assert f"oauth_token=not-{token[0]}&" in decide(browser, "allow", person="ada").query


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("myspace", ALL, "error"), "There is no provider 'myspace', only twitter, facebook"),
        (
            ("twitter", "logout", "error"),
            "twitter has no endpoint 'logout', only request_token, access_token, ",
        ),
        (
            ("twitter", "request_token", "broken_json"),
            "twitter.request_token has no fault 'broken_json', only slow, ",
        ),
        (("twitter", ALL, "wrong_token_type"), "twitter.all has no fault 'wrong_token_type', only slow, "),
        (("twitter", ALL, "fire"), "has no fault 'fire'"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    providers: ProvidersServer, wrong: tuple[str, str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        providers.faults.set(*wrong)
    assert providers.faults.on() == {}


def switch(providers: ProvidersServer, order: object, key: str | None = "the key") -> requests.Response:
    headers = {} if key is None else {"X-Control-Key": key}
    return requests.post(f"{providers.url}/control/faults", json=order, headers=headers, timeout=10)


ORDER = {"provider": "twitter", "endpoint": "verify_credentials", "kind": "error"}


def test_over_http_whoever_has_the_key_switches_on_and_off(app: Calling) -> None:
    assert switch(app.providers, ORDER).status_code == 204
    assert ASK["verify_credentials"](app).status_code == 503
    assert switch(app.providers, {**ORDER, "kind": ""}).status_code == 204
    assert ASK["verify_credentials"](app).status_code == 401
    switch(app.providers, ORDER)
    switch(app.providers, {**ORDER, "endpoint": "all", "kind": "slow"})
    assert switch(app.providers, {"clear": True}).status_code == 204 and app.providers.faults.on() == {}


@pytest.mark.parametrize("key", [None, "", "the  key", "the keyy", "THE KEY", "clÃ©"])
def test_without_the_key_nothing_is_switched(providers: ProvidersServer, key: str | None) -> None:
    assert switch(providers, ORDER, key).status_code == 404
    assert requests.get(f"{providers.url}/control/faults", params={"key": key}, timeout=10).status_code == 403
    assert providers.faults.on() == {}


def test_without_a_key_there_is_no_switch(clock: Clock) -> None:
    with ProvidersServer(clock=clock) as providers:
        assert providers.faults_page is None
        for key in (None, "", "None"):
            assert switch(providers, ORDER, key).status_code == 404
        assert requests.get(f"{providers.url}/control/faults", timeout=10).status_code == 404


@pytest.mark.parametrize(
    "order",
    [
        None,
        [],
        "error",
        {},
        {"provider": "twitter"},
        {**ORDER, "kind": "fire"},
        {**ORDER, "provider": []},
        {"kind": 1},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(providers: ProvidersServer, order: object) -> None:
    assert switch(providers, order).status_code == 400
    assert providers.faults.on() == {}


def test_a_person_switches_on_the_page_that_the_key_opens(app: Calling) -> None:
    """The key goes from the URL into a cookie that other sites cannot use (SameSite, RFC 6265bis section 5.2)."""
    browser = a_person()
    assert app.providers.faults_page is not None
    page = browser.open(app.providers.faults_page)
    assert "key=" not in page.url and page.status == 200
    cookie = dict(page.answers[0].headers)["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    form = next(form for form in page.forms() if ("endpoint", "access_token") in form.fields)
    browser.submit(form, kind="error")
    assert app.providers.faults.on() == {("twitter", "access_token"): "error"}
    browser.submit(form, kind="")
    assert app.providers.faults.on() == {}
    browser.submit(form, kind="error")
    browser.submit(page.forms()[-1], clear="1")
    assert app.providers.faults.on() == {}


def test_switching_is_no_message_of_a_login(providers: ProvidersServer) -> None:
    switch(providers, ORDER)
    assert providers.messages == []
