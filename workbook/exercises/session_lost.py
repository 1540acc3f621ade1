"""The usual reasons why an app does not find what it put into the session before."""

from __future__ import annotations

from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from workbook.flow.messages import APP, BROWSER, Message
from workbook.lab.browser import at_home
from workbook.lab.cookies import LONGEST_COOKIE
from workbook.lab.site import Site

# One of these is in the query string with which a provider sends the browser back.
_BACK = {"state", "code", "oauth_verifier", "denied", "error"}


def why_session_was_lost(site: Site) -> str:
    """The reason, with the app's own values in it; empty if it is no usual one."""
    messages = [m for m in site.messages() if {m.sender, m.receiver} == {APP, BROWSER}]
    asked = [m for m in messages if m.is_request]
    back = [urlsplit(m.url).path for m in asked if _BACK & set(parse_qs(urlsplit(m.url).query))]
    cookies = _cookies(messages)
    for cookie, set_at in cookies:
        if lost := _not_kept(cookie, set_at) or _not_sent(cookie, set_at, back[-1:]):
            return lost
    hosts = list(dict.fromkeys(urlsplit(m.url).netloc for m in asked))
    if len(hosts) > 1:
        return (
            f"The login began at {hosts[0]} and came back to {hosts[-1]}. These are two hosts, and the browser "
            "does not send the cookie of one to the other. Open the app under the host of the redirect URI."
        )
    if not cookies:
        return "Your app has set no session cookie. It put nothing into session before it redirected the browser."
    return ""


def _not_kept(cookie: Morsel[Any], set_at: str) -> str:
    """Why the browser does not keep a cookie that the app set at that URL; empty if it does."""
    host, name = urlsplit(set_at).hostname or "", cookie.key
    domain = cookie["domain"].removeprefix(".").lower()
    promise = next((p for p in ("__Host-", "__Secure-") if name.lower().startswith(p.lower())), "")
    if domain and domain != host and not host.endswith(f".{domain}"):
        return (
            f"Your app sets its cookie {name} with Domain={cookie['domain']}, and the browser opened {_home(set_at)}. "
            "The browser drops a cookie for another host (RFC 6265 section 5.3). Without Domain, a cookie is for the "
            "host that set it."
        )
    if promise and not cookie["secure"]:
        return (
            f"Your app sets its cookie {name} without Secure. If the name begins with {promise}, the browser drops a "
            f"cookie without Secure. At {_home(set_at)}, without HTTPS, the cookie needs another name."
        )
    if cookie["samesite"].lower() == "none" and not cookie["secure"]:
        return (
            f"Your app sets its {_called(name)} with SameSite=None and without Secure, and browsers drop such a "
            "cookie. Lax is right. The browser sends a Lax cookie, too, when a provider redirects the browser back."
        )
    size = len(name) + len(cookie.value)
    if size > LONGEST_COOKIE:
        return (
            f"The {_called(name)} is {size} bytes long, and browsers drop a cookie that is longer than "
            f"{LONGEST_COOKIE}. Put less into session, such as a name or an ID, not a whole response, and no list "
            "that only grows."
        )
    return ""


def _not_sent(cookie: Morsel[Any], set_at: str, back: list[str]) -> str:
    """Why the browser keeps a cookie, but does not send it when a provider redirects the browser to the path `back`."""
    if cookie["samesite"].lower() == "strict":
        setting = ', with SESSION_COOKIE_SAMESITE = "Lax"' if cookie.key == "session" else ""
        return (
            f"Your app sets its {_called(cookie.key)} with SameSite=Strict. The browser does not send such a cookie "
            "when a provider redirects the browser back, so the callback does not find what the cookie held. Lax is "
            f"right{setting}."
        )
    # Without a Path it is the part of the path before the last slash (RFC 6265 section 5.1.4).
    path = cookie["path"] or urlsplit(set_at).path.rpartition("/")[0] or "/"
    for asked in back:
        if asked != path and not asked.startswith(path if path.endswith("/") else f"{path}/"):
            return (
                f"Your app sets its cookie {cookie.key} for Path={path}, and the browser came back to {asked}. The "
                "browser sends such a cookie only to URLs below that path (RFC 6265 section 5.1.4). Path=/ is right."
            )
    return ""


def _called(name: str) -> str:
    return "session cookie" if name == "session" else f"cookie {name}"


def _home(url: str) -> str:
    return f"http://{urlsplit(url).netloc}"


def _cookies(messages: list[Message]) -> list[tuple[Morsel[Any], str]]:
    """The cookies in which the app keeps something of a login, each with the URL at which it was set: the session
    cookie, and those that the app set when it redirected the browser to a provider."""
    found = []
    for message in messages:
        away = not at_home(urljoin(message.url, message.header("Location") or ""))
        for name, value in message.headers:
            if name.lower() == "set-cookie" and (away or value.startswith("session=")):
                try:
                    parsed = SimpleCookie(value)
                except CookieError:
                    continue
                found += [(cookie, message.url) for cookie in parsed.values() if cookie.value]
    return found
