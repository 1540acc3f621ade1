"""Twitter: OAuth 1.0a."""

import os

from . import Profile

label = "Twitter"


def settings():
    site = os.environ.get("TWITTER_URL", "https://api.twitter.com")
    return {
        "consumer_key": os.environ.get("TWITTER_KEY"),
        "consumer_secret": os.environ.get("TWITTER_SECRET"),
        "request_token_url": f"{site}/oauth/request_token",
        "request_token_method": "POST",
        "authorize_url": f"{site}/oauth/authenticate",
        "access_token_url": f"{site}/oauth/access_token",
        "base_url": f"{site}/1.1/",
    }


def issuer():
    """The `iss` of a callback (RFC 9207). Twitter sends none."""
    return None


def profile(remote, answer, nonce):
    token = (answer["oauth_token"], answer["oauth_token_secret"])
    me = remote.get("account/verify_credentials.json", data={"include_email": "true"}, token=token).data
    # Twitter gives only verified email addresses, but sends no field that says so.
    return Profile(me["id_str"], me.get("email"), None, me["name"])
