"""The lab's browser does as Chromium does where checks rely on it: which cookies it keeps and sends, and where it
goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import playwright.sync_api
import pytest

from workbook.flow.addresses import leads_to, opened
from workbook.lab.browser import HOME, Browser
from workbook.providers.serving import Server

from ..web.browsing import chromium, press

pytestmark = pytest.mark.browser

OTHER_SITE = "http://127.0.0.1"


@dataclass
class Site:
    """A site that sets the cookies of the request's query string, and records which come back."""

    # The requests of /echo: the method and the cookies.
    heard: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        """WSGI. `?set=…` names cookies, a line each; `?to=…` the target of a redirect, `?link=…` that of a page's
        link."""
        query = dict(part.partition("=")[::2] for part in environ["QUERY_STRING"].split("&"))
        headers = [("Content-Type", "text/html")]
        if "set" in query:
            # A header's bytes come as characters, one for each.
            headers += [("Set-Cookie", one) for one in unquote(query["set"], "latin-1").split("\n")]
        if environ["PATH_INFO"].endswith("/echo"):
            self.heard.append((environ["REQUEST_METHOD"], environ.get("HTTP_COOKIE", "")))
        if "to" in query:
            start_response("302 Found", [*headers, ("Location", unquote(query["to"]))])
            return [b""]
        link = unquote(query.get("link", ""))
        method = query.get("method", "get")
        start_response("200 OK", headers)
        return [
            f'<form method="{method}" action="{link}"><button name="b" value="1">Go</button></form>'.encode()
        ]


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Site, int]]:
    site = Site()
    server = Server(site)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield site, server.port
    server.stop()
    thread.join()


@pytest.fixture(scope="module")
def real() -> Iterator[playwright.sync_api.Browser]:
    with chromium() as browser:
        yield browser


