"""The settings that the app reads from its environment."""

import os


def from_environment():
    twitter = os.environ.get("TWITTER_URL", "https://api.twitter.com")
    facebook = os.environ.get("FACEBOOK_URL", "https://www.facebook.com")
    graph = os.environ.get("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
    return {
        "SECRET_KEY": os.environ["SECRET_KEY"],
        # The browser sends no session cookie with a form that another website posts.
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Without DATABASE_URL, the users are in the file instance/people.db.
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL", "sqlite:///people.db"),
        "TWITTER": {
            "consumer_key": os.environ.get("TWITTER_KEY"),
            "consumer_secret": os.environ.get("TWITTER_SECRET"),
            "signature_method": "HMAC-SHA1",
            "request_token_url": f"{twitter}/oauth/request_token",
            "request_token_method": "POST",
            "authorize_url": f"{twitter}/oauth/authenticate",
            "access_token_url": f"{twitter}/oauth/access_token",
            "base_url": f"{twitter}/1.1/",
        },
        "FACEBOOK": {
            "consumer_key": os.environ.get("FACEBOOK_KEY"),
            "consumer_secret": os.environ.get("FACEBOOK_SECRET"),
            "request_token_params": {"scope": "email"},
            "authorize_url": f"{facebook}/v25.0/dialog/oauth",
            "access_token_url": f"{graph}/v25.0/oauth/access_token",
            "access_token_method": "POST",
            "base_url": f"{graph}/v25.0/",
        },
    }
