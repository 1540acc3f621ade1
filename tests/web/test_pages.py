"""The pages that people see, looked at in a real browser: readable for all, on a wide screen and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from workbook.course.steps import find_step
from workbook.lab.environments import bare_environment
from workbook.providers.crowd import many_people
from workbook.providers.server import ProvidersServer
from workbook.web.desk import desk
from workbook.web.live import Live

from .browsing import chromium, press

pytestmark = pytest.mark.browser

KEY = "the key of the faults page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def providers() -> Iterator[ProvidersServer]:
    with ProvidersServer(control_key=KEY) as server:
        live = Live(step="01", title=find_step("01").title, app_url="http://localhost:5000", tour=True)
        server.mount("/", desk(live))
        yield server


def twitter_asks(page: Page, providers: ProvidersServer) -> None:
    token = providers.twitter.new_request_token(providers.twitter.callbacks[0]).token
    page.goto(f"{providers.url}/twitter/oauth/authenticate?oauth_token={token}")


def twitter_asks_again(page: Page, providers: ProvidersServer) -> None:
    pin = providers.twitter.new_request_token("oob").token
    page.goto(f"{providers.url}/twitter/oauth/authorize?oauth_token={pin}")
    press(page, "Sign In")
    again = providers.twitter.new_request_token(providers.twitter.callbacks[0]).token
    page.goto(f"{providers.url}/twitter/oauth/authorize?oauth_token={again}")


def twitter_pin(page: Page, providers: ProvidersServer) -> None:
    token = providers.twitter.new_request_token("oob").token
    page.goto(f"{providers.url}/twitter/oauth/authorize?oauth_token={token}")
    press(page, "Sign In")


def twitter_refused(page: Page, providers: ProvidersServer) -> None:
    twitter_asks(page, providers)
    press(page, "Cancel")


def twitter_old(page: Page, providers: ProvidersServer) -> None:
    page.goto(f"{providers.url}/twitter/oauth/authenticate?oauth_token=old")


def facebook_dialog(page: Page, providers: ProvidersServer, redirect: str = "auth/facebook/callback") -> None:
    page.goto(
        f"{providers.url}/facebook/v25.0/dialog/oauth?client_id={providers.facebook.app_id}&scope=email"
        f"&redirect_uri={quote(f'http://localhost:5000/{redirect}', safe='')}&state=abc"
    )


def facebook_blocked(page: Page, providers: ProvidersServer) -> None:
    facebook_dialog(page, providers, "elsewhere")


def facebook_crowd(page: Page, providers: ProvidersServer) -> None:
    for one in many_people(50)[len(providers.people) :]:
        providers.people.add(one)
    facebook_dialog(page, providers)


def google_asks(
    page: Page, providers: ProvidersServer, redirect: str = "auth/google/callback", **more: str
) -> None:
    asked = {
        "client_id": providers.google.client_id,
        "redirect_uri": f"http://localhost:5000/{redirect}",
        "response_type": "code",
        "scope": "openid email profile",
        "access_type": "offline",
        "state": "abc",
        **more,
    }
    page.goto(f"{providers.url}/google/o/oauth2/v2/auth?{urlencode(asked)}")


def google_asks_again(page: Page, providers: ProvidersServer) -> None:
    google_asks(page, providers, redirect_uri=f"{providers.url}/auth/google/callback")
    press(page, "Continue")
    providers.google.granted.clear()
    google_asks(page, providers)


def google_blocked(page: Page, providers: ProvidersServer) -> None:
    google_asks(page, providers, "elsewhere", nonce="n" * 200)


def github_asks(
    page: Page,
    providers: ProvidersServer,
    redirect: str = "auth/github/callback",
    home: str = "http://localhost:5000",
) -> None:
    page.goto(
        f"{providers.url}/github/login/oauth/authorize?client_id={providers.github.client_id}&scope=user:email"
        f"&redirect_uri={quote(f'{home}/{redirect}', safe='')}&state=abc"
    )


def github_asks_again(page: Page, providers: ProvidersServer) -> None:
    github_asks(page, providers, home=providers.url)
    press(page, "Authorize")
    providers.github.granted.clear()
    github_asks(page, providers)


def github_problem(page: Page, providers: ProvidersServer) -> None:
    github_asks(page, providers, "elsewhere")


def busy(page: Page, providers: ProvidersServer) -> None:
    providers.faults.set("google", "auth", "error")
    google_asks(page, providers)


def unicorn(page: Page, providers: ProvidersServer) -> None:
    providers.faults.set("github", "authorize", "error")
    github_asks(page, providers)


def faults(page: Page, providers: ProvidersServer) -> None:
    providers.faults.set("twitter", "access_token", "silent")
    assert providers.faults_page
    page.goto(providers.faults_page)


def at(path: str) -> Callable[[Page, ProvidersServer], None]:
    def go(page: Page, providers: ProvidersServer) -> None:
        page.goto(f"{providers.url}{path}")

    return go


PAGES: dict[str, Callable[[Page, ProvidersServer], None]] = {
    "twitter-asks": twitter_asks,
    "twitter-asks-again": twitter_asks_again,
    "twitter-pin": twitter_pin,
    "twitter-refused": twitter_refused,
    "twitter-old-token": twitter_old,
    "twitter-about": at("/twitter/"),
    "facebook-asks": facebook_dialog,
    "facebook-blocked": facebook_blocked,
    "facebook-about": at("/facebook/"),
    "facebook-asks-fifty": facebook_crowd,
    "google-asks": google_asks,
    "google-asks-again": google_asks_again,
    "google-blocked": google_blocked,
    "google-busy": busy,
    "google-about": at("/google/"),
    "github-asks": github_asks,
    "github-asks-again": github_asks_again,
    "github-problem": github_problem,
    "github-not-found": at("/github/login/oauth/authorize"),
    "github-busy": unicorn,
    "github-about": at("/github/"),
    "faults": faults,
    "faults-without-key": at("/control/faults"),
    "live": at("/"),
}
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_for_all(
    name: str, scheme: str, browser: Browser, providers: ProvidersServer, shots: Path
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    PAGES[name](page, providers)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it has to be moved sideways"
    page.screenshot(path=shots / f"page-{name}-phone-{scheme}.png", full_page=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.screenshot(path=shots / f"page-{name}-wide-{scheme}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    context.close()
    bad = [f"{one['id']}: {one['help']} {[n['html'] for n in one['nodes']]}" for one in found]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    "name",
    [
        *("twitter-asks", "twitter-refused", "facebook-asks", "twitter-about"),
        *("google-asks", "google-blocked", "google-about", "github-asks", "github-problem", "github-about"),
    ],
)
def test_a_page_says_that_it_is_a_stand_in_and_where_it_is_kinder(
    name: str, browser: Browser, providers: ProvidersServer
) -> None:
    page = browser.new_page()
    PAGES[name](page, providers)
    said = page.inner_text("body")
    page.close()
    assert "local stand-in" in said and "kinder" in said


def test_a_login_by_keyboard_alone(browser: Browser, providers: ProvidersServer) -> None:
    page = browser.new_page()
    facebook_dialog(page, providers)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # from Ada to Bo
    page.keyboard.press("Tab")  # the permission for the address
    page.keyboard.press("Space")  # no
    page.keyboard.press("Tab")  # Continue
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    page.close()
    assert providers.facebook.decisions["bo"] == {"public_profile": True, "email": False}


def test_faults_are_switched_by_page(browser: Browser, providers: ProvidersServer) -> None:
    page = browser.new_page()
    assert providers.faults_page
    page.goto(providers.faults_page)
    assert "key=" not in page.url
    page.get_by_label("me", exact=True).select_option("broken_json")
    press(page, "Set facebook me")
    assert providers.faults.on() == {("facebook", "me"): "broken_json"}
    page.get_by_label("me", exact=True).select_option("")
    press(page, "Set facebook me")
    assert providers.faults.on() == {}
    page.close()


def test_the_app_under_test_does_not_get_at_the_faults(providers: ProvidersServer) -> None:
    """Its environment does not have the key, and nothing that it can fetch without the key tells it."""
    import requests

    assert KEY not in str(providers.environment().values()) and KEY not in str(bare_environment().values())
    for path in (
        "/",
        "/control/faults",
        "/twitter/",
        "/facebook/",
        "/google/",
        "/github/",
        "/live/said",
        "/live/verdicts",
        "/live/printed",
        "/control/enter",
        "/control/enter?ticket=",
    ):
        assert KEY not in requests.get(f"{providers.url}{path}", timeout=5).text
    order = {"provider": "twitter", "endpoint": "all", "kind": "down"}
    assert requests.post(f"{providers.url}/control/faults", json=order, timeout=5).status_code == 404
    assert requests.post(f"{providers.url}/control/faults", data=order, timeout=5).status_code == 404
    assert providers.faults.on() == {}
