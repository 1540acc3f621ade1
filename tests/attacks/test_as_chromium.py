"""Chromium does in these attacks as the attacks believe that browsers do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import playwright.sync_api
import pytest

from workbook.attacks.frames import (
    base_may_be,
    may_be_framed,
    may_load_script,
    may_load_style,
    may_send_forms,
    runs_inline_scripts,
)
from workbook.flow.messages import APP, BROWSER, Message
from workbook.lab.browser import Browser
from workbook.providers.serving import Server

from ..web.browsing import chromium, press

pytestmark = pytest.mark.browser


@dataclass
class Site:
    """A site whose pages have the headers of the request's query string. `heard` has the requests: method, path and
    cookies."""

    heard: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        """WSGI. `?h=NAME:VALUE` is a header, `?body=…` the page."""
        pairs = [part.partition("=")[::2] for part in environ["QUERY_STRING"].split("&") if part]
        headers = [tuple(unquote(value).split(":", 1)) for name, value in pairs if name == "h"]
        body = next((unquote(value) for name, value in pairs if name == "body"), "a page")
        self.heard.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_COOKIE", "")))
        redirects = any(name == "Location" for name, _ in headers)
        kind = {"js": "text/javascript", "css": "text/css"}.get(
            environ["PATH_INFO"].rpartition(".")[2], "text/html"
        )
        start_response("303 See Other" if redirects else "200 OK", [("Content-Type", kind), *headers])
        if kind != "text/html":
            return [body.encode()]
        return [f"<!doctype html><title>first</title>{body}".encode()]


def query(*headers: tuple[str, str], body: str = "") -> str:
    parts = [f"h={quote(f'{name}:{value}', safe='')}" for name, value in headers]
    return "?" + "&".join([*parts, f"body={quote(body, safe='')}"])


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[tuple[Site, int], tuple[Site, int]]]:
    """Two servers: the app's and Eve's."""
    with ExitStack() as ending:
        made = []
        for _ in range(2):
            site = Site()
            server = Server(site)
            thread = threading.Thread(target=server.run)
            thread.start()
            ending.callback(thread.join)
            ending.callback(server.stop)
            made.append((site, server.port))
        yield made[0], made[1]


@pytest.fixture(scope="module")
def real() -> Iterator[playwright.sync_api.Browser]:
    with chromium() as browser:
        yield browser


Sites = tuple[tuple[Site, int], tuple[Site, int]]

OPTIONS, POLICY = "X-Frame-Options", "Content-Security-Policy"
FRAMED: list[list[tuple[str, str]]] = [
    [],
    [(OPTIONS, "DENY")],
    [(OPTIONS, "SAMEORIGIN")],
    [(OPTIONS, "DENY, SAMEORIGIN")],
    [(OPTIONS, "ALLOW-FROM http://localhost")],
    [(OPTIONS, "none")],
    [(POLICY, "frame-ancestors 'none'")],
    [(POLICY, "frame-ancestors 'self'")],
    [(POLICY, "frame-ancestors *")],
    [(POLICY, "frame-ancestors localhost:*")],
    [(POLICY, "frame-ancestors localhost")],
    [(POLICY, "frame-ancestors https:")],
    [(POLICY, "default-src 'none'")],
    [(POLICY, "frame-ancestors *"), (OPTIONS, "DENY")],
    [(POLICY, "frame-ancestors *, frame-ancestors 'none'")],
    [("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")],
]


def response(port: int, headers: list[tuple[str, str]]) -> Message:
    return Message(APP, BROWSER, 0, "GET", f"http://localhost:{port}/framed", 200, tuple(headers))


def test_the_same_pages_are_shown_in_a_frame(sites: Sites, real: playwright.sync_api.Browser) -> None:
    (_, app), (_, eve) = sites
    differing = []
    for headers in FRAMED:
        page = real.new_page()
        framed = f"http://localhost:{app}/framed{query(*headers, body='<p>in the frame</p>')}"
        frame = f'<iframe src="{framed}"></iframe>'
        page.goto(f"http://localhost:{eve}/{query(body=frame)}", wait_until="load")
        shown = "in the frame" in page.frames[1].content()
        page.close()
        if shown is not may_be_framed(response(app, headers), by=f"http://localhost:{eve}"):
            differing.append((headers, shown))
    assert differing == []


SCRIPT = "<script>document.title = 'ran'</script>"
POLICIES = [
    "",
    "frame-ancestors 'none'",
    "default-src 'self'",
    "default-src *",
    "script-src 'none'; default-src 'unsafe-inline'",
    "script-src 'self' 'unsafe-inline'",
    "script-src 'unsafe-inline' 'nonce-abc'",
    "default-src 'unsafe-inline'",
    "script-src 'self'; script-src 'unsafe-inline'",
    "script-src 'unsafe-inline' 'strict-dynamic'",
    "script-src-elem 'unsafe-inline'; script-src 'none'",
    "img-src 'self'",
]


def test_the_same_scripts_of_a_page_run(sites: Sites, real: playwright.sync_api.Browser) -> None:
    (_, app), _ = sites
    differing = []
    for policy in POLICIES:
        headers = [(POLICY, policy)] if policy else []
        page = real.new_page()
        page.goto(f"http://localhost:{app}/{query(*headers, body=SCRIPT)}")
        ran = page.title() == "ran"
        page.close()
        if ran is not runs_inline_scripts(response(app, headers)):
            differing.append((policy, ran))
    assert differing == []


# Policies about what a page loads, its base, and where its forms lead. EVES is the port of Eve's server.
SOURCES = [
    "",
    "default-src *",
    "default-src 'self'",
    "default-src 'none'",
    "default-src 'self' http:",
    "default-src 'self' https:",
    "default-src 'self' localhost:*",
    "default-src 'self' localhost:EVES",
    "default-src 'none'; script-src *; style-src 'self'",
    "script-src-elem 'self'; script-src *",
    "script-src 'nonce-abc'; base-uri 'none'",
    "base-uri 'self'; form-action *",
    "base-uri *; form-action 'self'",
    "form-action 'none'",
    "form-action 'self' http://localhost:EVES",
    "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
]


@pytest.mark.parametrize("policy", SOURCES, ids=lambda policy: policy or "no policy")
def test_a_page_loads_and_sends_the_same(
    policy: str, sites: Sites, real: playwright.sync_api.Browser
) -> None:
    (_, app), (noted, eve) = sites
    policy = policy.replace("EVES", str(eve))
    headers = [(POLICY, policy)] if policy else []
    eves = f"http://localhost:{eve}"
    own = f"http://localhost:{app}/own.css{query(body='p { color: rgb(1, 2, 3) }')}"
    base = f"<base href='{eves}/base/'>"
    script = f"<script src='{eves}/eves.js{query(body='document.title = 1')}'></script>"
    style = f"<link rel=stylesheet href='{own}'><p>a line</p>"
    leads = query(("Location", f"{eves}/arrived"))
    form = f"<form method=post action='http://localhost:{app}/send{leads}'><button>Send</button></form>"
    page = real.new_page()
    page.goto(
        f"http://localhost:{app}/{query(*headers, body=base + script + style + form)}", wait_until="load"
    )
    found = (
        page.title() == "1",
        page.locator("p").evaluate("line => getComputedStyle(line).color") == "rgb(1, 2, 3)",
        page.evaluate("document.baseURI") == f"{eves}/base/",
    )
    noted.heard.clear()
    send = "document.querySelector('button').click()"
    if may_send_forms(response(app, headers), f"{eves}/arrived"):
        page.evaluate(send)
        page.wait_for_url(f"{eves}/arrived*")
    else:
        with page.expect_event("console", lambda said: "form-action" in said.text):
            page.evaluate(send)
    arrived = "/arrived" in [path for _, path, _ in noted.heard]
    page.close()
    answer = response(app, headers)
    assert (*found, arrived) == (
        may_load_script(answer, f"{eves}/eves.js"),
        may_load_style(answer, own),
        base_may_be(answer, f"{eves}/base/"),
        may_send_forms(answer, f"{eves}/arrived"),
    )


@pytest.mark.parametrize("home", ["127.0.0.1", "localhost"], ids=["another site", "the same site"])
def test_the_response_to_eves_form_replaces_the_session(
    home: str, sites: Sites, real: playwright.sync_api.Browser
) -> None:
    """With SameSite=Lax Ada's cookie stays out of a POST from another site, but the response's cookie is kept."""
    (noted, app), (_, eve) = sites
    context = real.new_context()
    page = context.new_page()
    lax = ("Set-Cookie", "session=adas; SameSite=Lax; Path=/")
    page.goto(f"http://localhost:{app}/{query(lax)}")
    noted.heard.clear()
    ends = query(("Set-Cookie", "session=nobodys; SameSite=Lax; Path=/"))
    form = f'<form method="post" action="http://localhost:{app}/logout{ends}"><button>Go</button></form>'
    page.goto(f"http://{home}:{eve}/{query(body=form.replace('&', '&amp;'))}")
    press(page, "Go")
    page.goto(f"http://localhost:{app}/after")
    context.close()
    chromiums = [(method, path, cookie) for method, path, cookie in noted.heard if path != "/favicon.ico"]

    noted.heard.clear()
    ada = Browser(app)
    ada.know("eves.example", eve, "eve")
    ada.know("localhost:8000", eve, "eve")
    ada.open(f"/{query(lax)}")
    noted.heard.clear()
    form = form.replace(f"localhost:{app}", "localhost:5000").replace("&", "&amp;")
    eves = "localhost:8000" if home == "localhost" else "eves.example"
    ada.submit(ada.open(f"http://{eves}/{query(body=form)}").forms()[0])
    ada.open("/after")
    assert noted.heard == chromiums
    assert chromiums[-1] == ("GET", "/after", "session=nobodys")
    assert chromiums[0] == ("POST", "/logout", "session=adas" if home == "localhost" else "")


@pytest.mark.parametrize(("control", "kept"), [("", True), ("no-cache", True), ("no-store", False)])
def test_the_back_button_shows_what_the_browser_kept(
    control: str, kept: bool, sites: Sites, real: playwright.sync_api.Browser
) -> None:
    (noted, app), _ = sites
    headers = [("Cache-Control", control)] if control else []
    context = real.new_context()
    page = context.new_page()
    page.goto(f"http://localhost:{app}/welcome{query(*headers, body='Welcome, Ada')}")
    page.goto(f"http://localhost:{app}/logged-out")
    noted.heard.clear()
    page.go_back()
    page.get_by_text("Welcome, Ada").wait_for()
    asked = [path for _, path, _ in noted.heard if path == "/welcome"]
    context.close()
    assert (asked == []) is kept
