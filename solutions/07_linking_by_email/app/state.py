"""The unfinished logins of this browser. A callback counts only in the browser that began its login."""

import hmac
import secrets

from flask import session

TABS = 5  # the most unfinished logins in one browser


def begin(provider):
    """Begins a login at a provider: makes a `state` (RFC 6749 section 10.12) and a `nonce` (OpenID Connect Core section
    3.1.2.1), random strings that no attacker can guess. The session keeps them until the callback comes."""
    login = {"provider": provider, "state": secrets.token_urlsafe(), "nonce": secrets.token_urlsafe()}
    session["logins"] = [*session.get("logins", []), login][-TABS:]
    return login


def finish(provider, state):
    """The login that this browser began at this provider with this state. None if there is no such login. The session
    forgets the login, so a state works once."""
    waiting = session.get("logins", [])
    mine = [
        login
        for login in waiting
        if login["provider"] == provider and hmac.compare_digest(login["state"].encode(), state.encode())
    ]
    session["logins"] = [login for login in waiting if login not in mine]
    return mine[0] if mine else None
