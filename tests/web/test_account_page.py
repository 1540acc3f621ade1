"""The account page of step 08, looked at in a real browser: readable for all, by day, by night and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from workbook.course.places import SOLUTIONS
from workbook.lab.site import Site
from workbook.lab.visits import link, sign_in
from workbook.lab.warm_apps import warm_for_apps

from .browsing import chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with warm_for_apps() as warm, Site(SOLUTIONS / "08_the_account_page", warm) as opened:
        yield opened


@pytest.fixture(scope="module")
def cookie(site: Site) -> str:
    """The session of somebody with three ways in, who has just proved a second account."""
    sign_in(site.browser(), "bo", start="/login/facebook")
    person = site.browser()
    sign_in(person, start="/login/google")
    for provider in ("github", "twitter"):
        link(person, provider)
    link(person, "facebook", "bo")
    return person.cookie("session") or ""


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
)
def test_the_account_page_is_readable_for_all(
    scheme: str, width: int, browser: Browser, site: Site, cookie: str, shots: Path
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    context.add_cookies([{"name": "session", "value": cookie, "domain": "localhost", "path": "/"}])
    page = context.new_page()
    page.goto(f"{site.app.url}/account")
    # What nobody can undo asks first: its button is hidden until somebody opens what is around it.
    asking = page.get_by_role("button", name="Yes")
    assert asking.count() == 0
    for summary in page.locator("summary").all():
        summary.click()
    assert asking.filter(has_text="remove").count() == 3
    assert asking.filter(has_text="make one account of the two").count() == 1
    assert asking.filter(has_text="delete my account").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it has to be moved sideways"
    page.screenshot(path=shots / f"account-{width}-{scheme}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    context.close()
    assert not found, [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]
