"""How the local providers read their lists of callbacks."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(address: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        return urlsplit(address).hostname in _LOOPBACK
    except ValueError:
        return False


def same_on_loopback(asked: str, listed: str) -> bool:
    """Whether two addresses of this machine are the same but for port and query.

    The real providers compare letter for letter. The host's name counts here too: localhost and 127.0.0.1 are two.
    """
    try:
        one, other = urlsplit(asked), urlsplit(listed)
    except ValueError:
        return False
    return (
        is_loopback(asked)
        and not one.fragment
        and (one.scheme, one.hostname, one.path) == (other.scheme, other.hostname, other.path)
    )
