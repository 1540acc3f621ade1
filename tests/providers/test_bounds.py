"""The size of requests, the waiting and the memory of the providers are bounded."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.wrappers import Response

from workbook.flow.drawn import arrows
from workbook.flow.messages import Message
from workbook.providers import faults, said, serving
from workbook.providers.loopback import LONGEST_URI
from workbook.providers.server import LONGEST_BODY, LONGEST_HEADERS, ProvidersServer
from workbook.providers.state import LONGEST_NOTE
from workbook.providers.twitter import state as twitter_state

from .apart import Apart, apart
from .calling import FORM, REQUEST_TOKEN, VERIFY, Calling, code_of
from .conftest import Clock
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .raw import LONG, request, sent
from .test_malformed import CUT_CHUNKS, in_chunks, is_fine


def connected(url: str, data: bytes = b"") -> socket.socket:
    """A connection after some sent bytes."""
    made = socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=LONG)
    made.sendall(data)
    return made


# Size of requests


def test_a_request_that_is_too_long(providers: ProvidersServer) -> None:
    url = f"{providers.url}/google/token"
    form = {"Content-Type": FORM.encode()}
    for length, status in ((LONGEST_BODY - 1, 400), (LONGEST_BODY, 413)):
        assert sent(url, request(url, method="POST", headers=form, body=b"x" * length)).status == status
    for length, status in ((LONGEST_HEADERS // 2, 200), (LONGEST_HEADERS, 431)):
        about = f"{providers.url}/google/?{'x' * length}"
        assert sent(about, request(about)).status == status
        about = f"{providers.url}/google/"
        assert sent(about, request(about, headers={"Cookie": b"x" * length})).status == status
    assert is_fine(providers)


def test_a_redirect_uri_that_is_too_long_is_not_listed(app: Calling, google: GoogleClient) -> None:
    for length, listed in ((LONGEST_URI, True), (LONGEST_URI + 1, False)):
        uri = f"{google.callback}?{'x' * LONGEST_URI}"[:length]
        assert requests.get(google.page(redirect_uri=uri), timeout=LONG).ok == listed
        callback = f"{app.callback}?{'x' * LONGEST_URI}"[:length]
        assert app.ask(REQUEST_TOKEN, callback=callback).ok == listed


# Waiting


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[ProvidersServer]:
    """Providers that wait for half a request no longer than a moment."""
    monkeypatch.setattr(serving, "HALF_SENT", 1.0)
    monkeypatch.setattr(serving, "_LOOK", 0)
    with ProvidersServer(clock=clock) as server:
        yield server


@pytest.mark.parametrize(
    "half",
    [
        b"G",
        b"GET /google/ HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /google/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n",
        b"POST /google/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
        b"POST /google/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    ],
    ids=ascii,
)
def test_a_half_sent_request_ends(hasty: ProvidersServer, half: bytes) -> None:
    """Also where one more character comes again and again."""
    with connected(hasty.url, half) as connection:
        connection.settimeout(0.1)
        heard = b"-"
        for _ in range(int(LONG / 0.1)):
            try:
                connection.sendall(b"x")
                heard = connection.recv(1000)
            except TimeoutError:
                continue
            except ConnectionError:
                heard = b""
            if not heard:
                break
        assert heard == b"", "the connection has ended"
    assert is_fine(hasty) and hasty.messages == []


def test_a_request_that_is_whole_is_answered_however_long_that_takes(hasty: ProvidersServer) -> None:
    hasty.faults.set("google", "userinfo", "slow", seconds=3 * serving.HALF_SENT)
    assert requests.get(f"{hasty.url}/google/v1/userinfo", timeout=LONG).status_code == 401


def test_more_connections_than_there_may_be(providers: ProvidersServer) -> None:
    """Idle connections make room; one whose request waits for its response is not idle."""
    providers.faults.set("google", "userinfo", "silent")
    waits = request(f"{providers.url}/google/v1/userinfo")
    with ExitStack() as opened:
        waiting = opened.enter_context(connected(providers.url, waits))
        while not providers.messages:
            pass
        for _ in range(2 * serving.MOST_CONNECTIONS):
            opened.enter_context(connected(providers.url))
        assert is_fine(providers)
        providers.faults.clear()
        assert waiting.recv(12) == b"HTTP/1.1 503"


def test_silence_has_an_end(providers: ProvidersServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "LONGEST_SILENCE", 0.1)
    providers.faults.set("google", "userinfo", "silent")
    assert requests.get(f"{providers.url}/google/v1/userinfo", timeout=LONG).status_code == 503


# Memory


MOST_BYTES = 400_000


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[ProvidersServer]:
    """Providers with the bounds of `start`, and a smaller one for messages."""
    monkeypatch.setattr(said, "MOST_BYTES", MOST_BYTES)
    with ProvidersServer(clock=clock, most_messages=2000) as server:
        server.mount("/", Response("You are back."))
        yield server


def log_in_everywhere(providers: ProvidersServer) -> list[tuple[str, str, str]]:
    """Ada logs in at each provider, with an app that asks for her data; returns the arrows of its drawing."""
    app = Calling(providers)
    app.ask(VERIFY, app.access_token(), method="GET")
    FacebookClient(providers).graph("/me", token=FacebookClient(providers).token())
    google = GoogleClient(providers)
    google.userinfo(google.tokens()["access_token"])
    GitHubClient(providers).api(token=GitHubClient(providers).token())
    return [(arrow.sender, arrow.receiver, arrow.title) for arrow in arrows(providers.messages)]


def test_the_messages_have_an_end_and_the_last_logins_are_drawn_as_ever(kept: ProvidersServer) -> None:
    drawn = log_in_everywhere(kept)
    for _ in range(40):
        long = "x" * (LONGEST_BODY - 1000)
        requests.get(f"{kept.url}/google/o/oauth2/v2/auth", params={"state": long}, timeout=LONG)
        requests.post(f"{kept.url}/google/token", {"code": long}, timeout=LONG)
    assert sum(len(m.url) + len(m.body) for m in kept.messages) < MOST_BYTES
    assert log_in_everywhere(kept)[-len(drawn) :] == drawn
    assert len(kept.messages) > len(drawn)


def test_messages_that_are_kept_for_verdicts_are_all_kept(google: GoogleClient) -> None:
    for number in range(2100):
        google.providers._heard(google.providers._messages, made(number))
    assert [m.url for m in google.providers.messages] == [f"/{number}" for number in range(2100)]


def made(number: int) -> Message:
    return Message("app", "google", 0.0, "GET", f"/{number}")


def test_an_attempt_notes_no_more_than_a_login_needs(kept: ProvidersServer) -> None:
    requests.post(f"{kept.url}/google/token", {"grant_type": "x" * (LONGEST_BODY - 1000)}, timeout=LONG)
    assert [len(attempt.grant_type or "") for attempt in kept.google.attempts] == [LONGEST_NOTE]


def test_nonces_have_an_end(app: Calling, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each nonce takes the same memory. The newest ones are known as used."""
    nonces = app.providers.twitter.nonces
    assert nonces._most == twitter_state.MOST_NONCES
    monkeypatch.setattr(nonces, "_most", 3)
    for nonce in ("a", "b" * 10_000, "c", "d"):
        assert app.ask(REQUEST_TOKEN, callback=app.callback, nonce=nonce).ok
    assert [len(digest) for digest in nonces] == [32] * 3
    for nonce in ("b" * 10_000, "c", "d"):
        assert (
            code_of(app.ask(REQUEST_TOKEN, callback=app.callback, nonce=nonce, accept="application/json"))
            == 32
        )


