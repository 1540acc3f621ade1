"""The lab's browser does what browsers do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from workbook.flow.messages import Message
from workbook.lab.browser import HOME, Browser, NoAnswer, Page

from .raw_server import RawServer

app = Flask(__name__)


@app.get("/set")
def set_cookies() -> Response:
    answer = Response("set")
    for name in ("Strict", "Lax", "None"):
        answer.set_cookie(name.lower(), "1", samesite=name)
    answer.set_cookie("untold", "1")
    return answer


@app.route("/sent", methods=["GET", "POST"])
def sent() -> str:
    return ",".join(sorted(request.cookies)) or "none"


@app.get("/to-sent")
def to_sent() -> object:
    return redirect("/sent")


@app.get("/elsewhere")
def elsewhere() -> object:
    return redirect(f"{request.args['to']}/sent")


@app.get("/round")
def round_and_round() -> object:
    return redirect("/round")


@app.get("/form")
def form() -> str:
    to = request.args.get("to", "")
    return (
        f'<form method=post action="{to}/sent?a=1"><input name=kept value=1><input type=checkbox name=box checked>'
        "<input type=radio name=who value=a><input type=radio name=who value=b checked>"
        "<button name=decision value=allow>Yes</button><input type=submit name=other value=No></form>"
    )


@app.post("/echo")
def echo() -> dict[str, str]:
    return dict(request.form)


@app.route("/asked", methods=["GET", "POST"])
@app.route("/<path:rest>", methods=["GET", "POST"])
def asked(rest: str = "") -> dict[str, str]:
    """The request: the method, the target, and the form."""
    names = ("Host", "Referer", "Content-Type")
    return {
        "method": request.method,
        "target": request.environ["RAW_URI"],
        "form": "&".join(f"{name}={value}" for name, value in request.form.items(multi=True)),
        **{name: request.headers.get(name, "") for name in names},
    }


@app.get("/to")
def to() -> Response:
    """Redirects, with the status and to the place in the query string."""
    return Response(status=request.args["status"], headers={"Location": request.args["place"]})


@app.get("/page")
def page_of_its_own() -> str:
    """A page with the content from the query string."""
    return request.args["html"]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    import threading

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()


@pytest.fixture
def browser(port: int) -> Browser:
    browser = Browser(port)
    browser.open("/set")
    return browser


def test_typing_an_address_sends_every_cookie(browser: Browser) -> None:
    assert browser.open("/sent").text == "lax,strict,untold"


def test_the_same_machine_under_another_name_is_another_site(browser: Browser) -> None:
    assert browser.open("http://127.0.0.1:5000/sent").text == "none" or not browser.page
    assert browser.open("/sent").text == "lax,strict,untold"


def test_strict_cookies_stay_at_home_when_another_site_leads_here(browser: Browser, port: int) -> None:
    """RFC 6265bis section 5.2: only the page where the navigation began matters."""
    browser.open(f"http://127.0.0.1:{port}/form?to={HOME}")
    assert browser.page is not None
    assert browser.click(f"{HOME}/sent").text == "lax,untold"
    browser.open(f"http://127.0.0.1:{port}/form?to={HOME}")
    assert browser.submit(browser.page.forms()[0]).text == "untold", "a new one crosses"


def test_redirects_are_followed_to_another_site_and_back(browser: Browser, port: int) -> None:
    page = browser.open(f"http://127.0.0.1:{port}/elsewhere?to={HOME}")
    assert page.url == f"{HOME}/sent"
    assert [answer.status for answer in page.answers] == [302, 200]


def test_forms_come_filled_in(browser: Browser) -> None:
    (form,) = browser.open("/form").forms()
    assert form.fields == (("kept", "1"), ("box", "on"), ("who", "b"))
    assert form.buttons == ("decision", "other")
    assert form.action == f"{HOME}/sent?a=1" and form.method == "POST"


def test_circles_and_silence_are_told(browser: Browser) -> None:
    with pytest.raises(NoAnswer, match="20 redirects and no end"):
        browser.open("/round")
    with pytest.raises(NoAnswer, match="nothing listens there"):
        browser.open("http://127.0.0.1:9/")
    with pytest.raises(NoAnswer, match="a browser cannot open that URL"):
        browser.open("app://callback")


def test_nothing_goes_to_another_machine(browser: Browser) -> None:
    with pytest.raises(NoAnswer, match="example.org/login, and that is not on this machine"):
        browser.open("https://example.org/login")


def test_messages_with_the_app_are_written_down(port: int) -> None:
    heard: list[Message] = []
    Browser(port, heard.append).open("/to-sent")
    assert [(m.path, m.status) for m in heard] == [
        ("/to-sent", None),
        ("/to-sent", 302),
        ("/sent", None),
        ("/sent", 200),
    ]
    assert heard[0].header("Host") == "localhost:5000"


def test_nothing_tells_it_from_a_browser(port: int) -> None:
    heard: list[Message] = []
    Browser(port, heard.append).open("/sent")
    sent = " ".join(value for _, value in heard[0].headers).lower()
    assert "mozilla/5.0" in sent
    assert not any(word in sent for word in ("python", "requests", "workbook", "check", "test"))


def shown(browser: Browser, html: str) -> Page:
    """A page with that content, opened."""
    return browser.open(f"/page?html={quote(html)}")


def came(page: Page) -> dict[str, str]:
    """The request that came to /asked."""
    found: dict[str, str] = json.loads(page.text)
    return found


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("/asked", "/asked?a=1&b=x+y"),
        ("/asked?old=1&a=2", "/asked?a=1&b=x+y"),
        ("/asked?old=1#part", "/asked?a=1&b=x+y"),
        ("", "/page?a=1&b=x+y"),
        ("?old=1", "/page?a=1&b=x+y"),
    ],
)
def test_the_fields_of_a_get_form_take_the_place_of_the_query(
    browser: Browser, action: str, target: str
) -> None:
    """HTML standard, form submission, "mutate action URL"."""
    (form,) = shown(browser, f'<form action="{action}"><input name=a value=1><input name=b></form>').forms()
    page = browser.submit(form, b="x y")
    assert page.url == f"{HOME}{target}"
    if target.startswith("/asked"):
        assert came(page)["target"] == target and came(page)["Content-Type"] == ""


def test_a_get_form_without_fields_takes_the_query_away(browser: Browser) -> None:
    (form,) = shown(browser, '<form action="/asked?old=1"><button>Go</button></form>').forms()
    assert browser.submit(form).query == ""


def test_a_redirect_does_not_get_the_fields_of_a_get_form_again(browser: Browser) -> None:
    (form,) = shown(
        browser, "<form action=/to><input name=status value=307><input name=place value=/asked?b=2></form>"
    ).forms()
    assert came(browser.submit(form))["target"] == "/asked?b=2"


def test_a_post_form_keeps_the_query_and_a_307_keeps_the_fields(browser: Browser) -> None:
    (form,) = shown(
        browser, '<form method=POST action="/asked?old=1#part"><input name=a value="é&amp;="></form>'
    ).forms()
    sent = came(browser.submit(form, b="2"))
    assert (sent["method"], sent["target"], sent["form"]) == ("POST", "/asked?old=1", "a=é&=&b=2")
    assert sent["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("method", ["put", "DELETE", "dialog", "", " post"])
def test_a_form_with_any_other_method_is_a_get_form(browser: Browser, method: str) -> None:
    (form,) = shown(browser, f'<form method="{method}" action=/asked></form>').forms()
    assert came(browser.submit(form))["method"] == "GET"


def test_every_kind_of_field_comes_filled_in(browser: Browser) -> None:
    (form,) = shown(
        browser,
        "<form><input name=empty><input type=hidden name=hidden value=h><textarea name=area>\ntwo\nlines</textarea>"
        "<select name=first><option>o  ne<option>two</select>"
        "<select name=chosen><option value=1>one<option value=2 selected>two</select>"
        "<select name=none multiple><option>one</select><select name=empty_one></select>"
        "<select name=many multiple><option selected>one<option selected>two</select>"
        "<input name=off value=1 disabled><textarea name=off disabled>x</textarea>"
        "<input type=checkbox name=box checked value=yes><input type=checkbox name=box value=no>"
        "<input type=radio name=radio checked><input type=submit name=send value=s><input value=nameless></form>",
    ).forms()
    assert form.fields == (
        *(("empty", ""), ("hidden", "h"), ("area", "two\nlines"), ("first", "o ne"), ("chosen", "2")),
        *(("many", "one"), ("many", "two"), ("box", "yes"), ("radio", "on")),
    )


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("/é", "/%C3%A9"),
        ("/%C3%A9", "/%C3%A9"),
        ("/a b?c d=\u2603", "/a%20b?c%20d=%E2%98%83"),
        ("/100%", "/100%"),
        ("/<b>?\"'", "/%3Cb%3E?%22%27"),
        ("/a;b=c@d:e,f", "/a;b=c@d:e,f"),
        ("/asked?a=1?b#part", "/asked?a=1?b"),
        ("asked", "/asked"),
        ("  /as\nk\ted ", "/asked"),
        ("/a/../asked/./b", "/asked/b"),
        ("http:asked", "/asked"),
        ("HTTP://user:pass@LOCALHOST:05000/asked", "/asked"),
        ("http:\\\\localhost:5000\\asked", "/asked"),
        ("http:////localhost:5000/asked", "/asked"),
    ],
    ids=ascii,
)
def test_what_an_address_becomes(port: int, address: str, url: str) -> None:
    heard: list[Message] = []
    page = Browser(port, heard.append).open(address)
    assert page.url == f"{HOME}{url}"
    assert (came(page)["target"], came(page)["Host"]) == (url, "localhost:5000")
    assert [message.url for message in heard] == [page.url] * 2, "it is the app that was asked"


ELSEWHERE_OR_NOWHERE = {
    "//example.org": "sent to example.org",
    "///example.org/a": "sent to example.org/a",
    "/\\example.org": "sent to example.org",
    "\\\\example.org": "sent to example.org",
    "/\t/example.org": "sent to example.org",
    "\n//example.org": "sent to example.org",
    "https:example.org": "sent to example.org",
    "https:/example.org": "sent to example.org",
    "http:///example.org": "sent to example.org",
    "http://localhost:5000@example.org": "sent to example.org",
    "http://localhost:5000\\@example.org": None,
    "http://localhost.example.org": "sent to localhost.example.org",
    "http://[": "a browser cannot open",
    "//[": "a browser cannot open",
    "http://localhost:99999/": "a browser cannot open",
    "http://localhost:0/": "a browser cannot open",
    "http://": "a browser cannot open",
    "javascript:alert(1)": "a browser cannot open",
    "data:text/html,x": "a browser cannot open",
}


@pytest.mark.parametrize("place", ELSEWHERE_OR_NOWHERE, ids=ascii)
def test_a_link_and_a_redirect_lead_where_browsers_go(browser: Browser, place: str) -> None:
    """URL standard, section 4.4. An open redirect that works only in a browser is one all the same."""
    told = ELSEWHERE_OR_NOWHERE[place]
    ways = (
        lambda: browser.open(place),
        lambda: browser.click(place),
        lambda: browser.click(shown(browser, f'<a href="{place}">x</a>').links()[0]),
        lambda: browser.submit(shown(browser, f'<form action="{place}"></form>').forms()[0]),
        lambda: browser.submit(shown(browser, f'<form method=post action="{place}"></form>').forms()[0]),
    )
    for way in ways:
        shown(browser, "")
        if told is None:
            way()
            assert browser.page is not None and browser.page.path == "/@example.org"
        else:
            with pytest.raises(NoAnswer, match=f"{told}"):
                way()


@pytest.mark.parametrize("place", [place for place, told in ELSEWHERE_OR_NOWHERE.items() if told], ids=ascii)
def test_a_redirect_leads_where_browsers_go(place: str) -> None:
    """From a server that sends exactly the test's bytes: Werkzeug escapes some of them."""
    told = ELSEWHERE_OR_NOWHERE[place] or ""
    location = place.replace("\n", "").encode()
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with RawServer([answer, answer]) as server:
        browser = Browser(server.port)
        with pytest.raises(NoAnswer, match=told):
            browser.open("/")
        browser.open("/", follow=False)
        with pytest.raises(NoAnswer, match=told):
            browser.follow()
        browser.close()


def test_a_page_tells_where_the_browser_came_from_but_no_part_of_it(browser: Browser) -> None:
    """RFC 9110 section 10.1.3: neither the fragment nor the user's name."""
    browser.open("http://user:pass@localhost:5000/asked?a=1#part")
    assert came(browser.click("/asked"))["Referer"] == f"{HOME}/asked?a=1"
    assert came(browser.open("/asked"))["Referer"] == ""


def test_a_closed_browser_goes_on(browser: Browser) -> None:
    browser.close()
    assert browser.open("/sent").text == "lax,strict,untold"
    browser.close()
    browser.close()
