"""How long it takes from a message to its arrow in the page. No figure fails a test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import pytest
from playwright.sync_api import Page

from workbook.course.places import SOLUTIONS
from workbook.flow.messages import Message
from workbook.lab.site import Site
from workbook.lab.visits import sign_in
from workbook.lab.warm import Warm
from workbook.providers.server import ProvidersServer
from workbook.web.desk import desk
from workbook.web.live import Live

from ..web.browsing import chromium
from .conftest import Figures

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STEP = "01_twitter_login"
SECTION = "from a message to its arrow in the page (milliseconds)"
HEADING = ("", "median", "longest")
# Arrows that are in the page before the one that is measured.
MANY = (0, 12, 60)
ROUNDS = 7

# When each arrow stands in the page, and when it is painted, by the clock that Python has, too.
WATCH = """
window.stood = {}; window.painted = {};
new MutationObserver(() => {
  const now = () => performance.timeOrigin + performance.now();
  for (const {dataset: {number}} of document.querySelectorAll("#diagram .message")) {
    if (window.stood[number]) continue;
    window.stood[number] = now();
    requestAnimationFrame(() => setTimeout(() => (window.painted[number] = now())));
  }
}).observe(document.getElementById("diagram"), {childList: true, subtree: true});
"""


@pytest.fixture(scope="module")
def login(warm: Warm) -> list[Message]:
    """A login, and then so many visits to the page behind it that there are enough arrows."""
    with Site(SOLUTIONS / STEP, warm) as site:
        sign_in(site.browser(), start="/login")
        found = list(site.flow("").messages)
    visit, number = found[-4:], 0
    while len(found) < max(MANY) + ROUNDS:
        number += 1
        found += [replace(message, time=found[-1].time + 1 + place) for place, message in enumerate(visit)]
    return found


@pytest.fixture
def live() -> Live:
    return Live(step=STEP, title="Twitter", app_url="http://localhost:5000")


@pytest.fixture
def page(live: Live) -> Iterator[Page]:
    with ProvidersServer(threads=64) as server, chromium() as browser:
        server.mount("/", desk(live))
        page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        with page.expect_response("**/live/said*"):
            page.goto(server.url)
        page.evaluate(WATCH)
        yield page


def arrow(page: Page, number: int) -> tuple[float, float]:
    """When an arrow stood and was painted, in milliseconds since 1970; waits for it."""
    page.wait_for_function(f"window.painted[{number}]", timeout=90_000)
    stood, painted = page.evaluate(f"[window.stood[{number}], window.painted[{number}]]")
    return float(stood), float(painted)


def test_one_message_after_another(page: Page, live: Live, login: list[Message], figures: Figures) -> None:
    times: dict[int, tuple[float, float]] = {}
    for number, message in enumerate(login[: max(MANY) + ROUNDS], 1):
        begun = time.time() * 1000
        live.heard(message)
        stood, painted = arrow(page, number)
        times[number] = (stood - begun, painted - begun)
    for before in MANY:
        taken = [times[number] for number in range(before + 1, before + ROUNDS + 1)]
        for what, values in zip(("stands", "painted"), zip(*taken, strict=True), strict=True):
            figures.add(
                SECTION, f"{what}, after {before} arrows", median(values), max(values), heading=HEADING
            )


def test_a_login_at_once(page: Page, live: Live, login: list[Message], figures: Figures) -> None:
    taken = []
    for _ in range(ROUNDS):
        page.evaluate("window.stood = {}; window.painted = {}")
        begun = time.time() * 1000
        for message in login[:16]:
            live.heard(message)
        taken.append(arrow(page, 16)[0] - begun)
        live.forget()
        page.wait_for_function("document.querySelectorAll('#diagram .message').length === 0")
    figures.add(SECTION, "the last of 16 that come at once", median(taken), max(taken), heading=HEADING)
