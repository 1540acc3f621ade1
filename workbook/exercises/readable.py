"""The content of the app's cookies that anybody who has them can read."""

from __future__ import annotations

import base64
import binascii
import zlib
from http.cookies import SimpleCookie

from workbook.flow.messages import Message
from workbook.lab.browser import Browser


def readable(cookie: str) -> str:
    """The content of a cookie; if that cannot be read, the cookie as it is.

    Flask writes the session as JSON, compresses it where that makes it shorter (then the cookie begins with a dot),
    and signs it.
    """
    payload = cookie.rsplit(".", 2)[0]
    try:
        data = base64.urlsafe_b64decode(payload.removeprefix(".") + "==")
        return (zlib.decompress(data) if payload.startswith(".") else data).decode()
    except (binascii.Error, zlib.error, ValueError):
        return cookie


def held_by(browser: Browser) -> dict[str, str]:
    """The content of the app's cookies in a browser, by their names."""
    return {name: readable(value) for name, value in browser.cookies().items()}


def given_to(browser: Browser) -> dict[str, str]:
    """The same, with the cookies that the last responses set and that the browser did not keep."""
    answers = browser.page.answers if browser.page else ()
    told = [value for answer in answers for name, value in answer.headers if name.lower() == "set-cookie"]
    pairs = [one.partition(";")[0].partition("=") for one in told]
    return {**{name: readable(value) for name, _, value in pairs}, **held_by(browser)}


def session_sent_with(request: Message) -> str:
    """The content of the session cookie that came with a request; empty if there was none."""
    sent = SimpleCookie(request.header("Cookie") or "").get("session")
    return readable(sent.value) if sent else ""
