"""The request tokens of the unfinished logins with Twitter, so that a user can begin a login in several tabs.

Flask-OAuthlib has room for one request token in the session, and the second tab would replace that of the first.
"""

from flask import session

from .state import TABS

# exercise 9.7: each browser has its own request tokens
# stub: KEPT = {}  # all pairs of request token and secret, by the request token
# stub:
# stub:
# stub: def keep(pair):
# stub:     """Keeps a pair of request token and secret until the callback comes."""
# stub:     token, _ = pair
# stub:     KEPT[token] = pair
# stub:
# stub:
# stub: def take(token):
# stub:     """The pair that was kept with this request token, or None. It can be taken only once."""
# stub:     return KEPT.pop(token, None)
KEPT = "request_tokens"  # where the session has the pairs of request token and secret


def keep(pair):
    """Keeps a pair of request token and secret until the callback comes."""
    session[KEPT] = [*session.get(KEPT, []), list(pair)][-TABS:]


def take(token):
    """The pair that was kept with this request token, or None. It can be taken only once."""
    waiting = session.get(KEPT, [])
    mine = [pair for pair in waiting if pair[0] == token]
    session[KEPT] = [pair for pair in waiting if pair not in mine]
    return mine[0] if mine else None


# end 9.7
