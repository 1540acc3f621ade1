"""Changes to apps: weaknesses that no finished app has, and defences that none has yet."""

from __future__ import annotations

# Request tokens of OAuth 1.0a in one place for all browsers, found by the callback's URL (step 08).
TOKENS_OF_ALL_BROWSERS = (
    ("app/auth.py", 'bp = Blueprint("auth", __name__)\n', 'bp = Blueprint("auth", __name__)\nTOKENS = {}\n'),
    (
        "app/auth.py",
        "        answer = remote.authorize(callback=callback)\n",
        "        answer = remote.authorize(callback=callback)\n"
        '        TOKENS[session[f"{name}_oauthtok"][0]] = session[f"{name}_oauthtok"], user_id\n',
    ),
    (
        "app/auth.py",
        '        token, _ = session.get(f"{name}_oauthtok", ("", ""))\n'
        "        started = finish(name, token) or started\n",
        '        kept, user_id = TOKENS.get(request.args.get("oauth_token"), (("", ""), None))\n'
        '        session[f"{name}_oauthtok"] = kept\n'
        '        started = {"user": user_id, "nonce": None}\n',
    ),
    (
        "app/auth.py",
        "    if current_user.get_id() != str(user_id):\n        return sorry(SOMEBODY_ELSE.format(label))\n",
        "    from .models import User, db\n",
    ),
    (
        "app/auth.py",
        "    user = current_user._get_current_object()\n",
        "    user = db.session.get(User, user_id)\n",
    ),
)

# The same in step 01, for requests-oauthlib.
TOKENS_OF_ALL_BROWSERS_01 = (
    (
        "app.py",
        '    session["request_token"] = asking.',
        "    token = asking.",
    ),
    (
        "app.py",
        '    return redirect(asking.authorization_url(f"{TWITTER_URL}/oauth/authorize"))\n',
        '    TOKENS[token["oauth_token"]] = token\n'
        '    return redirect(asking.authorization_url(f"{TWITTER_URL}/oauth/authorize"))\n',
    ),
    (
        "app.py",
        '    kept = session.pop("request_token", None)\n',
        '    kept = TOKENS.get(request.args.get("oauth_token"))\n',
    ),
    ("app.py", "\n\ndef twitter(", "\nTOKENS = {}\n\n\ndef twitter("),
)

# The state says which provider it is, and not the URL of the callback. First step 06, then step 08.
PROVIDER_OF_THE_STATE_06 = (
    ("app/state.py", 'login["provider"] == provider and ', ""),
    (
        "app/auth.py",
        '        nonce = started["nonce"]\n',
        '        nonce, name = started["nonce"], started["provider"]\n'
        "        provider, remote = providers.find(name), providers.remote_app(name)\n",
    ),
)
PROVIDER_OF_THE_STATE_08 = (
    ("app/state.py", 'login["provider"] == provider and ', ""),
    (
        "app/auth.py",
        '    page = "pages.index" if started["user"] is None else "account.page"\n    if "denied"',
        '    page = "pages.index" if started["user"] is None else "account.page"\n'
        '    name = started.get("provider", name)\n'
        "    provider, remote = providers.find(name), providers.remote_app(name)\n"
        '    if "denied"',
    ),
)

_DEFENCES = '''"""Sessions on the server, a list of the pages that next may name, and headers."""

import secrets

from flask import abort, request, session
from flask.sessions import SecureCookieSession, SessionInterface

KEPT = {}
PAGES = ("/", "/welcome", "/account")


class ServerSession(SecureCookieSession):
    key = None


class Sessions(SessionInterface):
    def open_session(self, app, request):
        key = request.cookies.get(self.get_cookie_name(app))
        session = ServerSession(KEPT.get(key))
        session.key = key if key in KEPT else secrets.token_urlsafe()
        return session

    def save_session(self, app, session, response):
        if session.modified:
            KEPT[session.key] = dict(session)
            response.set_cookie(self.get_cookie_name(app), session.key, httponly=True, samesite="Lax")


def defend(app):
    app.session_interface = Sessions()

    @app.before_request
    def no_other_website():
        if request.args.get("next", "/") not in PAGES:
            abort(400)

    @app.after_request
    def headers(response):
        response.headers["Cache-Control"] = "no-store"
        response.headers["HEADER"] = "VALUE"
        if request.endpoint == "account.unlink":
            for key, kept in list(KEPT.items()):
                if key != session.key and kept.get("_user_id") == session.get("_user_id"):
                    del KEPT[key]
        return response
'''


def defended(header: str, value: str) -> tuple[tuple[str, str, str], ...]:
    """Defences for an app of step 08; a header forbids frames."""
    return (
        ("app/defences.py", "", _DEFENCES.replace("HEADER", header).replace("VALUE", value)),
        ("app/__init__.py", "    return app\n", "    defences.defend(app)\n    return app\n"),
        ("app/__init__.py", "from . import account,", "from . import account, defences,"),
    )


def next_only_if(condition: str) -> tuple[tuple[str, str, str], ...]:
    """Step 03 keeps `next` only if a condition on `page` holds."""
    return (
        (
            "app.py",
            'session["next"] = request.args.get("next")',
            'session["next"] = checked(request.args.get("next"))',
        ),
        (
            "app.py",
            "def sorry(message):",
            f"def checked(page):\n    return page if page and ({condition}) else None\n\n\ndef sorry(message):",
        ),
        ("app.py", "import hmac\n", "import hmac\nfrom urllib.parse import urljoin, urlsplit, urlparse\n"),
    )
