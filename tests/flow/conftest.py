"""What every test of this folder looks at: the flows that are drawn for a step, as its solution makes them now."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from workbook.course.places import SOLUTIONS
from workbook.flow.mermaid import to_mermaid
from workbook.flow.messages import APP, BROWSER, Flow, Message
from workbook.flow.pictures import to_svg
from workbook.lab.site import Site
from workbook.lab.visits import RECORDED
from workbook.lab.warm import Warm

STEP = "01_twitter_login"
Exchange = Callable[..., tuple[Message, Message]]


@pytest.fixture(scope="session")
def flows(warm: Warm) -> dict[str, Flow]:
    """By name. The providers have no seed: the secrets are new ones in every run."""
    recorded = {}
    for name, (title, walk) in RECORDED[STEP].items():
        with Site(SOLUTIONS / STEP, warm) as site:
            walk(site)
            recorded[name] = site.flow(title)
    return recorded


@pytest.fixture(scope="session")
def svg_of(flows: dict[str, Flow]) -> Callable[[str], str]:
    """Gives the picture of a flow by its name; each takes seconds, and is made once."""
    return functools.cache(lambda name: to_svg(to_mermaid(flows[name])))


@pytest.fixture
def exchange() -> Exchange:
    """Makes a request and its response up."""

    def make(
        url: str,
        *,
        asks: str = BROWSER,
        answers: str = APP,
        method: str = "GET",
        sent: dict[str, str] | None = None,
        form: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: str = "",
    ) -> tuple[Message, Message]:
        given = {**({"Content-Type": "application/x-www-form-urlencoded"} if form else {}), **(sent or {})}
        request = Message(asks, answers, 0.0, method, url, headers=tuple(given.items()), body=form)
        got = tuple((headers or {}).items())
        return request, Message(answers, asks, 0.0, method, url, status, got, body)

    return make
