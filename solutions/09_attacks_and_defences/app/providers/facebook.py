"""Facebook: OAuth 2."""

import os

from . import Profile

label = "Facebook"


def settings():
    site = os.environ.get("FACEBOOK_URL", "https://www.facebook.com")
    graph = os.environ.get("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
    return {
        "consumer_key": os.environ.get("FACEBOOK_KEY"),
        "consumer_secret": os.environ.get("FACEBOOK_SECRET"),
        "request_token_params": {"scope": "email"},
        "authorize_url": f"{site}/v25.0/dialog/oauth",
        "access_token_url": f"{graph}/v25.0/oauth/access_token",
        "access_token_method": "POST",
        "base_url": f"{graph}/v25.0/",
    }


def issuer():
    """The `iss` of a callback (RFC 9207). Facebook sends none."""
    return None


def profile(remote, answer, nonce):
    me = remote.get("me", data={"fields": "id,name,email"}, token=(answer["access_token"], "")).data
    return Profile(me["id"], me.get("email"), None, me["name"])
