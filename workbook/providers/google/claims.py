"""The local Google's claims about a user: in the ID token, and at the userinfo endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from ..oauth2 import ScopedToken
from ..people import Person
from .state import ID_TOKEN_LIFETIME, SCOPES, GoogleState


def claims_of(who: Person, scopes: Iterable[str], picture: str, *, with_email: bool = True) -> dict[str, Any]:
    """The claims about a user that those scopes allow (OpenID Connect Core section 5.4). `picture` is a URL."""
    account = who.google
    told: dict[str, Any] = {"sub": account.sub}
    if SCOPES["profile"] in scopes:
        given, _, family = who.name.partition(" ")
        told |= {"name": who.name, "picture": picture, "given_name": given}
        if family:
            told["family_name"] = family
    if SCOPES["email"] in scopes and with_email:
        told |= {"email": account.email, "email_verified": account.email_verified}
    if account.hd is not None:
        told["hd"] = account.hd
    return told


def id_token(
    state: GoogleState,
    token: ScopedToken,
    picture: str,
    *,
    nonce: str | None = None,
    with_email: bool = True,
) -> str:
    """An ID token (OpenID Connect Core section 2), signed with RS256; its at_hash ties it to that access token (section
    3.1.3.6)."""
    who = state.people[token.person.key]
    now = int(state.now())
    claims = {
        "iss": state.issuer,
        "azp": state.client_id,
        "aud": state.client_id,
        **claims_of(who, token.scopes, picture, with_email=with_email),
        "at_hash": create_half_hash(token.token, "RS256").decode(),
        **({} if nonce is None else {"nonce": nonce}),
        "iat": now,
        "exp": now + ID_TOKEN_LIFETIME,
        **state.wrong_claims,
    }
    key = state.keys.stranger() if state.signed_by_stranger else state.keys.current
    header = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
    made = jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, key)
    return state.tampered(made) if state.tampered else made
