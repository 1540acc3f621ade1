"""The lab's browser does what browsers do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from workbook.flow.messages import Message
from workbook.lab.browser import HOME, Browser, NoAnswer

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
    """RFC 6265bis section 5.2: what matters is where the navigation began."""
    browser.open(f"http://127.0.0.1:{port}/form?to={HOME}")
    assert browser.page is not None
    assert browser.click(f"{HOME}/sent").text == "lax,untold"
    browser.open(f"http://127.0.0.1:{port}/form?to={HOME}")
    assert browser.submit(browser.page.forms()[0]).text == "none"


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
    with pytest.raises(NoAnswer, match="no address that a browser can open"):
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
