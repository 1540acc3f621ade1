"""The request tokens of the unfinished logins with Twitter, so that a user can begin a login in several tabs.

Flask-OAuthlib has room for one request token in the session, and the second tab would replace that of the first.
"""

from flask import session

from .state import TABS

# TODO 9.7: each browser has its own request tokens
KEPT = {}  # all pairs of request token and secret, by the request token


def keep(pair):
    """Keeps a pair of request token and secret until the callback comes."""
    token, _ = pair
    KEPT[token] = pair


def take(token):
    """The pair that was kept with this request token, or None. It can be taken only once."""
    return KEPT.pop(token, None)
