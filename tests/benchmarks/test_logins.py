"""How many logins a provider can do: the local ones, which verify and record everything, beside the smallest provider
with Authlib, and beside oauth2-mock-server.

The same clients do the same at each of them, in turns. Where other programs run, too, the processor's time for a login
tells more than the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import pytest

from . import servers
from .conftest import Figures
from .servers import Clients, Rate, Served

pytestmark = pytest.mark.slow

ROUNDS = 7
SECONDS = 0.5
MOST_CLIENTS = 8
PROTOCOLS = {"oauth2": "OAuth 2", "oauth1": "OAuth 1.0a"}
SECTION = "logins: medians of ours, and of the ratios to the server beside it (above 1: ours is the faster, or cheaper)"
HEADING = ("", "logins/s", "to Authlib", "to the mock", "CPU ms/login", "to Authlib", "to the mock")


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clients, dict[str, Served]]]:
    """The clients, and the servers by their names."""
    folder = tmp_path_factory.mktemp("oauth2_mock_server")
    with (
        servers.ours() as ours,
        servers.bare_authlib() as bare,
        servers.mock_server(folder) as mock,
        servers.clients(MOST_CLIENTS) as clients,
    ):
        yield clients, {"ours": ours, "Authlib": bare, **({"mock": mock} if mock else {})}


@pytest.mark.parametrize("count", [1, MOST_CLIENTS])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "new"])
@pytest.mark.parametrize("known", [False, True], ids=["asked", "known"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_logins(
    protocol: str,
    known: bool,
    kept: bool,
    count: int,
    contest: tuple[Clients, dict[str, Served]],
    figures: Figures,
) -> None:
    clients, every = contest
    # The mock server asks no user: it is compared with logins in which the other servers do not ask, either.
    asked = {
        name: server
        for name, server in every.items()
        if protocol in server.plans and (known or name != "mock")
    }
    rates: dict[str, list[Rate]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, server in asked.items():
            plan = replace(server.plans[protocol], kept=kept, known=known, seconds=SECONDS)
            rates[name].append(clients.rate(server, plan, count))

    def faster(name: str) -> float | str:
        pairs = zip(rates["ours"], rates.get(name, ()), strict=False)
        ratios = [mine.a_second / other.a_second for mine, other in pairs]
        return median(ratios) if ratios else "-"

    def cheaper(name: str) -> float | str:
        pairs = zip(rates["ours"], rates.get(name, ()), strict=False)
        ratios = [other.processor / mine.processor for mine, other in pairs]
        return median(ratios) if ratios else "-"

    figures.add(
        SECTION,
        f"{PROTOCOLS[protocol]}, {'known' if known else 'asked'}, {'kept' if kept else 'new'} connections, {count}",
        median(rate.a_second for rate in rates["ours"]),
        *(faster(name) for name in ("Authlib", "mock")),
        median(rate.processor for rate in rates["ours"]),
        *(cheaper(name) for name in ("Authlib", "mock")),
        heading=HEADING,
    )


def test_the_mock_server_is_there(contest: tuple[Clients, dict[str, Served]]) -> None:
    if "mock" not in contest[1]:
        pytest.skip("this machine has no npm, so there are no figures beside oauth2-mock-server")
