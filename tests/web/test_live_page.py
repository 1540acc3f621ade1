"""The live page as the providers' server has it, asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from workbook.providers.server import ProvidersServer
from workbook.web.desk import MOST_STREAMS, desk
from workbook.web.live import Live

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
    for path in ("/", "/live/said", "/live/verdicts"):
        answer = requests.get(url + path, timeout=LONG)
        assert answer.ok and answer.headers["X-Frame-Options"] == "DENY"
        other = requests.get(url + path, headers={"Host": "evil.example"}, timeout=LONG)
        assert other.status_code == 403 and "Not under this name" in other.text


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
