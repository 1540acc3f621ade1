"""The `state` of OAuth 2: a callback counts only in the browser where its login began (RFC 6749 section 10.12)."""

import hmac
import secrets

from flask import session

TABS = 5  # the most unfinished logins in one browser


def new_state():
    """A random string for one login, which no attacker can guess. The session keeps it until the callback comes."""
    state = secrets.token_urlsafe()
    session["states"] = [*session.get("states", []), state][-TABS:]
    return state


def is_ours(state):
    """True if this browser began the login that comes back with this state. A state works for one callback."""
    waiting = session.get("states", [])
    mine = [one for one in waiting if hmac.compare_digest(one.encode(), state.encode())]
    session["states"] = [one for one in waiting if one not in mine]
    return bool(mine)
