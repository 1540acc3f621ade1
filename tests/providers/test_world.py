"""Randomness and clock: the random values repeat with a seed, and never without one."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
import requests
from werkzeug.wrappers import Response

from workbook.providers.server import PortInUse, ProvidersServer
from workbook.providers.world import World

from .calling import ACCESS_TOKEN, REQUEST_TOKEN, VERIFY, Calling, allowed
from .conftest import Clock


def made_up(seed: int | None, clock: Clock) -> list[str]:
    """All that a server gives out in two logins, and its keys."""
    with ProvidersServer(seed=seed, clock=clock) as providers:
        providers.mount("/", Response("You are back."))
        app = Calling(providers)
        tokens = [app.request_token(), app.request_token()]
        verifiers = [allowed(app, token)["oauth_verifier"] for token in tokens]
        answers = [
            app.ask(ACCESS_TOKEN, token, verifier=verifier).text
            for token, verifier in zip(tokens, verifiers, strict=True)
        ]
        keys = {n: value for n, value in providers.environment().items() if n.endswith(("_KEY", "_SECRET"))}
        return [*map(str, tokens), *verifiers, *answers, *keys.values()]


def test_the_same_seed_gives_the_same_tokens(clock: Clock) -> None:
    assert made_up(7, clock) == made_up(7, clock)


@pytest.mark.parametrize("seeds", [(7, 8), (None, None)])
def test_another_seed_or_none_gives_others(clock: Clock, seeds: tuple[int | None, int | None]) -> None:
    one, other = (made_up(seed, clock) for seed in seeds)
    assert not set(one) & set(other)


def test_asking_for_one_kind_does_not_change_another() -> None:
    one, other = World(seed=1), World(seed=1)
    other.word("session", 32)
    assert one.word("verifier", 32) == other.word("verifier", 32)
    assert World(seed=1).word("verifier", 32) != World(seed=1).word("session", 32)


def test_words_have_the_length_and_the_letters_that_are_asked_for() -> None:
    word = World().word("pin", 500, string.digits)
    assert len(word) == 500 and set(word) == set(string.digits)
    assert World().word("a", 200).isalnum()


@pytest.mark.parametrize("alphabet", [string.ascii_letters + string.digits, string.hexdigits, "ab", "a"])
def test_without_a_seed_no_letter_is_likelier_than_another(alphabet: str) -> None:
    word = World().word("a", 2000 * len(alphabet), alphabet)
    assert len(word) == 2000 * len(alphabet)
    # Seven standard deviations of 2000: by chance it fails once in some billion runs.
    assert all(abs(word.count(letter) - 2000) < 320 for letter in alphabet)


def test_with_a_seed_the_words_are_those_of_the_recorded_diagrams() -> None:
    world = World(seed=1)
    assert [world.word("verifier", 12) for _ in range(2)] == ["Rv2tlk2jnB9f", "FacrmMEwFcVL"]


def test_given_keys_are_used_and_made_up_ones_stay() -> None:
    keys = {"TWITTER_KEY": "given"}
    with ProvidersServer(keys=keys) as providers:
        environment = providers.environment()
        assert environment["TWITTER_KEY"] == "given" and environment == providers.environment()
        assert len(environment["TWITTER_SECRET"]) == 50
    assert keys == {"TWITTER_KEY": "given"}, "what is given is not changed"


@pytest.fixture
def two(clock: Clock) -> Iterator[list[Calling]]:
    """Two servers with the same seed and clock, and so the same keys and tokens."""
    with ProvidersServer(seed=1, clock=clock) as one, ProvidersServer(seed=1, clock=clock) as other:
        for providers in (one, other):
            providers.mount("/", Response("You are back."))
        yield [Calling(one), Calling(other)]


def test_two_servers_do_not_mix(two: list[Calling]) -> None:
    one, other = two
    assert one.providers.url != other.providers.url
    token = one.access_token()
    assert one.ask(VERIFY, token, method="GET").status_code == 200
    assert other.ask(VERIFY, token, method="GET").status_code == 401
    assert one.ask(REQUEST_TOKEN, callback=one.callback, nonce="n").status_code == 200
    assert other.ask(REQUEST_TOKEN, callback=one.callback, nonce="n").status_code == 200
    one.providers.faults.set("twitter", "all", "error")
    assert one.ask(REQUEST_TOKEN, callback=one.callback).status_code == 503
    assert other.ask(REQUEST_TOKEN, callback=one.callback).status_code == 200
    assert all(message.url.startswith(other.providers.url) for message in other.providers.messages)
    assert len(other.providers.messages) == 6 and len(other.providers.twitter.attempts) == 3


def test_what_was_signed_for_one_server_is_refused_by_another(two: list[Calling]) -> None:
    """RFC 5849 section 3.4.1.2: host and port are signed."""
    one, other = two
    sent = one.ask(REQUEST_TOKEN, callback=one.callback).request
    address = str(sent.url).replace(one.providers.url, other.providers.url)
    assert requests.post(address, headers=dict(sent.headers), timeout=10).status_code == 401


def test_a_port_that_is_taken_is_told_and_a_port_that_was_used_is_free_again() -> None:
    with ProvidersServer() as providers:
        port = int(providers.url.rpartition(":")[2])
        with pytest.raises(PortInUse, match=f"port {port} is in use") as taken:
            ProvidersServer(port)
        assert taken.value.port == port
    providers.stop()
    with ProvidersServer(port) as again:
        assert requests.get(f"{again.url}/twitter/", timeout=10).status_code == 200
