"""The cookies that a browser keeps, and which of them go with a request (RFC 6265bis).

The section numbers are those of draft-ietf-httpbis-rfc6265bis-20. Where browsers differ, this one is strict: Chromium
and Firefox keep a Secure cookie that http://localhost sets and send it back there, and Safari is reported not to.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

LONGEST_COOKIE = 4096  # name and value, in bytes (section 5.6)

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110 section 9.2.1


@dataclass(frozen=True)
class Cookie:
    """A cookie as it is kept (section 5.7). `expires` is in seconds since 1970, None at the end of the session;
    `host_only` cookies go to the host that set them and to none below it; `same_site` is "strict", "lax" or "none"."""

    name: str
    value: str
    host: str
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    same_site: str = "lax"
    expires: float | None = None


class Cookies:
    """The cookies of one browser."""

    def __init__(self) -> None:
        # By what makes two cookies the same (section 5.7, step 23). One that is set again keeps its place.
        self._kept: dict[tuple[str, str, str], Cookie] = {}

    def set(self, cookie: Cookie) -> None:
        """Keeps a cookie, in the place of one of the same name, host and path."""
        self._kept[cookie.name, cookie.host, cookie.path] = cookie

    def get(self, name: str, host: str) -> str | None:
        """The value of the cookie of that name that goes to a host; None where there is none."""
        return next((c.value for c in self._kept.values() if c.name == name and _goes_to(c, host)), None)

    def hear(self, url: str, set_cookie: Iterable[str]) -> None:
        """Takes the values of the Set-Cookie headers of a response from `url`. What a browser drops is dropped."""
        parts = urlsplit(url)
        for value in set_cookie:
            cookie = _read(value, parts.hostname or "", parts.path)
            if cookie is None or not _may_be_kept(cookie, secure_connection=parts.scheme == "https"):
                continue
            if cookie.expires is not None and cookie.expires <= time.time():
                self._kept.pop((cookie.name, cookie.host, cookie.path), None)
            else:
                self.set(cookie)

    def header(self, url: str, method: str, *, from_another_site: bool) -> str:
        """The value of the Cookie header of a request; empty where none goes with it (section 5.8.3).

        `from_another_site` tells that a page of another site sent the browser here.
        """
        parts = urlsplit(url)
        sent = [
            cookie
            for cookie in self._kept.values()
            if _goes_to(cookie, parts.hostname or "")
            and _path_fits(cookie.path, parts.path or "/")
            and (parts.scheme == "https" or not cookie.secure)
            and (cookie.expires is None or cookie.expires > time.time())
            and (not from_another_site or _crosses_sites(cookie, method))
        ]
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in sent)


def _read(set_cookie: str, host: str, path: str) -> Cookie | None:
    """The cookie of a Set-Cookie header (section 5.6); None where it has neither a name nor a value, or where it is for
    another host (section 5.7)."""
    pair, *attributes = set_cookie.split(";")
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals:
        name, value = "", name
    if not (name or value) or len(name.encode()) + len(value.encode()) > LONGEST_COOKIE:
        return None
    cookie = Cookie(name, value, host, path=_default_path(path))
    max_age: float | None = None
    for attribute in attributes:
        key, _, told = (part.strip() for part in attribute.partition("="))
        match key.lower():
            case "expires":
                cookie = replace(cookie, expires=_moment(told))
            case "max-age" if told.removeprefix("-").isdecimal():
                max_age = float(told)
            case "domain" if told.removeprefix("."):
                domain = told.removeprefix(".").lower()
                if not _domain_fits(domain, host):
                    return None
                # A name without a dot is a public suffix: its cookie goes to that host alone (section 5.7, step 9).
                cookie = replace(cookie, host=domain, host_only="." not in domain)
            case "path":
                cookie = replace(cookie, path=told if told.startswith("/") else _default_path(path))
            case "secure":
                cookie = replace(cookie, secure=True)
            case "samesite":
                known = told.lower() in ("strict", "lax", "none")
                # What is not known is as if nothing was said, and then browsers take Lax.
                cookie = replace(cookie, same_site=told.lower() if known else "lax")
    if max_age is not None:  # it goes before Expires
        cookie = replace(cookie, expires=time.time() + max_age if max_age > 0 else 0.0)
    return cookie


def _moment(text: str) -> float | None:
    """A date as seconds since 1970; None where it is none, and then it is as if nothing was said."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _may_be_kept(cookie: Cookie, *, secure_connection: bool) -> bool:
    """Whether it is kept. Secure wants HTTPS; SameSite=None wants Secure, and so do the names that promise it (section
    4.1.3)."""
    name = cookie.name.lower()
    if cookie.secure:
        fits = cookie.host_only and cookie.path == "/"
        return secure_connection and (fits or not name.startswith("__host-"))
    return cookie.same_site != "none" and not name.startswith(("__secure-", "__host-"))


def _domain_fits(domain: str, host: str) -> bool:
    """Whether a host is a domain, or below it (section 5.1.3)."""
    if domain == host:
        return True
    return host.endswith(f".{domain}") and not _is_address(host) and "." in domain


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _goes_to(cookie: Cookie, host: str) -> bool:
    return cookie.host == host or (not cookie.host_only and _domain_fits(cookie.host, host))


def _default_path(path: str) -> str:
    """The path of a cookie that names none (section 5.1.4)."""
    return path.rpartition("/")[0] or "/"


def _path_fits(kept: str, asked: str) -> bool:
    """Whether a cookie's path takes in the path of a request (section 5.1.4)."""
    return asked == kept or asked.startswith(kept if kept.endswith("/") else f"{kept}/")


def _crosses_sites(cookie: Cookie, method: str) -> bool:
    """Whether a cookie goes along where another site sends the browser to a page (section 5.8.3)."""
    return cookie.same_site == "none" or (cookie.same_site == "lax" and method in SAFE_METHODS)
