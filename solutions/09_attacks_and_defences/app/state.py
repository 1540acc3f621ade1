"""The unfinished logins and links of this browser. A callback counts only in the browser that began it."""

import hmac
import secrets

from flask import session

TABS = 5  # the most unfinished logins and links in one browser


def begin(provider, user_id=None, state=None):
    """Begins a login at a provider. With `user_id`, begins a link to the user with this ID.

    Makes a `state` (RFC 6749 section 10.12) and a `nonce` (OpenID Connect Core section 3.1.2.1), random strings that no
    attacker can guess. The session keeps them until the callback comes, with the user's ID (None for a login).
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
    """The login or link that this browser began at this provider with this state, or None. The session forgets it."""
    waiting = session.get("logins", [])
    mine = [
        login
        for login in waiting
        if login["provider"] == provider and hmac.compare_digest(login["state"].encode(), state.encode())
    ]
    session["logins"] = [login for login in waiting if login not in mine]
    return mine[0] if mine else None
