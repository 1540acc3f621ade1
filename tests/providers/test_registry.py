"""A provider is added by a package, and by its line in the registry. No other file of the providers knows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Blueprint, Response, request

import workbook.providers
from workbook.flow.messages import APP, BROWSER
from workbook.providers.blueprints import blueprint
from workbook.providers.faults import EVERYWHERE, Faults
from workbook.providers.provider import Provider
from workbook.providers.registry import PROVIDERS, UNSEEN
from workbook.providers.server import ProvidersServer
from workbook.providers.state import Attempt, State

from .calling import a_person

KEY = "the key"
FOLDER = Path(workbook.providers.__file__).parent


@dataclass
class TinyState(State[Attempt]):
    """A provider of this test's, with one page and one endpoint."""

    name = "tiny"

    @property
    def credentials(self) -> tuple[str, str]:
        return self.world.key("TINY_KEY", 5), self.world.key("TINY_SECRET", 8)


ENDPOINTS = {"ask": (), "me": ("broken_json",)}


def tiny_pages(state: TinyState, faults: Faults) -> Blueprint:
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=ENDPOINTS,
        headers={"Cache-Control": "no-store"},
        too_busy=lambda endpoint: Response(f"{endpoint} is busy", 503),
    )

    @pages.get("/ask")
    def ask() -> str:
        return f"The app {state.app_name} asks."

    @pages.get("/me")
    def me() -> dict[str, int]:
        state.noted(Attempt("me", request.method)).status = 200
        return {"id": 1}

    return pages


TINY = Provider(TinyState, tiny_pages, ENDPOINTS, lambda state, path: path == "/ask")


@pytest.fixture
def server() -> Iterator[ProvidersServer]:
    with ProvidersServer(seed=1, control_key=KEY, providers=(*PROVIDERS, TINY)) as server:
        yield server


def test_it_is_one_of_the_servers_providers(server: ProvidersServer) -> None:
    assert server.names == ("twitter", "facebook", "google", "github", "tiny")
    assert server.label("tiny") == "Tiny"
    assert server.faults.kinds["tiny"] == {"ask": tuple(EVERYWHERE), "me": (*EVERYWHERE, "broken_json")}
    known = {name: value for name, value in server.environment().items() if name.startswith("TINY")}
    assert known == {
        "TINY_URL": f"{server.url}/tiny",
        "TINY_KEY": server.world.key("TINY_KEY", 5),
        "TINY_SECRET": server.world.key("TINY_SECRET", 8),
    }
    with ProvidersServer() as without:
        assert "tiny" not in without.names
        with pytest.raises(KeyError):
            without.state(TINY)


def test_its_pages_are_served_and_its_messages_recorded(server: ProvidersServer) -> None:
    page = a_person().open(f"{server.url}/tiny/ask")
    assert page.words == "The app Workbook app asks."
    answer = requests.get(f"{server.url}/tiny/me", timeout=10)
    assert answer.json() == {"id": 1} and answer.headers["Cache-Control"] == "no-store"
    assert [(m.sender, m.receiver, m.path) for m in server.messages] == [
        (BROWSER, "tiny", "/tiny/ask"),
        ("tiny", BROWSER, "/tiny/ask"),
        (APP, "tiny", "/tiny/me"),
        ("tiny", APP, "/tiny/me"),
    ]
    assert server.state(TINY).attempts == [Attempt("me", "GET", status=200)]


def test_its_faults_happen_and_are_on_the_page_of_faults(server: ProvidersServer) -> None:
    assert server.faults_page is not None
    assert "Tiny" in a_person().open(server.faults_page).words
    server.faults.set("tiny", "me", "broken_json")
    assert requests.get(f"{server.url}/tiny/me", timeout=10).text == '{"id'
    server.faults.set("tiny", "all", "error")
    busy = requests.get(f"{server.url}/tiny/ask", timeout=10)
    assert (busy.status_code, busy.text) == (503, "ask is busy")


def test_it_begins_anew_with_the_others(server: ProvidersServer) -> None:
    requests.get(f"{server.url}/tiny/me", timeout=10)
    key = server.environment()["TINY_KEY"]
    server.begin_anew()
    assert server.state(TINY).attempts == [] and server.environment()["TINY_KEY"] == key


def test_a_provider_without_a_page_about_it_has_none(server: ProvidersServer) -> None:
    assert requests.get(f"{server.url}/tiny/", timeout=10).status_code == 404


def packages() -> set[str]:
    """The names of the packages that the registered providers are in."""
    return {provider.pages.__module__.split(".")[2] for provider in (*PROVIDERS, *UNSEEN)}


def test_every_package_is_registered() -> None:
    assert packages() == {file.parent.name for file in FOLDER.glob("*/__init__.py")}


# The made-up people are a table of people and their accounts, with a column for each provider.
PEOPLE = {"people.py", "crowd.py"}


def test_no_file_outside_its_package_and_the_registry_names_a_provider() -> None:
    names = re.compile("|".join(packages()), re.IGNORECASE)
    shared = [file for file in FOLDER.rglob("*") if file.suffix in (".py", ".html", ".css", ".svg")]
    shared = [file for file in shared if not packages() & set(file.relative_to(FOLDER).parts)]
    assert {"server.py", "control.py", "about.html"} <= {file.name for file in shared}
    for file in shared:
        if file.name == "registry.py" or file.name in PEOPLE:
            continue
        # The lab names the switch for the providers that a server has only on request.
        text = file.read_text(encoding="utf-8").replace("with_fifth", "")
        assert not names.findall(text), file.relative_to(FOLDER)
