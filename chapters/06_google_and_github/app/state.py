"""The logins that are under way in this browser. A callback counts only where its login began."""

import hmac
import secrets

from flask import session

TABS = 5  # the most unfinished logins in one browser


def begin(provider):
    """Begins a login at a provider: gives a `state` for it (RFC 6749 section 10.12), and a `nonce` (OpenID Connect Core
    section 3.1.2.1), words that nobody can guess. They wait in the session until the callback comes."""
    login = {"provider": provider, "state": secrets.token_urlsafe(), "nonce": secrets.token_urlsafe()}
    session["logins"] = [*session.get("logins", []), login][-TABS:]
    return login


def finish(provider, state):
    """The login that this browser began at that provider, with that state; None where there is none. From now on
    it is over."""
    waiting = session.get("logins", [])
    mine = [
        login
        for login in waiting
        if login["provider"] == provider and hmac.compare_digest(login["state"].encode(), state.encode())
    ]
    session["logins"] = [login for login in waiting if login not in mine]
    return mine[0] if mine else None
