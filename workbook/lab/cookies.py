"""The cookies that a browser keeps, and which of them go with a request (RFC 6265bis).

The section numbers are those of draft-ietf-httpbis-rfc6265bis-20. Where browsers differ, this one does as Chromium
does: it keeps a Secure cookie that http://localhost sets, and sends it back there (Safari is reported not to).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

LONGEST_COOKIE = 4096  # name and value together, in bytes (section 5.6)
LONGEST_ATTRIBUTE = 1024  # its value, in bytes; a longer one is ignored (section 5.6)

# How long a cookie without SameSite is new (seconds): Chromium's two minutes.
NEW = 120

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110 section 9.2.1

# A header's bytes come as characters, one for each (RFC 9110 section 5.5; http.client does so).
_BYTES = "latin-1"
_BLANKS = " \t"
# With one of these a cookie is dropped (section 5.6).
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# The separators of a date's parts, and the parts (section 5.1.1).
_BETWEEN = re.compile(r"[\t !-/;-@\[-`{-~]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Cookie:
    """A cookie as it is kept (section 5.7). `made` and `expires` are in seconds since 1970, None at the end of the
    session; `host_only` cookies go to the host that set them and to none below it; `same_site` is "strict", "lax" or
    "none", and "" where the response set none."""

    name: str
    value: str
    host: str
    host_only: bool = True
    path: str = "/"
    secure: bool = False
    same_site: str = ""
    expires: float | None = None
    made: float = 0.0


class Cookies:
    """The cookies of one browser."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Cookie] = {}

    def set(self, cookie: Cookie) -> None:
        """Keeps a cookie, instead of one of the same name, host and path. A different value makes it a new one."""
        before = self._kept.get(_key(cookie))
        if before is not None and before.value != cookie.value:
            del self._kept[_key(cookie)]
        made = before.made if before is not None and before.value == cookie.value else time.time()
        self._kept[_key(cookie)] = replace(cookie, made=made)

    def get(self, name: str, host: str) -> str | None:
        """The value of the cookie of that name that goes to a host; None where there is none."""
        found = (c for c in self._kept.values() if c.name == name and _goes_to(c, host) and not _is_over(c))
        return next((cookie.value for cookie in found), None)

    def of(self, host: str) -> dict[str, str]:
        """The values of the cookies that go to a host, by their names."""
        return {c.name: c.value for c in self._kept.values() if _goes_to(c, host) and not _is_over(c)}

    def hear(self, url: str, set_cookie: Iterable[str]) -> None:
        """Reads the values of the Set-Cookie headers of a response from `url`. It drops the cookies that a browser
        drops."""
        parts = urlsplit(url)
        for value in set_cookie:
            cookie = _read(value, parts.hostname or "", parts.path)
            if cookie is None or not _may_be_kept(cookie, secure_connection=_is_trusted(parts)):
                continue
            if _is_over(cookie):
                self._kept.pop(_key(cookie), None)
            else:
                self.set(cookie)

    def header(self, url: str, method: str, *, from_another_site: bool) -> str:
        """The value of the Cookie header of a request; empty where none goes with it (section 5.8.3).

        `from_another_site` says that a page of another site sent the browser here.
        """
        parts = urlsplit(url)
        sent = [
            cookie
            for cookie in self._kept.values()
            if _goes_to(cookie, parts.hostname or "")
            and _path_fits(cookie.path, parts.path or "/")
            and (_is_trusted(parts) or not cookie.secure)
            and not _is_over(cookie)
            and (not from_another_site or _crosses_sites(cookie, method))
        ]
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in sent)


def _key(cookie: Cookie) -> tuple[str, str, str]:
    """The key by which two cookies are the same (section 5.7, step 23)."""
    return cookie.name, cookie.host, cookie.path


def _is_trusted(parts: SplitResult) -> bool:
    """Whether Secure cookies are kept and sent there: with HTTPS, and on this machine (W3C Secure Contexts, 3.1)."""
    host = parts.hostname or ""
    here = (
        host == "localhost"
        or host.endswith(".localhost")
        or (_is_address(host) and ip_address(host).is_loopback)
    )
    return parts.scheme == "https" or here


