"""Another site's page in a real browser gets at none of the providers' pages: not in a frame, not by a form, and not
under a name of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.wrappers import Request, Response

from workbook.providers.server import ProvidersServer
from workbook.providers.serving import Server

from .browsing import chromium, press
from .test_pages import facebook_dialog, github_asks, google_asks, twitter_asks

pytestmark = pytest.mark.browser

NAMES = ("twitter", "facebook", "google", "github")
EVIL = "evil.example"
# Under what names another site may have a port of this machine. For a browser 127.0.0.1 is the same site as the
# providers, whatever the port.
HOSTS = ("localhost", "127.0.0.1", EVIL)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # The name leads to this machine, as its owner's name server says after the page has come (DNS rebinding).
    with chromium(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as opened:
        yield opened


@pytest.fixture
def providers() -> Iterator[ProvidersServer]:
    with ProvidersServer(control_key="the key") as server:
        server.mount("/", Response("You are back."))
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@contextmanager
def another_site(html: str) -> Iterator[int]:
    """A site on a port of its own, which has that page everywhere; gives the port."""

    @Request.application
    def site(request: Request) -> Response:
        return Response(html, content_type="text/html")

    server = Server(site)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.port
    finally:
        server.stop()
        thread.join()


def log_in(page: Page, providers: ProvidersServer, name: str) -> None:
    """Ada is logged in at a provider, and has allowed the app."""
    if name == "twitter":
        token = providers.twitter.new_request_token("oob").token
        page.goto(f"{providers.url}/twitter/oauth/authorize?oauth_token={token}")
        press(page, "Sign In")
    elif name == "facebook":
        facebook_dialog(page, providers)
        page.goto(page.url.replace("localhost%3A5000", quote(urlsplit(providers.url).netloc)))
        press(page, "Continue")
    elif name == "google":
        google_asks(page, providers, redirect_uri=f"{providers.url}/auth/google/callback")
        press(page, "Continue")
    else:
        github_asks(page, providers, home=providers.url)
        press(page, "Authorize")


ASKS = {"twitter": twitter_asks, "facebook": facebook_dialog, "google": google_asks, "github": github_asks}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_shown_in_no_frame(page: Page, providers: ProvidersServer, name: str) -> None:
    """Not from another port of this machine, either: the page where a person allows, and the page about a provider."""
    ASKS[name](page, providers)
    assert page.get_by_role("button").count() == 2
    for url in (page.url, f"{providers.url}/{name}/"):
        with another_site(f'<h1>A prize</h1><iframe src="{url}"></iframe>') as port:
            for host in HOSTS:
                page.goto(f"http://{host}:{port}/")
                (frame,) = page.frames[1:]
                assert frame.get_by_role("button").count() == 0
                assert frame.evaluate("location.href").startswith("chrome-error:")


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_logged_out_by_a_form_of_another_site(
    page: Page, providers: ProvidersServer, name: str
) -> None:
    log_in(page, providers, name)
    known = getattr(providers, name).sessions.logged_in
    assert [*known.values()] == ["ada"]
    url = f"{providers.url}/{name}/logout"
    with another_site(f'<form method="post" action="{url}"><button>A prize</button></form>') as port:
        for host in HOSTS:
            page.goto(f"http://{host}:{port}/")
            with page.expect_response(url) as answer:
                page.get_by_role("button").click()
            assert answer.value.status == 403 and [*known.values()] == ["ada"]
    page.goto(f"{providers.url}/{name}/")
    press(page, "Log out here")
    assert page.url == f"{providers.url}/{name}/" and [*known.values()] == []


def test_no_fault_is_switched_by_a_form_of_another_site(page: Page, providers: ProvidersServer) -> None:
    assert providers.faults_page is not None
    page.goto(providers.faults_page)
    url = f"{providers.url}/control/faults"
    fields = {"provider": "twitter", "endpoint": "all", "kind": "down"}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    with another_site(f'<form method="post" action="{url}">{hidden}<button>A prize</button></form>') as port:
        for host in HOSTS:
            # A tab of its own: Chromium goes on to a page of its own where a response has no body.
            tab = page.context.new_page()
            tab.goto(f"http://{host}:{port}/")
            with tab.expect_response(url) as answer:
                tab.get_by_role("button").click()
            assert answer.value.status == 404 and providers.faults.on() == {}
            tab.close()


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_shown_under_a_name_of_another_site(
    page: Page, providers: ProvidersServer, name: str
) -> None:
    """The name leads here, so the page of that name would be a page of that site's, and its scripts could read it."""
    port = urlsplit(providers.url).port
    for path in (f"/{name}/", "/", "/control/faults"):
        answer = page.goto(f"http://{EVIL}:{port}{path}")
        assert answer is not None and answer.status == 403
        assert "Not under this name" in page.inner_text("h1") and f"{EVIL}:{port}" in page.inner_text("body")
        assert page.get_by_role("button").count() == 0 and page.context.cookies() == []
    answer = page.goto(f"http://localhost:{port}/{name}/")
    assert answer is not None and answer.status == 200


def test_scripts_do_not_see_the_cookies(page: Page, providers: ProvidersServer) -> None:
    for name in NAMES:
        page.goto(f"{providers.url}/{name}/")
        assert page.evaluate("document.cookie") == ""
    kept = page.context.cookies()
    assert {cookie["name"] for cookie in kept} == {f"{name}_session" for name in NAMES}
    assert {(cookie["httpOnly"], cookie["sameSite"]) for cookie in kept} == {(True, "Lax")}


@pytest.mark.parametrize("name", NAMES)
def test_each_login_has_a_new_session(page: Page, providers: ProvidersServer, name: str) -> None:
    planted = {"name": f"{name}_session", "value": "a" * 32, "domain": "127.0.0.1", "path": f"/{name}"}
    page.context.add_cookies([planted])  # type: ignore[list-item]
    log_in(page, providers, name)
    (cookie,) = page.context.cookies()
    assert cookie["value"] != "a" * 32 and [*getattr(providers, name).sessions.logged_in] == [cookie["value"]]
