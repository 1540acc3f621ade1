"""The fifth provider: different each time, and OAuth 2 to the letter (RFC 6749 section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from werkzeug.wrappers import Response

from workbook.lab.browser import Page
from workbook.providers.fifth.state import CODE_LIFETIME, FifthState
from workbook.providers.server import ProvidersServer

from .calling import a_person
from .conftest import Clock


@pytest.fixture
def server(clock: Clock) -> Iterator[ProvidersServer]:
    with ProvidersServer(clock=clock, with_fifth=True) as server:
        server.mount("/", Response("You are back."))
        yield server


@pytest.fixture
def fifth(server: ProvidersServer) -> FifthState:
    assert server.fifth is not None
    return server.fifth


def asked(fifth: FifthState, server: ProvidersServer, **more: str) -> str:
    query = {
        "client_id": fifth.client_id,
        "redirect_uri": fifth.callbacks[0],
        "response_type": "code",
        "state": "a state",
        **more,
    }
    return f"{server.url}/{fifth.name}{fifth.authorize_path}?{urlencode(query)}"


def decided(fifth: FifthState, server: ProvidersServer, decision: str = "allow") -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    browser = a_person()
    page = browser.open(asked(fifth, server))
    answer = browser.submit(page.forms()[0], follow=False, person="eve", decision=decision).answers[-1]
    return dict(parse_qsl(urlsplit(answer.header("Location") or "").query))


def handed_in(fifth: FifthState, server: ProvidersServer, code: str, **more: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": fifth.callbacks[0],
        "client_id": fifth.client_id,
        "client_secret": fifth.client_secret,
        **more,
    }
    return requests.post(f"{server.url}/{fifth.name}{fifth.token_path}", data=form, timeout=10)


def test_it_is_another_one_each_time_and_only_where_it_is_asked_for(fifth: FifthState) -> None:
    with ProvidersServer(with_fifth=True) as other, ProvidersServer() as without:
        assert other.fifth is not None and other.fifth.name != fifth.name
        assert without.fifth is None and set(without.names) == {"twitter", "facebook", "google", "github"}


def test_a_login(fifth: FifthState, server: ProvidersServer) -> None:
    back = decided(fifth, server)
    assert back["state"] == "a state"
    token = handed_in(fifth, server, back["code"]).json()["access_token"]
    address = f"{server.url}/{fifth.name}{fifth.me_path}"
    told = requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
    assert told[fifth.says_email] == "ada@example.org" and told[fifth.says_verified] is False
    without = requests.get(address, timeout=10)
    assert (without.status_code, without.headers["WWW-Authenticate"]) == (401, "Bearer")
    wrong = requests.get(address, headers={"Authorization": "Bearer wrong"}, timeout=10)
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert [(m.sender, m.receiver) for m in server.messages if m.is_request][-2:] == [("app", fifth.name)] * 2


def test_a_refusal(fifth: FifthState, server: ProvidersServer) -> None:
    assert decided(fifth, server, "refuse") == {"error": "access_denied", "state": "a state"}


def test_a_code_is_good_once_for_a_minute_and_for_its_app(
    fifth: FifthState, server: ProvidersServer, clock: Clock
) -> None:
    code = decided(fifth, server)["code"]
    for wrong in ({"client_secret": "another"}, {"redirect_uri": fifth.callbacks[1]}, {"grant_type": "x"}):
        assert "error" in handed_in(fifth, server, code, **wrong).json()
    assert handed_in(fifth, server, code).ok
    assert handed_in(fifth, server, code).json() == {"error": "invalid_grant"}
    late = decided(fifth, server)["code"]
    clock.now += CODE_LIFETIME + 1
    assert handed_in(fifth, server, late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "wrong", [{"client_id": "x"}, {"redirect_uri": "http://localhost:5000/"}, {"response_type": "token"}]
)
def test_nobody_is_sent_back_for_a_wrong_request(
    fifth: FifthState, server: ProvidersServer, wrong: dict[str, str]
) -> None:
    page: Page = a_person().open(asked(fifth, server, **wrong))
    assert page.status == 400 and not page.forms()


def test_faults_happen_there_too(fifth: FifthState, server: ProvidersServer) -> None:
    server.faults.set(fifth.name, "token", "error")
    assert handed_in(fifth, server, decided(fifth, server)["code"]).status_code == 503