def _read(set_cookie: str, host: str, path: str) -> Cookie | None:
    """The cookie of a Set-Cookie header (section 5.6); None where it has neither a name nor a value, or where it is for
    another host (section 5.7). Of two attributes of one name the last one counts."""
    if _CONTROL.search(set_cookie):
        return None
    pair, *attributes = set_cookie.split(";")
    name, equals, value = (part.strip(_BLANKS) for part in pair.partition("="))
    if not equals:
        name, value = "", name
    if not (name or value) or _size(name) + _size(value) > LONGEST_COOKIE:
        return None
    cookie = Cookie(name, value, host, path=_default_path(path))
    domain = told_path = ""
    max_age: float | None = None
    for attribute in attributes:
        key, _, told = (part.strip(_BLANKS) for part in attribute.partition("="))
        if _size(told) > LONGEST_ATTRIBUTE:
            continue
        match key.lower():
            case "expires" if (moment := _moment(told)) is not None:
                cookie = replace(cookie, expires=moment)
            case "max-age" if told.removeprefix("-").isdecimal():
                max_age = float(told)
            case "domain":
                domain = told.removeprefix(".").lower()
            case "path":
                told_path = told
                cookie = replace(cookie, path=told if told.startswith("/") else _default_path(path))
            case "secure":
                cookie = replace(cookie, secure=True)
            case "samesite":
                known = told.lower() in ("strict", "lax", "none")
                # An unknown value is ignored.
                cookie = replace(cookie, same_site=told.lower() if known else "")
    if name.lower().startswith("__host-") and (domain or told_path != "/"):
        return None  # the name promises that the cookie is for this host, and for all of it (section 4.1.3.2)
    if domain:
        if not _domain_fits(domain, host):
            return None
        # A name without a dot is a public suffix: its cookie goes to that host only (section 5.7, step 9).
        cookie = replace(cookie, host=domain, host_only="." not in domain)
    if max_age is not None:  # it overrides Expires
        cookie = replace(cookie, expires=time.time() + max_age if max_age > 0 else 0.0)
    return cookie


def _size(text: str) -> int:
    """The size of a part of a header in bytes."""
    return len(text.encode(_BYTES, "replace"))


def _moment(text: str) -> float | None:
    """A date as seconds since 1970, however it is written (section 5.1.1); None where it is no date, and then it is
    ignored."""
    clock = day = month = year = None
    for part in _BETWEEN.split(text):
        if clock is None and (clock := _TIME.match(part)):
            continue
        if day is None and (day := _DAY.match(part)):
            continue
        if month is None and part[:3].lower() in _MONTHS:
            month = _MONTHS.index(part[:3].lower()) + 1
            continue
        if year is None:
            year = _YEAR.match(part)
    if clock is None or day is None or month is None or year is None:
        return None
    whole = int(year[1])
    if whole < 100:
        whole += 1900 if whole >= 70 else 2000
    hour, minute, second = map(int, clock.groups())
    try:
        at = datetime(whole, month, int(day[1]), hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    return at.timestamp() if whole >= 1601 else None


def _may_be_kept(cookie: Cookie, *, secure_connection: bool) -> bool:
    """Whether the browser keeps it. Secure needs a trusted connection; SameSite=None needs Secure, and so do the
    names that promise it (section 4.1.3). A cookie without a name must not look like one of those when the browser
    sends it."""
    promise = (cookie.name or cookie.value).lower().startswith(("__secure-", "__host-"))
    if promise and not cookie.name:
        return False
    if cookie.secure:
        return secure_connection
    return cookie.same_site != "none" and not promise


def _is_over(cookie: Cookie) -> bool:
    return cookie.expires is not None and cookie.expires <= time.time()


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
    """Whether a cookie's path covers the path of a request (section 5.1.4)."""
    return asked == kept or asked.startswith(kept if kept.endswith("/") else f"{kept}/")


def _crosses_sites(cookie: Cookie, method: str) -> bool:
    """Whether a cookie goes along where another site sends the browser to a page (section 5.8.3).

    One without SameSite is Lax, but a new one also crosses with a POST ("Lax-allowing-unsafe", section 5.7.3).
    """
    if cookie.same_site == "":
        return method in SAFE_METHODS or time.time() - cookie.made < NEW
    return cookie.same_site == "none" or (cookie.same_site == "lax" and method in SAFE_METHODS)