# The cookies that a response sets, and the path of that response.
KEPT = [
    ("/", "a=1"),
    ("/", "a=1; Path=/"),
    ("/x/y", "a=1"),
    ("/x/y", "a=1; Path=/"),
    ("/x/y", "a=1; Path=/x"),
    ("/x/y", "a=1; Path=/other"),
    ("/x/y", "a=1; Path=x"),
    ("/x/y", "a=1; Path="),
    ("/", "a=1; Domain=localhost"),
    ("/", "a=1; Domain=.localhost"),
    ("/", "a=1; Domain="),
    ("/", "a=1; Domain=127.0.0.1"),
    ("/", "a=1; Domain=host"),
    ("/", "a=1; Domain=example.org"),
    ("/", "a=1; Domain=app.localhost"),
    ("/", "a=1; Secure"),
    ("/", "a=1; Secure; HttpOnly"),
    ("/", "a=1; SameSite=None"),
    ("/", "a=1; SameSite=None; Secure"),
    ("/", "a=1; SameSite=Lax"),
    ("/", "a=1; SameSite=Strict"),
    ("/", "a=1; SameSite=nonsense"),
    ("/", "__Host-a=1"),
    ("/", "__Host-a=1; Path=/"),
    ("/", "__Host-a=1; Secure"),
    ("/x/y", "__Host-a=1; Secure"),
    ("/", "__Host-a=1; Secure; Path=/"),
    ("/", "__Host-a=1; Secure; Path=/; Domain=localhost"),
    ("/", "__Host-a=1; Secure; Path=/x"),
    ("/", "__host-a=1; Path=/"),
    ("/", "__Secure-a=1"),
    ("/", "__Secure-a=1; Secure"),
    ("/", "=__Host-a=1; Secure; Path=/"),
    ("/", "a=1; Max-Age=0"),
    ("/", "a=1; Max-Age=60"),
    ("/", "a=1; Max-Age=-1"),
    ("/", "a=1; Max-Age=soon"),
    ("/", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
    ("/", "a=1; Expires=Wed, 21-Oct-2015 07:28:00 GMT"),
    ("/", "a=1; Expires=0"),
    ("/", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
    ("/", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=60"),
    ("/", "a=1\na=; Max-Age=0"),
    ("/", "a=1; Path=/x\na=; Max-Age=0"),
    ("/", "a=1\na=2"),
    ("/", "a=1\nb=2\na=3"),
    ("/", "a=1\nb=2\na=1"),
    ("/", "a=1; Path=/\na=2; Path=/x"),
    ("/", "b=1; Path=/\na=2; Path=/x\nc=3; Path=/x/y"),
    ("/", "a"),
    ("/", "=a"),
    ("/", "a="),
    ("/", "a=b=c"),
    ("/", 'a="b c"'),
    ("/", " a = 1 ; path = / "),
    ("/", "A=1\na=2"),
    ("/", "a=\u00c3\u00a0"),
    ("/", f"a={'x' * 4095}"),
    ("/", f"a={'x' * 4096}"),
    ("/", f"{'a' * 2048}={'x' * 2048}"),
    ("/", f"a=1; Path=/{'x' * 1023}"),
    ("/", f"a=1; Path=/{'x' * 1024}"),
    ("/", "\n".join(f"c{number}={number}" for number in range(60))),
]
ASKED = ("/echo", "/x/echo", "/x/y/echo", "/xy/echo")


def test_the_same_cookies_are_kept_and_sent(
    site: tuple[Site, int], real: playwright.sync_api.Browser
) -> None:
    noted, port = site
    differing = []
    for by, cookies in KEPT:
        query = f"?set={quote(cookies, encoding='latin-1')}"
        context = real.new_context()
        page = context.new_page()
        noted.heard.clear()
        for path in (f"{by}{query}", *ASKED):
            page.goto(f"http://localhost:{port}{path}")
        chromiums, noted.heard = noted.heard, []
        context.close()
        ours = Browser(port)
        for path in (f"{by}{query}", *ASKED):
            ours.open(path)
        ours.close()
        labs, noted.heard = noted.heard, []
        assert len(labs) == len(chromiums) == len(ASKED)
        if labs != chromiums:
            differing.append((by, cookies[:80], chromiums, labs))
    assert differing == []


# How another site sends the browser here: a form by that method, or a redirect.
CROSSED = ["form get", "form post", "redirect"]
ATTRIBUTES = ["", "SameSite=Lax", "SameSite=Strict", "SameSite=None; Secure", "SameSite=nonsense", "Secure"]


def test_the_same_cookies_cross_from_another_site(
    site: tuple[Site, int], real: playwright.sync_api.Browser
) -> None:
    noted, port = site
    differing = []
    for attribute in ATTRIBUTES:
        for how in CROSSED:
            query = f"?set={quote(f'a=1; Path=/; {attribute}')}"
            kind, _, method = how.partition(" ")

            def there(home: str, kind: str = kind, method: str = method) -> str:
                end = quote(f"{home}/echo", safe="")
                return f"/?to={end}" if kind == "redirect" else f"/?link={end}&method={method}"

            context = real.new_context()
            page = context.new_page()
            home = f"http://localhost:{port}"
            page.goto(f"{home}/{query}")
            noted.heard.clear()
            page.goto(f"{OTHER_SITE}:{port}{there(home)}")
            if kind == "form":
                press(page, "Go")
            chromiums, noted.heard = noted.heard, []
            context.close()

            ours = Browser(port)
            ours.open(f"/{query}")
            ours.open(f"{OTHER_SITE}:5000{there(HOME)}")
            if kind == "form":
                assert ours.page is not None
                ours.submit(ours.page.forms()[0], b="1")
            ours.close()
            labs, noted.heard = noted.heard, []
            if labs != chromiums:
                differing.append((attribute, how, chromiums, labs))
    assert differing == []


# References in a page's link, or in a redirect.
REFERENCES = [
    *("", "x", "/x", "./x", "../x", "../../../x", "/a/../b", "/a/./b", "/a//b", "?q=1", "#f", "/x?q=1#f"),
    *("//evil.example", "//evil.example/x", "///evil.example", "////evil.example/x", "/\\evil.example"),
    *(
        "\\\\evil.example",
        "\\/evil.example",
        "/\\/evil.example",
        "\\evil.example",
        "\\x\\y",
        "/x\\y",
        "x?a\\b",
    ),
    *("http:evil.example", "http:/x", "http:x", "http:///evil.example", "http:\\\\evil.example"),
    *("https:evil.example", "https:/evil.example", "https:///evil.example/x", "HTTP://EVIL.example/X"),
    *("\t/x", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", " //evil.example ", "ht\ntp://x"),
    *("http://user@evil.example", "http://user:word@evil.example/", "http://localhost:5000@evil.example/"),
    *(
        "http://evil.example\\@localhost:5000/",
        "http://localhost:5000\\@evil.example",
        "//localhost:5000@evil",
    ),
    *(
        "http://evil.example#@localhost:5000/",
        "http://evil.example?@localhost:5000/",
        "http://a@b@evil.example/",
    ),
    *(
        "http://localhost:5000.evil.example/",
        "http://localhost.evil.example:5000/x",
        "http://evil.example:80/",
    ),
    *("http://localhost:05000/", "http://localhost:/x", "https://localhost:443/x", "http://localhost:99999/"),
    *(
        "http://b\u00fccher.example/",
        "//ex%C3%A4mple.org/",
        "http://256.1/",
        "http://1.2.3.4.5/",
        "http://09.1/",
    ),
    *(
        "http://[::1/",
        "http://[0:0::1]/",
        "http://a^b/",
        "http:///",
        "http://x:y/",
        "http://:1/",
    ),
    *("http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::1]:5000/"),
    *(
        "http://local%68ost:5000/",
        "http://LOCALHOST:5000/",
        "http://localhost.:5000/",
        "http://loc\tal\nhost/",
    ),
    *("javascript:alert(1)", "data:text/html,x", "mailto:a@b", "JavaScript:1", "x:y", "1:2", "/x:y", "./x:y"),
    *("/%2e%2e/x", "/a/%2E%2e/b", "/%2F/x", "/%5C/x", "//%65vil.example/", "/x%00y", "/\u00e9?\u00e9#\u00e9"),
    *("/a b?c d", '/"<>`{}|', "/x?'\"<>", "/[x]", "/x?[y]", "/%zz", "/x?%zz", "/~x", "/x;y=z"),
]
BASES = [f"{HOME}/", f"{HOME}/a/b", f"{HOME}/a/b?next=/c/d"]


def test_a_reference_leads_to_the_same_place(real: playwright.sync_api.Browser) -> None:
    page = real.new_page()
    parsed: dict[str, dict[str, str]] = page.evaluate(
        """([bases, references]) => Object.fromEntries(bases.map(base => [base, Object.fromEntries(
            references.map(reference => {
                try { return [reference, new URL(reference, base).href] } catch { return [reference, ""] }
            }))]))""",
        [BASES, REFERENCES],
    )
    page.close()
    differing = []
    for base in BASES:
        for reference in REFERENCES:
            ours, real_one = leads_to(base, reference), parsed[base][reference]
            # A reference that is no URL for Chromium stays as it is, and cannot be opened.
            if ours != (real_one or reference) or (not real_one and opened(ours)):
                differing.append((base, reference, real_one, ours))
    assert differing == []
