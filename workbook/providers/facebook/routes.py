"""The dialog that a user sees, and the endpoints that an app calls, at /facebook.

Facebook's protocol is OAuth 2 with endpoints, errors and parameters of its own nearly everywhere, so no part of
Authlib's server fits here: the code has Facebook's rules, one by one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import asking, picture
from ..blueprints import add_about, blueprint
from ..clients import same, sent_credentials
from ..faults import Faults
from ..oauth2 import AccessToken, state_sent_back, token_in_header
from ..people import Person
from ..sessions import with_query
from . import errors
from .errors import FacebookError
from .graph import fields_of, permissions_of, proof
from .state import (
    GRAPH,
    PERMISSIONS,
    TOKEN_LIFETIME,
    Attempt,
    FacebookState,
    is_absolute,
    is_insecure,
)

# The endpoints by the names that faults and attempts have for them, below /facebook and Graph's version, and the
# faults that each can have beyond those of every endpoint.
DIALOG = "/dialog/oauth"
BY_APP = {
    "access_token": "/oauth/access_token",
    "debug_token": "/debug_token",
    "me": "/me",
    "permissions": "/<node>/permissions",
}
FAULTS = {
    "dialog": ("wrong_state",),
    "access_token": ("expired_code", "wrong_token_type", "broken_json", "null"),
    "debug_token": ("broken_json",),
    "me": ("broken_json", "null", "missing_email"),
    "permissions": ("broken_json",),
}
# Both paths of an endpoint: with a version, and without, where Facebook chooses one. Clients name versions that ended
# long ago, and Facebook treats these as its oldest version (Graph API, Versioning). Here all are the same.
_VERSIONS = ("/v<int:major>.<int:minor>", "")

# The grant types for a token beside a code (pennersr/django-allauth, providers/facebook/flows.py).
_FOR_ITSELF = "client_credentials"
_FOR_LONGER = "fb_exchange_token"


def asked_by_browser(state: FacebookState, path: str) -> bool:
    """Whether a path below /facebook is one that browsers request."""
    return re.fullmatch(r"(/v\d+\.\d+)?" + DIALOG, path) is not None


def facebook_pages(state: FacebookState, faults: Faults) -> Blueprint:
    """Everything under /facebook."""
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=FAULTS,
        headers={
            "Cache-Control": "private, no-cache, no-store, must-revalidate",
            "Pragma": "no-cache",
            "Expires": "Sat, 01 Jan 2000 00:00:00 GMT",
        },
        too_busy=lambda endpoint: _too_busy(state, endpoint),
    )
    add_about(pages, state)

    @pages.url_value_preprocessor
    def any_version(endpoint: str | None, values: dict[str, object] | None) -> None:
        if values:
            values.pop("major", None)
            values.pop("minor", None)

    def at(path: str, name: str, methods: list[str], view: Callable[..., AnyResponse | str]) -> None:
        top = GRAPH if name in BY_APP else ""
        for version in _VERSIONS:
            pages.add_url_rule(top + version + path, name, view, methods=methods)

    at(DIALOG, "dialog", ["GET"], lambda: _ask(state))
    at(DIALOG, "dialog_decided", ["POST"], lambda: _decided(state))
    at(BY_APP["access_token"], "access_token", ["GET", "POST"], lambda: _access_token(state))
    at(BY_APP["me"], "me", ["GET"], lambda: _me(state))
    at(BY_APP["debug_token"], "debug_token", ["GET"], lambda: _debug_token(state))

    def permissions(node: str, permission: str | None = None) -> AnyResponse:
        return _permissions(state, node, permission)

    at(BY_APP["permissions"], "permissions", ["GET", "DELETE"], permissions)
    at(f"{BY_APP['permissions']}/<permission>", "permissions", ["DELETE"], permissions)

    @pages.route(f"{GRAPH}/<path:anything>", methods=["GET", "POST", "DELETE"])
    def no_such_call(anything: str) -> AnyResponse:
        return errors.no_such_path(anything).response(state.world.word("trace", 23))

    return pages


# The dialog


def _problem(state: FacebookState) -> tuple[str, str] | None:
    """Why the dialog cannot be shown: a heading and a text. Then Facebook does not redirect the browser."""
    asked = request.args
    if not asked.get("client_id"):
        return "Sorry, something went wrong", "The parameter app_id is required."
    if asked["client_id"] != state.app_id:
        return "Sorry, something went wrong", errors.WRONG_APP.message
    redirect_uri = asked.get("redirect_uri", "")
    if not is_absolute(redirect_uri):
        return "Sorry, something went wrong", errors.REDIRECT_RELATIVE.message
    if is_insecure(redirect_uri):
        # pennersr/django-allauth #1994
        return (
            "Insecure Login Blocked",
            "You can't get an access token or log in to this app from an insecure page. Try re-loading the page as "
            "https://",
        )
    if not state.callback_listed(redirect_uri):
        return (
            "URL Blocked",
            "This redirect failed because the redirect URI is not whitelisted in the app's Client OAuth Settings. "
            "Make sure Client and Web OAuth Login are on and add all your app domains as Valid OAuth Redirect URIs.",
        )
    if asked.get("response_type", "code") != "code":
        return "Not here", "This local stand-in knows only response_type=code, the code flow."
    unknown = [name for name in _scopes() if name not in PERMISSIONS]
    if unknown:
        return "Sorry, something went wrong", f"Invalid Scopes: {', '.join(unknown)}."
    return None


def _scopes() -> list[str]:
    """The permissions that the app asks for: with commas, as Facebook's own SDKs write them, or with spaces as RFC 6749
    section 3.3 has them. public_profile is always among them."""
    wanted = re.split(r"[,\s]+", request.args.get("scope", ""))
    return list(dict.fromkeys(["public_profile", *filter(None, wanted)]))


def _open_questions(state: FacebookState, who: Person) -> list[str]:
    """The permissions still to decide. Facebook asks again for a declined one only with auth_type=rerequest."""
    decided = state.decisions.get(who.key, {})
    again = "rerequest" in request.args.get("auth_type", "")
    return [name for name in _scopes() if name not in decided or (again and not decided[name])]


def _ask(state: FacebookState) -> AnyResponse | str:
    problem = _problem(state)
    if problem:
        # The status of the real page is not known.
        return Response(render_template("facebook/problem.html", heading=problem[0], told=problem[1]), 400)
    session = state.sessions.current()
    who = state.sessions.who(session)
    if who and "reauthenticate" in request.args.get("auth_type", ""):
        who = None
    if who and not _open_questions(state, who):
        return _back_with_code(state, who)
    return asking(
        state,
        "facebook/decide.html",
        session,
        who,
        host=urlsplit(request.args["redirect_uri"]).netloc,
        asked=_open_questions(state, who) if who else _scopes(),
        permissions=PERMISSIONS,
    )


def _decided(state: FacebookState) -> AnyResponse | str:
    session = state.sessions.of_form()
    if _problem(state):
        abort(403, "This form was not made for this browser.")
    if request.form.get("decision") != "allow":
        # mkdynamic/omniauth-facebook #124; jaredhanson/passport-facebook test/strategy.test.js
        return _back(
            error="access_denied",
            error_code="200",
            error_description="Permissions error",
            error_reason="user_denied",
        )
    who = state.sessions.log_in(session)
    ticked = {"public_profile", *request.form.getlist("permission")}
    asked = _scopes() if request.form.get("person") else _open_questions(state, who)
    state.decide(who, {name: name in ticked for name in asked})
    return _back_with_code(state, who)


def _back_with_code(state: FacebookState, who: Person) -> AnyResponse:
    answer = {"code": state.new_code(who, request.args["redirect_uri"]).code}
    if request.args.get("return_scopes") == "true":
        granted = state.granted(who)
        answer["granted_scopes"] = ",".join(name for name in _scopes() if name in granted)
        answer["denied_scopes"] = ",".join(name for name in _scopes() if name not in granted)
    return _back(**answer)


def _back(**answer: str) -> AnyResponse:
    """Sends the browser back, with the app's `state`, and with the fragment that Facebook adds
    (jaredhanson/passport-facebook #128)."""
    return redirect(with_query(request.args["redirect_uri"], "_=_", **answer, **state_sent_back()))


# Endpoints that the app calls


def _too_busy(state: FacebookState, endpoint: str) -> Response:
    if endpoint == "dialog":
        return Response(render_template("facebook/sorry.html"), 503)
    return _refused(state, Attempt(endpoint, request.method), errors.TRY_AGAIN)


def _refused(state: FacebookState, attempt: Attempt, error: FacebookError) -> Response:
    attempt.status, attempt.error_code = error.status, error.code
    return error.response(state.world.word("trace", 23))


def _access_token(state: FacebookState) -> AnyResponse:
    attempt = state.noted(Attempt("access_token", request.method))
    kind = "mac" if g.fault == "wrong_token_type" else "bearer"
    try:
        _check_app(state, attempt)
        grant = request.values.get("grant_type")
        if grant == _FOR_ITSELF:
            attempt.status = 200
            return jsonify(access_token=state.app_token, token_type=kind)
        who = _person_of_token(state) if grant == _FOR_LONGER else _person_of_code(state, attempt)
    except FacebookError as error:
        return _refused(state, attempt, error)
    made = state.new_access_token(who)
    attempt.status, attempt.person = 200, who.key
    return jsonify(access_token=made.token, token_type=kind, expires_in=TOKEN_LIFETIME)


def _check_app(state: FacebookState, attempt: Attempt) -> None:
    """Checks that the request comes from the app; FacebookError where it does not."""
    # GET and POST are both in use: python-social-auth sends GET, requests-oauthlib POST.
    asked = request.values
    attempt.client_id, secret = sent_credentials(asked)
    attempt.code, attempt.redirect_uri = asked.get("code"), asked.get("redirect_uri")
    if not attempt.client_id:
        raise errors.missing("client_id", 101)
    if attempt.client_id != state.app_id:
        raise errors.WRONG_APP
    attempt.secret_valid = same(secret, state.app_secret)
    if not attempt.secret_valid:
        raise errors.WRONG_SECRET


def _person_of_token(state: FacebookState) -> Person:
    """The user of the token to exchange for a longer-lived one."""
    given = request.values.get(_FOR_LONGER)
    if not given:
        raise errors.missing(_FOR_LONGER, 100)
    found = _usable(state, given)
    return found.person


def _person_of_code(state: FacebookState, attempt: Attempt) -> Person:
    """The user of the code, which is spent from now on; FacebookError where something is wrong with the request."""
    if not attempt.redirect_uri:
        raise errors.missing("redirect_uri", 191)
    if not is_absolute(attempt.redirect_uri):
        raise errors.REDIRECT_RELATIVE
    if not attempt.code:
        raise errors.missing("code", 100)
    with state.lock:
        found = state.codes.get(attempt.code)
        if found is None:
            raise errors.CODE_MALFORMED
        if found.used:
            raise errors.CODE_USED
        if state.is_too_old(found):
            raise errors.CODE_EXPIRED
        if found.redirect_uri != attempt.redirect_uri:
            raise errors.REDIRECT_DIFFERS
        found.used = True
    return found.person


def _me(state: FacebookState) -> AnyResponse:
    attempt = state.noted(Attempt("me", request.method))
    attempt.fields = request.args.get("fields")
    try:
        who = state.people[_token(state).person.key]
        granted = state.granted(who)
        if g.fault == "missing_email":
            granted = granted - {"email"}
        answer = fields_of(who, attempt.fields, granted, picture())
    except FacebookError as error:
        return _refused(state, attempt, error)
    attempt.status, attempt.person = 200, who.key
    return jsonify(answer)


def _permissions(state: FacebookState, node: str, permission: str | None = None) -> AnyResponse:
    """The permissions that the token's user has granted, or their end. `node` is "me", or the user's ID."""
    attempt = state.noted(Attempt("permissions", request.method))
    try:
        who = state.people[_token(state).person.key]
        if node not in ("me", who.facebook.id):
            raise errors.no_such_object(node)
    except FacebookError as error:
        return _refused(state, attempt, error)
    attempt.status, attempt.person = 200, who.key
    if request.method == "DELETE":
        state.revoke(who, permission)
        return jsonify(True)
    return jsonify(permissions_of(state, who))


def _debug_token(state: FacebookState) -> AnyResponse:
    """The description of a token. The app asks with its own token, or with its ID and secret in one. A bad token is no
    error of this call: is_valid says so."""
    attempt = state.noted(Attempt("debug_token", request.method))
    mine = (state.app_token, f"{state.app_id}|{state.app_secret}")
    try:
        if not request.args.get("access_token"):
            raise errors.NO_TOKEN
        if request.args["access_token"] not in mine:
            raise errors.BAD_TOKEN
    except FacebookError as error:
        return _refused(state, attempt, error)
    attempt.status = 200
    try:
        found = _usable(state, request.args.get("input_token", ""))
    except FacebookError as error:
        told = {"code": error.code, "message": error.message}
        if error.subcode is not None:
            told["subcode"] = error.subcode
        return jsonify(data={"error": told, "is_valid": False, "scopes": []})
    who = state.people[found.person.key]
    data = {
        "app_id": state.app_id,
        "type": "USER",
        "application": state.app_name,
        "expires_at": int(found.made_at) + TOKEN_LIFETIME,
        "is_valid": True,
        "issued_at": int(found.made_at),
        "scopes": [name for name in PERMISSIONS if name in state.granted(who)],
        "user_id": who.facebook.id,
    }
    return jsonify(data=data)


def _token(state: FacebookState) -> AccessToken:
    """The access token that came with the request: in the query string, or in the header (RFC 6750 section 2.1)."""
    given = request.values.get("access_token") or token_in_header("bearer", "oauth")
    if not given:
        raise errors.NO_TOKEN
    found = _usable(state, given)
    shown = request.values.get("appsecret_proof")
    if shown is None and state.proof_required:
        raise errors.PROOF_MISSING
    if shown is not None and not same(shown, proof(state.app_secret, found.token)):
        raise errors.WRONG_PROOF
    return found


def _usable(state: FacebookState, token: str) -> AccessToken:
    """The access token of that name; FacebookError where it is none, or no longer good."""
    found = state.access_tokens.get(token)
    if found is None:
        raise errors.BAD_TOKEN
    ends = found.made_at + TOKEN_LIFETIME
    if state.now() > ends:
        raise errors.token_expired(_date(ends), _date(state.now()))
    if "public_profile" not in state.granted(found.person):
        raise errors.app_removed(state.app_id)
    return found


def _date(seconds: float) -> str:
    return time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(seconds))
