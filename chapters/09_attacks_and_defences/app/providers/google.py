"""Google: OpenID Connect. The response of its token endpoint has an ID token, which says who the user is."""

import os
from functools import cache

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from . import Profile

label = "Google"


@cache
def discovered():
    """Google's discovery document, which has its endpoints (OpenID Connect Discovery 1.0 section 4)."""
    site = os.environ.get("GOOGLE_URL", "https://accounts.google.com")
    answer = requests.get(f"{site}/.well-known/openid-configuration", timeout=10)
    answer.raise_for_status()
    return answer.json()


def settings():
    return {
        "consumer_key": os.environ.get("GOOGLE_KEY"),
        "consumer_secret": os.environ.get("GOOGLE_SECRET"),
        "request_token_params": {"scope": "openid email profile"},
        "authorize_url": discovered()["authorization_endpoint"],
        "access_token_url": discovered()["token_endpoint"],
        "access_token_method": "POST",
    }


def issuer():
    """The `iss` of a callback (RFC 9207)."""
    return discovered()["issuer"]


def profile(remote, answer, nonce):
    claims = verified(answer["id_token"], nonce)
    # Google has sent a string, too (README of omniauth-google-oauth2). In Python "false" is true, and 1 == True.
    said = claims.get("email_verified")
    yes, no = said is True or said == "true", said is False or said == "false"
    email_verified = yes if yes or no else None
    return Profile(claims["sub"], claims.get("email"), email_verified, claims.get("name") or "Somebody")


def verified(id_token, nonce):
    """The claims of an ID token, if Google made it for this app and this login, and it has not expired (OpenID Connect
    Core section 3.1.3.7). ValueError if not."""
    # The app does not keep the keys, because Google changes them now and then.
    answer = requests.get(discovered()["jwks_uri"], timeout=10)
    answer.raise_for_status()
    issuer = discovered()["issuer"]
    rules = jwt.JWTClaimsRegistry(
        # Old ID tokens of Google have the issuer without https://.
        iss={"essential": True, "values": [issuer, issuer.removeprefix("https://")]},
        aud={"essential": True, "value": os.environ["GOOGLE_KEY"]},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
        leeway=60,  # seconds by which two clocks may differ
    )
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(answer.json()), algorithms=["RS256"])
        rules.validate(token.claims)
    except JoseError as error:
        raise ValueError(f"The ID token does not hold: {error}") from error
    return token.claims
