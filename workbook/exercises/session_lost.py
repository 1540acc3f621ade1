"""Why an app finds nothing in the session that it has filled before: which of the usual reasons it is this time."""

from __future__ import annotations

from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from workbook.flow.messages import APP, BROWSER, Message
from workbook.lab.cookies import LONGEST_COOKIE
from workbook.lab.site import Site


def why_session_was_lost(site: Site) -> str:
    """The reason, with the app's own values in it; empty where none of the usual ones is seen."""
    messages = [m for m in site.messages() if {m.sender, m.receiver} == {APP, BROWSER}]
    cookies = list(_session_cookies(messages))
    for cookie, host in cookies:
        if cookie["samesite"].lower() == "strict":
            return (
                "The app sets its session cookie with SameSite=Strict. On the way back from another site the browser "
                "does not send such a cookie, so the callback finds an empty session. Lax is right: "
                'SESSION_COOKIE_SAMESITE = "Lax".'
            )
        if cookie["secure"]:
            return (
                f"The app sets its session cookie as Secure, and is opened at http://{host}: such a cookie is not "
                "kept without HTTPS. Set SESSION_COOKIE_SECURE only where there is HTTPS."
            )
        size = len(cookie.key) + len(cookie.value)
        if size > LONGEST_COOKIE:
            return (
                f"The session cookie is {size} bytes long, and browsers drop what is longer than {LONGEST_COOKIE}, "
                "without a word. Put less into session: a name or a number, not a whole answer, and no list that "
                "only grows."
            )
    asked = [m for m in messages if m.is_request]
    hosts = list(dict.fromkeys(urlsplit(m.url).netloc for m in asked))
    if len(hosts) > 1:
        return (
            f"The login began at {hosts[0]} and came back to {hosts[-1]}. For a browser these are two sites: the "
            "cookie of the one is not sent to the other. Open the app under the name that is in the callback."
        )
    if not cookies:
        return (
            "The app has set no session cookie: nothing was put into session before the person was sent away."
        )
    return ""


def _session_cookies(messages: list[Message]) -> list[tuple[Morsel[Any], str]]:
    found = []
    for message in messages:
        for name, value in message.headers:
            if name.lower() == "set-cookie" and value.startswith("session="):
                try:
                    parsed = SimpleCookie(value)
                except CookieError:
                    continue
                if "session" in parsed and parsed["session"].value:
                    found.append((parsed["session"], urlsplit(message.url).netloc))
    return found
