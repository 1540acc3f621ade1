"""A few random requests for every endpoint, the same at every run; fuzz.py sends them for long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.wrappers import Response

from workbook.course.places import ROOT
from workbook.providers.server import ProvidersServer

from .fuzz import SEED, Endpoint, Target, endpoints, fuzz, quietly

REQUESTS = 15
EVERY = endpoints()


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with ProvidersServer(seed=SEED, control_key="the key", with_fifth=True, most_messages=100) as server:
        server.mount("/", Response("You are back."))
        target = Target(server.url, server.environment(), "the key")
        target.log_in()
        yield target


@pytest.mark.parametrize("endpoint", EVERY, ids=str)
def test_no_request_is_answered_by_an_error_of_the_server(target: Target, endpoint: Endpoint) -> None:
    fuzz(target, endpoint, quietly(REQUESTS, derandomize=True, shrink=False))
    assert not (ROOT / ".hypothesis").exists()


def test_every_provider_is_fuzzed() -> None:
    with ProvidersServer(seed=SEED, with_fifth=True) as server:
        assert {one.provider for one in EVERY} == {*server.names, "control"}
