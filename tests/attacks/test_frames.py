"""The headers that forbid a frame, or a script in the page, as browsers read them."""

from __future__ import annotations

import pytest

from workbook.attacks.frames import may_be_framed, runs_inline_scripts
from workbook.attacks.server import BESIDE, EVIL
from workbook.flow.messages import APP, BROWSER, Message
from workbook.lab.browser import HOME


def response(*headers: tuple[str, str]) -> Message:
    return Message(APP, BROWSER, 0, "GET", f"{HOME}/account", 200, headers)


OPTIONS, POLICY = "X-Frame-Options", "Content-Security-Policy"


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ([], True),
        ([(OPTIONS, "DENY")], False),
        ([(OPTIONS, "deny")], False),
        ([(OPTIONS, "SAMEORIGIN")], False),  # another port is another origin
        ([(OPTIONS, "DENY, SAMEORIGIN")], False),
        ([(OPTIONS, "ALLOW-FROM http://localhost:5000")], True),  # no browser reads it any more
        ([(OPTIONS, "none")], True),
        ([(POLICY, "frame-ancestors 'none'")], False),
        ([(POLICY, "frame-ancestors 'self'")], False),
        ([(POLICY, "frame-ancestors *")], True),
        ([(POLICY, "frame-ancestors http://localhost:8000")], True),
        ([(POLICY, "frame-ancestors localhost:*")], True),
        ([(POLICY, "frame-ancestors localhost")], False),  # port 80
        ([(POLICY, "frame-ancestors http://example.org")], False),
        ([(POLICY, "frame-ancestors *.example.org 'self'")], False),
        ([(POLICY, "frame-ancestors https:")], False),
        ([(POLICY, "default-src 'none'")], True),  # frame-ancestors does not fall back to it
        ([(POLICY, "default-src *"), (OPTIONS, "DENY")], False),
        ([(POLICY, "frame-ancestors *"), (OPTIONS, "DENY")], True),  # X-Frame-Options is ignored
        ([(POLICY, "frame-ancestors *, frame-ancestors 'none'")], False),
        ([("Content-Security-Policy-Report-Only", "frame-ancestors 'none'")], True),
    ],
)
def test_a_frame_of_eves_page_on_the_same_site(headers: list[tuple[str, str]], shown: bool) -> None:
    assert may_be_framed(response(*headers), by=BESIDE) is shown


def test_the_apps_own_pages_may_frame_what_is_for_the_same_origin() -> None:
    for headers in ((OPTIONS, "SAMEORIGIN"), (POLICY, "frame-ancestors 'self'")):
        assert may_be_framed(response(headers), by=HOME)
        assert not may_be_framed(response(headers), by=EVIL)


@pytest.mark.parametrize(
    ("policy", "runs"),
    [
        (None, True),
        ("frame-ancestors 'none'", True),
        ("default-src 'self'", False),
        ("default-src *", False),  # * is for URLs, and not for what is written in the page
        ("script-src 'self'", False),
        ("script-src 'none'; default-src 'unsafe-inline'", False),
        ("script-src 'self' 'unsafe-inline'", True),
        ("script-src 'unsafe-inline' 'nonce-abc'", False),  # a nonce makes browsers ignore 'unsafe-inline'
        ("default-src 'unsafe-inline'", True),
        ("script-src 'self'; script-src 'unsafe-inline'", False),  # the first one counts
        ("img-src 'self'", True),
    ],
)
def test_a_script_that_is_written_in_a_page(policy: str | None, runs: bool) -> None:
    headers = [(POLICY, policy)] if policy else []
    assert runs_inline_scripts(response(*headers)) is runs