# A server of its own, which runs for days

GROWTH = 60.0  # more than what Python and the C library keep for themselves (MB)


def test_hostile_requests_take_no_memory() -> None:
    """A chunk of the size ffffffffffffffff once took all the memory of the machine."""
    with apart() as server:
        url = f"{server.url}/google/token"
        requests.post(url, timeout=LONG)
        before = server.memory
        for _ in range(5):
            for body in CUT_CHUNKS:
                assert sent(url, in_chunks(url, body), and_no_more=True).status == 0
            assert sent(url, in_chunks(url, b"ffffffffffffffff\r\n" + b"x" * 20_000_000)).status == 413
            assert sent(url, b"POST /google/token HTTP/1.1\r\nX: " + b"x" * 20_000_000).status == 431
        for _ in range(400):
            requests.post(url, {"code": "x" * (LONGEST_BODY - 100)}, timeout=LONG)
        assert server.memory - before < GROWTH
        assert server.end() == 0


def silent(server: Apart, opened: ExitStack) -> None:
    server.switch(provider="google", endpoint="all", kind="silent")
    for _ in range(20):
        opened.enter_context(connected(server.url, request(f"{server.url}/google/v1/userinfo")))


def half_sent(server: Apart, opened: ExitStack) -> None:
    for _ in range(100):
        opened.enter_context(connected(server.url, b"GET /google/ HTT"))


def unread(server: Apart, opened: ExitStack) -> None:
    for _ in range(10):
        opened.enter_context(connected(server.url, b"GET /google/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200))


def without_an_end(server: Apart, opened: ExitStack) -> None:
    url = f"{server.url}/google/token"
    for _ in range(10):
        opened.enter_context(connected(url, in_chunks(url, b"ffffffffffffffff\r\nabc")))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking")
@pytest.mark.parametrize("busy", [silent, half_sent, unread, without_an_end])
def test_it_ends_when_it_is_asked_to_whatever_it_does(busy: Callable[[Apart, ExitStack], None]) -> None:
    with apart() as server, ExitStack() as opened:
        busy(server, opened)
        assert server.end() == 0
