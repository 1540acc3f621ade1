"""The logins and links that are under way in this browser. A callback counts only where it began."""

import hmac
import secrets

from flask import session

TABS = 5  # the most unfinished logins and links in one browser


def begin(provider, user_id=None, state=None):
    """Begins a login at a provider; or a link, where there is the number of the user who wants one more way in.

    Gives a `state` for it (RFC 6749 section 10.12), and a `nonce` (OpenID Connect Core section 3.1.2.1), words that
    nobody can guess. They wait in the session until the callback comes, with what began: `user` is None for a login.
    """
    login = {
        "provider": provider,
        "user": user_id,
        "state": state or secrets.token_urlsafe(),
        "nonce": secrets.token_urlsafe(),
    }
    session["logins"] = [*session.get("logins", []), login][-TABS:]
    return login


def finish(provider, state):
    """What this browser began at that provider, with that state; None where that is nothing. Then it is over."""
    waiting = session.get("logins", [])
    mine = [
        login
        for login in waiting
        if login["provider"] == provider and hmac.compare_digest(login["state"].encode(), state.encode())
    ]
    session["logins"] = [login for login in waiting if login not in mine]
    return mine[0] if mine else None
