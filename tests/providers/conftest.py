"""Providers of a test's own, and the app that calls them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from werkzeug.wrappers import Response

from workbook.providers.server import ProvidersServer

from .calling import Calling
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient


@dataclass
class Clock:
    """A clock that moves only when a test moves it."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def providers(clock: Clock) -> Iterator[ProvidersServer]:
    """The local providers. At all other URLs of their server an app responds, so that callbacks get a response."""
    with ProvidersServer(clock=clock, control_key="the key") as providers:
        providers.mount("/", Response("You are back."))
        yield providers


@pytest.fixture
def app(providers: ProvidersServer) -> Calling:
    return Calling(providers)


@pytest.fixture
def facebook(providers: ProvidersServer) -> FacebookClient:
    return FacebookClient(providers)


@pytest.fixture
def google(providers: ProvidersServer) -> GoogleClient:
    return GoogleClient(providers)


@pytest.fixture
def github(providers: ProvidersServer) -> GitHubClient:
    return GitHubClient(providers)
