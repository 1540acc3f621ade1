"""GitHub: OAuth 2, and a separate list of the user's email addresses."""

import os

from . import Profile

label = "GitHub"


def settings():
    site = os.environ.get("GITHUB_URL", "https://github.com")
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    return {
        "consumer_key": os.environ.get("GITHUB_KEY"),
        "consumer_secret": os.environ.get("GITHUB_SECRET"),
        "request_token_params": {"scope": "user:email"},
        "authorize_url": f"{site}/login/oauth/authorize",
        "access_token_url": f"{site}/login/oauth/access_token",
        "access_token_method": "POST",
        "base_url": f"{api}/",
    }


def issuer():
    """The `iss` of a callback (RFC 9207)."""
    return f"{os.environ.get('GITHUB_URL', 'https://github.com')}/login/oauth"


def profile(remote, answer, nonce):
    token = (answer["access_token"], "")
    me = remote.get("user", token=token).data
    # `email` in the profile is the public email address, and it is often null.
    addresses = remote.get("user/emails", data={"per_page": 100}, token=token).data  # else 30
    primary = next((one for one in addresses if one["primary"]), {})
    return Profile(str(me["id"]), primary.get("email"), primary.get("verified"), me["name"] or me["login"])
