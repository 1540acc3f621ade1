"""How an app shows which app it is, and that it began the login whose code it exchanges."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import request

_CHALLENGE = re.compile("[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile("[A-Za-z0-9._~-]{43,128}")


def sent_credentials(asked: Mapping[str, str]) -> tuple[str | None, str]:
    """The client ID and secret of a request: from its parameters `asked`, or from the Authorization header, both
    form-encoded there (RFC 6749 section 2.3.1)."""
    name, secret = asked.get("client_id"), asked.get("client_secret")
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        name = name or unquote_plus(basic.username or "")
        secret = secret or unquote_plus(basic.password or "")
    return name, secret or ""


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same. The comparison takes the same time wherever they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def challenge_fits(asked: Mapping[str, str]) -> bool:
    """Whether PKCE's parameters in an authorization request are right. There may be none. The only method here is S256,
    whose challenge is a digest in base64url, 43 characters (RFC 7636 section 4.2)."""
    challenge = asked.get("code_challenge")
    if challenge is None:
        return True
    return asked.get("code_challenge_method") == "S256" and _CHALLENGE.fullmatch(challenge) is not None


def verifier_fits(code_verifier: str, code_challenge: str) -> bool:
    """Whether the verifier is the one whose S256 challenge this is (RFC 7636 sections 4.1 and 4.6)."""
    if not _VERIFIER.fullmatch(code_verifier):
        return False
    challenge: str = create_s256_code_challenge(code_verifier)
    return same(challenge, code_challenge)
