"""Which URLs and Host headers name this machine, and how the local providers read their lists of callbacks."""

from __future__ import annotations

import re

from workbook.flow.addresses import leads_to, opened

_NAME = r"(?:localhost|127\.0\.0\.1|\[::1\])"
_HOST = re.compile(rf"{_NAME}(?::([0-9]{{1,5}}))?", re.IGNORECASE)
# A URL of this machine: the compared parts before the port, and after it.
_URL = re.compile(rf"(https?://{_NAME})(?::[0-9]+)?(/[^?#]*)")
# A redirect URI with more characters is not on the list, so that the memory of a login is bounded.
LONGEST_URI = 2048
# A base for URLs without a scheme and a host. It leads nowhere.
_NOWHERE = "http://nowhere.invalid/"


def names_this_machine(host: str) -> bool:
    """Whether a Host header (RFC 9110 section 7.2) names this machine; any port will do, for a tunnel has its own."""
    found = _HOST.fullmatch(host)
    return found is not None and int(found[1] or 0) <= 0xFFFF


def is_loopback(url: str) -> bool:
    """Whether a browser that is sent to a URL stays on this machine."""
    found = opened(leads_to(_NOWHERE, url))
    return found is not None and names_this_machine(found.netloc)


def same_on_loopback(asked: str, listed: str, *, below: bool = False) -> bool:
    """Whether a redirect URI is a listed one of this machine but for port and query. With `below`, its path may also be
    below the listed one's.

    All else is compared character for character, also the host's name: localhost and 127.0.0.1 are two. A URL that
    browsers rewrite, because of a backslash, a user name, capitals in the host or dots in the path, is not on the list:
    it does not lead where it seems to.
    """
    place = asked.partition("?")[0]
    one, other = _URL.fullmatch(place), _URL.fullmatch(listed.partition("?")[0])
    return (
        len(asked) <= LONGEST_URI
        and one is not None
        and other is not None
        and one[1] == other[1]
        and (one[2] == other[2] or (below and one[2].startswith(f"{other[2].rstrip('/')}/")))
        and "#" not in asked
        and leads_to(_NOWHERE, place) == place
        and opened(place) is not None
    )
