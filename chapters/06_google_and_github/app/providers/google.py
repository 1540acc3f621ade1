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


# TODO 6.5: Google's URLs, client ID and client secret, and the scopes of OpenID Connect
def settings():
    return {}


# TODO 6.6: verify the ID token before you read its claims
# TODO 6.7: the ID token must contain the nonce of this login
def profile(remote, answer, nonce):
    raise ValueError("Nobody reads the ID token yet: exercise 6.6.")
