"""URLs as browsers read them: where a link or a redirect leads, and what is asked for then (WHATWG URL standard).

Python's urljoin follows RFC 3986, and browsers do not. They read a backslash as a slash, and two slashes or more as the
beginning of a host. They drop tabs and line ends, decode a host's %-letters, and know an IPv4 address by many numbers.
An app that lets "/\\evil.example" through as a path has sent the browser to another site.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

# The ports that go without saying (section 4.2, "special scheme"). Only these two schemes are opened here.
PORTS = {"http": 80, "https": 443}

_CONTROLS = "".join(map(chr, range(0x21)))  # and the blank
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# What stays as it is, beside letters, digits and "-._~", which quote() leaves (section 1.3, the percent-encode sets;
# Chromium encodes "|" and "^" in a path, too).
_KEPT_IN_PATH = "!$%&'()*+,/:;=@[]~"
_KEPT_IN_QUERY = "!$%&()*+,/:;=?@[]~`{}|^\\"
_KEPT_IN_FRAGMENT = "!#$%&'()*+,/:;=?@[]~{}|^\\"
_KEPT_IN_USER = "!$%&'()*+,-.~"
# No host has one of these (section 3.2, "forbidden domain code point").
_FORBIDDEN = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")
_DOT = re.compile("%2e", re.IGNORECASE)


def leads_to(base: str, reference: str) -> str:
    """The URL that a link or a redirect leads to from a page (section 4.4). What a browser can make no URL of, or what
    is for another program ("mailto:"), stays as it is."""
    text = re.sub(r"[\t\r\n]", "", reference.strip(_CONTROLS))
    text, hash_mark, fragment = text.partition("#")
    head, question_mark, query = text.partition("?")
    scheme, here = urlsplit(base).scheme, urlsplit(base)
    named = _SCHEME.match(head)
    if named is not None:
        scheme_named = named[1].lower()
        if scheme_named not in PORTS:
            return f"{scheme_named}{text[len(scheme_named) :]}{hash_mark}{fragment}"
        head = head[named.end() :]
        if scheme_named != scheme:
            head = f"//{head}"
        scheme = scheme_named
    path = head.replace("\\", "/")
    if path.startswith("//"):
        authority, slash, path = path.lstrip("/").partition("/")
        path = slash + path
        netloc = _authority(authority, scheme)
        if netloc is None:
            return reference
    else:
        netloc = here.netloc
        if not path:
            question_mark, query = (
                question_mark or (here.query and "?"),
                query if question_mark else here.query,
            )
            path = here.path
        elif not path.startswith("/"):
            path = f"{here.path.rpartition('/')[0]}/{path}"
    found = f"{scheme}://{netloc}{quote(_without_dots(path), _KEPT_IN_PATH)}"
    if question_mark:
        found += f"?{quote(query, _KEPT_IN_QUERY)}"
    return f"{found}#{quote(fragment, _KEPT_IN_FRAGMENT)}" if hash_mark else found


def opened(url: str) -> SplitResult | None:
    """The parts of a URL that leads_to gave, as a browser asks for it: without a user's name and a fragment; None where
    it is none that a browser can open."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in PORTS or _authority(parts.netloc, parts.scheme) is None or parts.port == 0:
        return None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")


def short(url: str) -> str:
    """The host and path of a URL, to speak of it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _authority(text: str, scheme: str) -> str | None:
    """A user's name, a host and a port as a browser writes them; None where that is no host."""
    user, at, place = text.rpartition("@")
    host, port = place, ""
    if found := re.fullmatch(r"(\[.*\]|[^:]*):([0-9]*)", place):
        host, port = found.groups()
    number = int(port) if port else PORTS[scheme]
    name = _host(host)
    if name is None or number > 0xFFFF:
        return None
    if at:
        name_of_user, _, word = user.partition(":")
        user = quote(name_of_user, _KEPT_IN_USER) + (f":{quote(word, _KEPT_IN_USER)}" if word else "")
    return (f"{user}@" if user else "") + name + ("" if number == PORTS[scheme] else f":{number}")


def _host(text: str) -> str | None:
    """A host as browsers write it (section 3.5); None where it is none."""
    if found := re.fullmatch(r"\[(.*)\]", text):
        try:
            return f"[{IPv6Address(found[1]).compressed}]"
        except AddressValueError:
            return None
    try:
        decoded = unquote_to_bytes(text).decode()
        name = decoded.lower() if decoded.isascii() else decoded.encode("idna").decode().lower()
    except UnicodeError:
        return None
    if not name or _FORBIDDEN.search(name):
        return None
    last = name.removesuffix(".").rpartition(".")[2]
    if last.isdecimal() or re.fullmatch("0x[0-9a-f]*", last):
        return _ipv4(name.removesuffix("."))
    return name


def _ipv4(text: str) -> str | None:
    """An IPv4 address, of one to four numbers, each decimal, octal or hexadecimal; the last fills what is left."""
    try:
        numbers = [
            int(part[2:] or "0", 16)
            if part.startswith("0x")
            else int(part, 8 if part.startswith("0") else 10)
            for part in text.split(".")
        ]
    except ValueError:
        return None
    *first, last = numbers
    room = 4 - len(first)
    if room < 1 or any(number > 0xFF for number in first) or last >= 256**room:
        return None
    whole = last + sum(number << 8 * (3 - place) for place, number in enumerate(first))
    return str(IPv4Address(whole))


def _without_dots(path: str) -> str:
    """A path without its "." and "..", also where their dots are percent-encoded; at least a slash."""
    *folders, last = path.removeprefix("/").split("/")
    kept: list[str] = []
    for number, part in enumerate([*folders, last]):
        plain, end = _DOT.sub(".", part), number == len(folders)
        if plain == "..":
            del kept[-1:]
        if plain in (".", ".."):
            if end:
                kept.append("")
        else:
            kept.append(part)
    return f"/{'/'.join(kept)}"
