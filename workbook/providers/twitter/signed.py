"""Reads a signed request and verifies it (RFC 5849 sections 3.1 to 3.4).

The arithmetic is Authlib's. Its own server is not used: it takes request_token by POST only, destroys a request
token at the first wrong verifier, decodes oauth_ parameters twice, so that a callback with a query has a wrong
signature, and raises on a query that is not ASCII.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote
from urllib.request import parse_http_list

from authlib.oauth1.rfc5849.signature import (
    hmac_sha1_signature,
    normalize_base_string_uri,
    normalize_parameters,
)
from authlib.oauth1.rfc5849.util import escape
from flask import Request

_TIMESTAMP = re.compile("[0-9]{1,15}")
# An element of a list in a header (RFC 9110 section 5.6.1): a comma in quotes does not end it.
_ELEMENT = re.compile(r'(?:[^",]|"[^"]*"?)+')
_REQUIRED = {
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
}


class BadAuthentication(Exception):
    """The request is not signed, or not in a form that could be verified."""


@dataclass(frozen=True)
class Signed:
    """A request's method, URL without query string, and parameters: all of them, and the protocol's own."""

    method: str
    url: str
    parameters: tuple[tuple[str, str], ...]
    oauth: dict[str, str]

    @property
    def has_a_name_twice(self) -> bool:
        """Whether two parameters have the same name. RFC 5849 section 3.4.1.3.2 signs such a request. X does not accept
        it (docs.x.com, Creating a signature)."""
        return len({name for name, _ in self.parameters}) < len(self.parameters)

    @cached_property
    def base_string(self) -> str:
        """The signature base string (RFC 5849 section 3.4.1)."""
        signed = [(name, value) for name, value in self.parameters if name != "oauth_signature"]
        parts = (self.method.upper(), normalize_base_string_uri(self.url), normalize_parameters(signed))
        return "&".join(escape(part) for part in parts)

    def verified(self, consumer_secret: str, token_secret: str) -> bool:
        """Whether the signature is the one that these secrets make (RFC 5849 section 3.4.2)."""
        ours: str = hmac_sha1_signature(self.base_string, consumer_secret, token_secret)
        return hmac.compare_digest(ours.encode(), self.oauth["oauth_signature"].encode())


def read_signed(request: Request) -> Signed:
    """The signed request in an HTTP request; BadAuthentication where there is none.

    The parameters that a signature needs are in the Authorization header, the body or the query string, and only in one
    of the three (RFC 5849 section 3.5). Clients may repeat another parameter of the protocol beside a signed header:
    twitter-api-v2 sends oauth_token in the header and in the body. Its signature covers that parameter once, since no
    parameter of the protocol may come more than once (RFC 5849 section 3.1).
    """
    header = _authorization(request.headers.get("Authorization", ""))
    query = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    form = []
    if request.mimetype == "application/x-www-form-urlencoded":
        form = parse_qsl(request.get_data(as_text=True), keep_blank_values=True)
    signed, *others = sorted(
        (header, query, form), key=lambda place: not _REQUIRED & {name for name, _ in place}
    )
    if any(_REQUIRED & {name for name, _ in place} for place in others):
        raise BadAuthentication
    again = [pair for pair in signed if pair[0].startswith("oauth_")]
    parameters = (*signed, *(pair for place in others for pair in place if pair not in again))
    oauth = {name: value for name, value in parameters if name.startswith("oauth_")}
    names = [name for name, _ in parameters if name.startswith("oauth_")]
    if len(names) != len(set(names)) or any(not oauth.get(name) for name in _REQUIRED):
        raise BadAuthentication
    if oauth["oauth_signature_method"] != "HMAC-SHA1" or oauth.get("oauth_version", "1.0") != "1.0":
        raise BadAuthentication
    if not _TIMESTAMP.fullmatch(oauth["oauth_timestamp"]) or not oauth["oauth_nonce"].isascii():
        raise BadAuthentication
    return Signed(request.method, request.base_url, parameters, oauth)


def _authorization(header: str) -> list[tuple[str, str]]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return []
    pairs = [part.partition("=") for part in _listed(rest) if part]
    # The realm is no parameter, and not signed (RFC 5849 section 3.4.1.3.1); in a query string it would be.
    return [(unquote(name), unquote(value.strip('"'))) for name, _, value in pairs if name != "realm"]


def _listed(text: str) -> list[str]:
    """The elements of a list in a header. parse_http_list reads character by character, and knows escapes in quotes,
    which a percent-encoded value does not need."""
    return parse_http_list(text) if "\\" in text else [part.strip() for part in _ELEMENT.findall(text)]
