"""The live page as the providers' server has it, asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from workbook.flow.messages import APP, BROWSER, Message
from workbook.providers.server import ProvidersServer
from workbook.web.desk import MOST_STREAMS, POLICY, desk
from workbook.web.live import Live
from workbook.web.printed import LONGEST_LINE, MOST_LINES

# Longer than anything takes on a slow machine (seconds).
LONG = 60.0


@pytest.fixture
def live() -> Live:
    return Live(step="01", title="Twitter", app_url="http://localhost:5000")


@pytest.fixture
def url(live: Live) -> Iterator[str]:
    with ProvidersServer(threads=MOST_STREAMS + 4) as server:
        server.mount("/", desk(live))
        yield server.url


def test_it_is_shown_in_no_frame_and_under_no_other_name(url: str) -> None:
    for path in ("/", "/live/said", "/live/verdicts", "/live/printed"):
        answer = requests.get(url + path, timeout=LONG)
        assert answer.ok and answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Content-Security-Policy"] == POLICY
        other = requests.get(url + path, headers={"Host": "evil.example"}, timeout=LONG)
        assert other.status_code == 403 and "Not under this name" in other.text


def test_an_order_of_another_site_is_not_carried_out(url: str, live: Live) -> None:
    """A page of another site can send a form here, and nothing else without being asked."""
    live.heard(Message(BROWSER, APP, 1.0, "GET", "http://localhost:5000/"))
    (login,) = live.logins()
    for path in ("/live/forget", f"/live/said/{login.number}/name"):
        for kind in ("application/x-www-form-urlencoded", "text/plain", ""):
            answer = requests.post(url + path, data="{}", headers={"Content-Type": kind}, timeout=LONG)
            assert answer.status_code == 415
    assert [one.name for one in live.logins()] == [""]


@pytest.mark.parametrize(
    "path", ["/live/said/99/1", "/live/said/1/99", "/live/said/1/0", "/live/said/1/beside?flow=x"]
)
def test_what_is_not_there_is_not_found(url: str, live: Live, path: str) -> None:
    live.heard(Message(BROWSER, APP, 1.0, "GET", "http://localhost:5000/"))
    assert requests.get(url + path, timeout=LONG).status_code == 404
    assert requests.get(f"{url}/live/said/1/1", timeout=LONG).json()["first_line"].startswith("GET ")


def test_what_the_app_prints_is_bounded(url: str, live: Live) -> None:
    live.prints(b"half a line, ")
    live.prints("and its rest ü\n".encode()[:-2])
    live.prints("ü\n\x1b[31mred\x1b[0m\n".encode()[1:])
    told = requests.get(f"{url}/live/printed", timeout=LONG).json()
    assert told == {"first": 1, "lines": ["half a line, and its rest ü", "red"]}
    for _ in range(50):
        live.prints(b"x" * 5000 + b"\n" + b"y\n" * 100)
    told = requests.get(f"{url}/live/printed?since=7", timeout=LONG).json()
    assert len(told["lines"]) == MOST_LINES and max(map(len, told["lines"])) == LONGEST_LINE
    last = told["first"] + MOST_LINES - 1
    assert requests.get(f"{url}/live/printed?since={last}", timeout=LONG).json() == {
        "first": last,
        "lines": ["y"],
    }


def test_many_pages_leave_threads_for_the_providers(url: str, live: Live) -> None:
    """Each page that is open keeps a thread. One that was closed is noticed at the next news, and makes room."""
    with ExitStack() as opened:
        for _ in range(MOST_STREAMS):
            answer = requests.get(f"{url}/live/events", stream=True, timeout=LONG)
            opened.callback(answer.close)
            assert answer.status_code == 200 and next(answer.iter_lines()).startswith(b"data:")
        assert requests.get(f"{url}/live/events", timeout=LONG).status_code == 429
        assert requests.get(f"{url}/google/", timeout=LONG).ok
    for _ in range(1000):
        live.forget()
        with requests.get(f"{url}/live/events", stream=True, timeout=LONG) as answer:
            if answer.status_code == 200:
                return
    pytest.fail("no page that was closed has made room")
