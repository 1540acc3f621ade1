"""No attacker gets in: under a foreign host name, in a frame, to a foreign URL, with a known session, or by a form of
another website."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import requests

from workbook.providers.server import ProvidersServer

from .calling import REQUEST_TOKEN, Calling, a_person, code_of, decide
from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client
from .raw import LONG, request, sent

CLIENTS = {"facebook": FacebookClient, "google": GoogleClient, "github": GitHubClient}
PATHS = (
    *(
        "",
        "twitter/",
        "facebook/",
        "google/",
        "github/",
        "control/faults",
        "nowhere",
        "provider-static/provider.css",
    ),
    *("twitter/oauth/authenticate?oauth_token=a", "facebook/dialog/oauth", "google/o/oauth2/v2/auth"),
    *("github/login/oauth/authorize", "google/.well-known/openid-configuration", "github/api/user"),
)


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, providers: ProvidersServer) -> Client:
    made: Client = CLIENTS[request.param](providers)
    return made


# Host names


FOREIGN = (
    *(b"evil.example", b"evil.example:5001", b"localhost.evil.example", b"127.0.0.1.evil.example"),
    *(
        b"localhost@evil.example",
        b"evil.example#localhost",
        b"0.0.0.0:5001",
        b"2130706433",
        b"[::]",
        b"localhost:",
    ),
    *(b"localhost:5001, evil.example", b"x_y", b"", b"<script>"),
)


@pytest.mark.parametrize("host", FOREIGN, ids=ascii)
def test_no_page_is_shown_under_another_name(providers: ProvidersServer, host: bytes) -> None:
    for path in PATHS:
        url = f"{providers.url}/{path}"
        answer = sent(url, request(url, host=host))
        assert answer.status == (403 if host else 400), path
        assert "Not under this name" in answer.text and "<script>" not in answer.text
    assert providers.messages == [], "no part of a login"


def test_a_request_without_a_name(providers: ProvidersServer) -> None:
    """RFC 9112 section 3.2: a request of HTTP/1.1 has a Host header."""
    for version, status in (("1.1", 400), ("1.0", 200)):
        line = f"GET /google/ HTTP/{version}\r\nConnection: close\r\n\r\n".encode()
        assert sent(providers.url, line).status == status


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
def test_every_name_of_this_machine_and_every_port_is_good(providers: ProvidersServer, name: str) -> None:
    """A tunnel from another machine has a port of its own."""
    for port in ("", ":80", ":5001", ":65535"):
        url = f"{providers.url}/google/"
        assert sent(url, request(url, host=f"{name}{port}".encode())).status == 200


def test_a_login_through_a_tunnel(google: GoogleClient) -> None:
    """The page, its form and its cookie work under whatever port the browser has for this machine."""
    page = google.page()
    as_seen = {"Host": "localhost:7777"}
    asked = requests.get(page, headers=as_seen, timeout=LONG)
    answer = requests.post(
        page,
        {"csrf_token": token_of(asked), "person": "ada", "decision": "allow"},
        headers={**as_seen, "Cookie": asked.headers["Set-Cookie"].partition(";")[0]},
        allow_redirects=False,
        timeout=LONG,
    )
    assert answer.headers["Location"].startswith(f"{google.callback}?")


# Frames


def test_no_page_is_shown_in_a_frame(providers: ProvidersServer) -> None:
    """RFC 7034 section 2.1; Content Security Policy Level 3 section 6.4.2 (frame-ancestors)."""
    for path in (
        path for path in PATHS if path not in ("", "nowhere")
    ):  # these pages are the app's in this test
        headers = requests.get(f"{providers.url}/{path}", timeout=LONG).headers
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'", path
    refused = requests.get(providers.url, headers={"Host": "evil.example"}, timeout=LONG)
    assert refused.headers["X-Frame-Options"] == "DENY"


# URLs: each is made of a listed one


def hostile(callback: str) -> list[str]:
    """URLs that are not on the list, but look or begin like the listed one."""
    scheme, _, rest = callback.partition("://")
    netloc, _, path = rest.partition("/")
    host, _, port = netloc.partition(":")
    return [
        *(f"http://evil.example\\@{rest}", f"http://evil.example/\\@{rest}", f"http://evil.example\t@{rest}"),
        *(f"http://evil.example@{rest}", f"http://a:b@{rest}", f"http://{host}@evil.example/{path}"),
        *(f"http://{host}\\@evil.example/{path}", f"http://{host}:{port}@evil.example/{path}"),
        *(
            f"http://{host}.evil.example/{path}",
            f"http://{host}%2eevil.example/{path}",
            f"http://evil.example/{path}",
        ),
        *(f"http:/{rest}", f"http:\\\\{rest}", f"http:{rest}", f"//{rest}", f"/{path}", path, f"\\\\{rest}"),
        *(
            f"{scheme.upper()}://{rest}",
            f"https://{rest}",
            f"javascript://{rest}",
            f"javascript:alert(1)//{rest}",
        ),
        *(f"data:text/html,{callback}", f"ftp://{rest}", f" {callback}", f"{callback} ", f"\n{callback}"),
        *(f"http://{netloc}\t/{path}", f"http://{netloc}\\{path}", f"http://{netloc}//{path}"),
        *(f"http://{netloc}/./{path}", f"http://{netloc}/a/../{path}", f"http://{netloc}/a/%2e%2e/{path}"),
        *(
            f"{callback}/",
            f"{callback}/..",
            f"{callback};a",
            f"{callback}#fragment",
            f"{callback}#",
            f"{callback}%00",
        ),
        *(
            f"http://{host}:0/{path}",
            f"http://{host}:99999/{path}",
            f"http://{host}:/{path}",
            f"http://{host}:a/{path}",
        ),
        *(
            f"http://{host}:05000\\/{path}",
            f"http://0.0.0.0:{port}/{path}",
            f"http://2130706433:{port}/{path}",
        ),
        *(
            f"http://127.1:{port}/{path}",
            f"http://[::ffff:127.0.0.1]:{port}/{path}",
            f"http://[::1]:{port}/{path}",
        ),
        *(
            f"http://LocalHost:{port}/{path}",
            f"http://localhost.:{port}/{path}",
            f"http://ｌocalhost:{port}/{path}",
        ),
        *(f"{callback[:-1]}", f"http://{netloc}/{path.upper()}", f"http://{netloc}/%61{path[1:]}", ""),
    ]


HOSTILE = range(len(hostile("http://127.0.0.1:5001/auth/x/callback")) - 1)


def links_elsewhere(providers: ProvidersServer, text: str) -> list[str]:
    """The links of a page that lead neither to the providers nor to an app on this machine."""
    found = re.findall(r'(?:href|src|action)="([^"]*)"', text)
    return [url for url in found if not url.startswith(("/", "?", f"{providers.url}/"))]


@pytest.mark.parametrize("number", HOSTILE)
def test_nobody_is_sent_or_led_to_an_address_that_is_not_listed(client: Client, number: int) -> None:
    uri = hostile(client.callback)[number]
    for page in (client.page(redirect_uri=uri), client.page(redirect_uri=uri, prompt="none")):
        answer = requests.get(page, allow_redirects=False, timeout=LONG)
        assert answer.status_code == 400 and "Location" not in answer.headers
        assert links_elsewhere(client.providers, answer.text) == []
    with requests.Session() as browser:
        token = token_of(browser.get(client.page(), timeout=LONG))
        for decision in ("allow", "refuse"):
            form = {"csrf_token": token, "person": "ada", "decision": decision}
            page = client.page(redirect_uri=uri)
            answer = browser.post(page, form, allow_redirects=False, timeout=LONG)
            assert answer.status_code in (400, 403) and "Location" not in answer.headers


def token_of(answer: requests.Response) -> str:
    """The token that the form of a page has to send back."""
    found = re.search(r'name="csrf_token" value="(\w+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


@pytest.mark.parametrize("number", HOSTILE)
def test_twitter_takes_no_callback_that_is_not_listed(app: Calling, number: int) -> None:
    answer = app.ask(REQUEST_TOKEN, callback=hostile(app.callback)[number], accept="application/json")
    assert answer.status_code == 403 and code_of(answer) == 415


def test_what_is_kind_stays(app: Calling, client: Client) -> None:
    """Any port of this machine, and any query string."""
    for more in ("", "?a=1", "?next=//evil.example", "?a=b%20c&d=/?"):
        url = client.callback + more
        assert "code" in client.back(redirect_uri=url)
        assert app.ask(REQUEST_TOKEN, callback=app.callback + more).ok


def test_the_page_of_a_refusal_at_twitter_leads_back_to_the_app_only(app: Calling) -> None:
    browser = a_person()
    browser.open(app.page(app.request_token(f"{app.callback}?a=1")))
    page = decide(browser, "refuse")
    (back,) = [link for link in page.links() if "denied=" in link]
    assert urlsplit(back).path == urlsplit(app.callback).path
    assert links_elsewhere(app.providers, page.text) == []


# Sessions


def log_in(url: str, provider: str, session: str | None) -> tuple[str, str]:
    """Ada logs in and allows access, in a browser that has that session already; returns the browser's sessions on the
    page and after the login."""
    name = f"{provider}_session"
    with requests.Session() as browser:
        if session is not None:
            browser.cookies.set(name, session, path=f"/{provider}", domain="127.0.0.1")
        asked = browser.get(url, timeout=LONG)
        before = browser.cookies[name]
        more = dict(re.findall(r'type="hidden" name="(oauth_token)" value="([^"]*)"', asked.text))
        form = {**more, "csrf_token": token_of(asked), "person": "ada", "decision": "allow"}
        answer = browser.post(url, form, allow_redirects=False, timeout=LONG)
        assert answer.status_code == 302, answer.text
        return before, browser.cookies[name]


@pytest.mark.parametrize("provider", ["twitter", *CLIENTS])
@pytest.mark.parametrize("planted", [None, "a" * 32, "known", ""])
def test_each_login_has_a_session_of_its_own(
    providers: ProvidersServer, provider: str, planted: str | None
) -> None:
    """An attacker who knows the session from before the login, or has put it there, is not logged in afterwards
    (session fixation)."""
    app = Calling(providers)
    url = app.page(app.request_token()) if provider == "twitter" else CLIENTS[provider](providers).page()
    before, after = log_in(url, provider, planted)
    known = getattr(providers, provider).sessions.logged_in
    assert before != after and [*known] == [after]
    url = app.page(app.request_token()) if provider == "twitter" else url
    for session, name in ((before, False), (planted, False), (after, True)):
        answer = requests.get(
            url, cookies={f"{provider}_session": session or ""}, allow_redirects=False, timeout=LONG
        )
        assert (answer.status_code == 302) == name, (
            "a person who is logged in and has allowed is not asked again"
        )


@pytest.mark.parametrize("provider", CLIENTS)
def test_a_log_out_is_asked_for_by_the_page_of_the_provider(
    providers: ProvidersServer, provider: str
) -> None:
    known = getattr(providers, provider).sessions.logged_in
    url = f"{providers.url}/{provider}/"
    _, session = log_in(CLIENTS[provider](providers).page(), provider, None)
    other = token_of(requests.get(url, timeout=LONG))
    with requests.Session() as browser:
        browser.cookies.set(f"{provider}_session", session, path=f"/{provider}", domain="127.0.0.1")
        for form in ({}, *({"csrf_token": token} for token in ("", "guessed", "é", other))):
            assert browser.post(f"{url}logout", form, timeout=LONG).status_code == 403
            assert [*known] == [session]
        form = {"csrf_token": token_of(browser.get(url, timeout=LONG))}
        assert browser.post(f"{url}logout", form, timeout=LONG).url == url
        assert [*known] == []


def test_every_cookie_is_out_of_reach_of_scripts_and_other_sites(providers: ProvidersServer) -> None:
    """HttpOnly and SameSite (RFC 6265bis section 4.1.2). Secure would keep a browser from sending it over HTTP."""
    heard = []
    for name in ("twitter", *CLIENTS):
        heard.append(requests.get(f"{providers.url}/{name}/", timeout=LONG))
    app = Calling(providers)
    heard.append(requests.get(app.page(app.request_token()), timeout=LONG))
    heard += [requests.get(CLIENTS[name](providers).page(), timeout=LONG) for name in CLIENTS]
    heard.append(requests.get(providers.faults_page or "", allow_redirects=False, timeout=LONG))
    cookies = [answer.headers["Set-Cookie"] for answer in heard]
    assert len(cookies) == 9
    for cookie in cookies:
        assert "HttpOnly" in cookie and re.search("SameSite=(Lax|Strict)", cookie), cookie


def test_the_faults_form_is_asked_for_by_its_own_page(providers: ProvidersServer) -> None:
    """An app on another port of 127.0.0.1 is the same site, so that a browser sends it the cookie, too."""
    browser = a_person()
    assert providers.faults_page is not None
    form = browser.open(providers.faults_page).forms()[0]
    for token in ("", "guessed", "é"):
        assert browser.submit(form, kind="down", csrf_token=token).status == 404
        assert providers.faults.on() == {}
    browser.submit(form, kind="down")
    assert len(providers.faults.on()) == 1


@pytest.mark.parametrize("provider", ["twitter", *CLIENTS])
def test_a_form_of_before_a_login_in_another_tab_shows_its_page_again(
    providers: ProvidersServer, provider: str
) -> None:
    """Three tabs are at the login page. A login in one of them does not break the other tabs, and decides nothing
    there."""
    app = Calling(providers)
    urls = [
        app.page(app.request_token()) if provider == "twitter" else CLIENTS[provider](providers).page()
        for _ in range(3)
    ]
    with requests.Session() as browser:
        pages = [browser.get(url, timeout=LONG) for url in urls]
        statuses = []
        for url, page, who in zip(urls, pages, ("ada", "bo", "ada"), strict=True):
            more = dict(re.findall(r'type="hidden" name="(oauth_token)" value="([^"]*)"', page.text))
            form = {**more, "csrf_token": token_of(page), "person": who, "decision": "allow"}
            answer = browser.post(url, form, allow_redirects=False, timeout=LONG)
            statuses.append(answer.status_code)
            if answer.status_code == 303:
                assert urlsplit(url)._replace(scheme="", netloc="").geturl() == answer.headers["Location"]
    sessions = getattr(providers, provider).sessions
    assert statuses == [302, 303, 303] and [*sessions.logged_in.values()] == ["ada"]
