"""The providers can run for weeks: their memory of past logins is bounded, and enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Response

from workbook.providers import remembered
from workbook.providers.people import person
from workbook.providers.server import ProvidersServer
from workbook.providers.twitter.state import TIMESTAMP_TOLERANCE

from .calling import REQUEST_TOKEN, VERIFY, Calling, code_of
from .conftest import Clock
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient

MOST = 4
MOST_MESSAGES = 12
# Enough to fill every list and dictionary, so that each has to forget.
LOGINS = 7


@pytest.fixture
def forgetful(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProvidersServer]:
    """Providers that remember less than usual."""
    monkeypatch.setattr(remembered, "MOST", MOST)
    with ProvidersServer(clock=clock, most_messages=MOST_MESSAGES) as providers:
        providers.mount("/", Response("You are back."))
        yield providers


def log_in_everywhere(providers: ProvidersServer) -> None:
    twitter, facebook = Calling(providers), FacebookClient(providers)
    google, github = GoogleClient(providers), GitHubClient(providers)
    assert twitter.ask(VERIFY, twitter.access_token(), method="GET").ok
    assert facebook.graph("/me", token=facebook.token()).ok
    assert google.userinfo(google.tokens(access_type="offline", prompt="consent")["access_token"]).ok
    assert github.api(token=github.token()).ok


def sizes(providers: ProvidersServer) -> dict[str, int]:
    """How many entries of each kind the server and the providers' states have."""
    found = {"messages": len(providers.messages)}
    for state in (providers.twitter, providers.facebook, providers.google, providers.github):
        for kind, things in {**vars(state), "sessions": state.sessions.logged_in}.items():
            if isinstance(things, dict | list | set):
                found[f"{state.name} {kind}"] = len(things)
    return found


def test_logins_do_not_add_up(forgetful: ProvidersServer, clock: Clock) -> None:
    for _ in range(LOGINS):
        log_in_everywhere(forgetful)
    full = sizes(forgetful)
    assert full.pop("twitter nonces") == 3 * LOGINS
    assert {name for name, size in full.items() if size == MOST} == {
        *("twitter request_tokens", "twitter access_tokens", "google refresh_tokens"),
        *(
            f"{name} {kind}"
            for name in ("facebook", "google", "github")
            for kind in ("codes", "access_tokens")
        ),
        *(f"{name} sessions" for name in forgetful.names),
    }
    assert {name for name, size in full.items() if size > MOST} == {
        "messages",
        *(f"{name} attempts" for name in forgetful.names),
    }
    assert max(full.values()) == MOST_MESSAGES
    clock.now += 2 * TIMESTAMP_TOLERANCE + 1
    log_in_everywhere(forgetful)
    assert sizes(forgetful) == {**full, "twitter nonces": 3}
    forgetful.begin_anew()
    log_in_everywhere(forgetful)
    assert len(forgetful.messages) == MOST_MESSAGES, "in a new world, too"


def test_the_oldest_are_forgotten(forgetful: ProvidersServer) -> None:
    google = GoogleClient(forgetful)
    tokens = [google.tokens()["access_token"] for _ in range(MOST + 2)]
    assert [google.userinfo(token).status_code for token in tokens] == [401] * 2 + [200] * MOST
    sessions = forgetful.google.sessions.logged_in
    for session in ("a", "b", "c", "d", "a", "e"):
        sessions[session] = "ada"
    assert [*sessions] == ["c", "d", "a", "e"], "a has logged in anew"


def test_a_code_is_known_as_used_or_as_too_old_after_a_thousand_others(
    facebook: FacebookClient, clock: Clock
) -> None:
    state = facebook.providers.facebook
    used, unused = facebook.code(), facebook.code()
    assert facebook.swap(used).ok
    clock.now += state.code_lifetime
    for _ in range(1000):
        state.new_access_token(state.new_code(person("bo"), facebook.callback).person)
    assert "has been used" in facebook.swap(used).text
    clock.now += 1
    assert "has expired" in facebook.swap(unused).text


@pytest.mark.parametrize("ahead", [-TIMESTAMP_TOLERANCE, 0, TIMESTAMP_TOLERANCE])
def test_a_nonce_is_known_as_long_as_its_timestamp_is_good(app: Calling, clock: Clock, ahead: int) -> None:
    signed = {"callback": app.callback, "nonce": "once", "timestamp": int(clock.now) + ahead}
    assert app.ask(REQUEST_TOKEN, **signed).ok
    clock.now += ahead + TIMESTAMP_TOLERANCE
    assert app.ask(REQUEST_TOKEN, callback=app.callback).ok
    assert code_of(app.ask(REQUEST_TOKEN, **signed)) == 32, "the nonce was used before"
    clock.now += 1
    assert code_of(app.ask(REQUEST_TOKEN, **signed)) == 135, "the timestamp is out of bounds"
