"""The page that a user sees, and the endpoints that an app calls: OAuth 2's code flow (RFC 6749 section 4.1), to the
letter."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import asking
from ..blueprints import blueprint
from ..clients import same, sent_credentials
from ..faults import Faults
from ..oauth2 import Code, state_sent_back, token_in_header
from ..sessions import with_query
from .state import Attempt, FifthState

FAULTS = {"authorize": ("wrong_state",), "token": ("broken_json",), "me": ("broken_json",)}


class _Refused(Exception):
    """An error of RFC 6749 section 5.2's; its text is the error code."""


def asked_by_browser(state: FifthState, path: str) -> bool:
    """Whether a path below its name is one that browsers request."""
    return path == state.authorize_path


def fifth_pages(state: FifthState, faults: Faults) -> Blueprint:
    """Everything below its name."""
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=FAULTS,
        headers={"Cache-Control": "no-store"},
        too_busy=lambda endpoint: _error(
            state.noted(Attempt(endpoint, request.method)), "temporarily_unavailable", 503
        ),
    )

    @pages.get(state.authorize_path)
    def authorize() -> AnyResponse:
        session = state.sessions.current()
        problem = _problem(state)
        return asking(
            state,
            "fifth/decide.html",
            session,
            state.sessions.who(session),
            status=400 if problem else 200,
            site=state.label,
            problem=problem,
        )

    @pages.post(state.authorize_path, endpoint="authorize_decided")
    def decided() -> AnyResponse:
        session = state.sessions.of_form()
        if _problem(state):
            return Response(_problem(state), 400)
        if request.form.get("decision") != "allow":
            return _back(error="access_denied")
        made = state.new_code(state.sessions.log_in(session), request.args["redirect_uri"])
        return _back(code=made.code)

    @pages.post(state.token_path)
    def token() -> AnyResponse:
        attempt = state.noted(Attempt("token", request.method))
        try:
            code = _spent_code(state)
        except _Refused as error:
            return _error(attempt, str(error), 401 if str(error) == "invalid_client" else 400)
        attempt.status, attempt.person = 200, code.person.key
        return jsonify(
            access_token=state.new_access_token(code.person).token, token_type="Bearer", scope=state.scope
        )

    @pages.get(state.me_path)
    def me() -> AnyResponse:
        attempt = state.noted(Attempt("me", request.method))
        token = token_in_header("bearer").strip()
        found = state.access_tokens.get(token)
        if found is None:
            answer = _error(attempt, "invalid_token", 401)
            # Without a token the challenge names no error (RFC 6750 sections 3 and 3.1).
            answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if token else "Bearer"
            return answer
        attempt.status, attempt.person = 200, found.person.key
        return jsonify(state.told_of(state.people[found.person.key]))

    return pages


def _problem(state: FifthState) -> str | None:
    """The error in a request after which the browser is not sent back (RFC 6749 section 4.1.2.1)."""
    asked = request.args
    if asked.get("client_id") != state.client_id:
        return "There is no app with that client_id here."
    if not state.callback_listed(asked.get("redirect_uri", "")):
        return "The redirect_uri is not the one that the app has registered."
    if asked.get("response_type") != "code":
        return "This provider knows only response_type=code."
    return None


def _back(**answer: str) -> AnyResponse:
    """Sends the browser back, with the app's `state`."""
    return redirect(with_query(request.args["redirect_uri"], **answer, **state_sent_back()))


def _error(attempt: Attempt, error: str, status: int) -> Response:
    attempt.status, attempt.error = status, error
    answer = jsonify(error=error)
    answer.status_code = status
    return answer


def _spent_code(state: FifthState) -> Code:
    """The code that the app exchanges, spent from now on (RFC 6749 section 4.1.3)."""
    asked = request.form
    client_id, secret = sent_credentials(asked)
    if client_id != state.client_id or not same(secret, state.client_secret):
        raise _Refused("invalid_client")
    if asked.get("grant_type") != "authorization_code":
        raise _Refused("unsupported_grant_type")
    with state.lock:
        found = state.usable_code(asked.get("code"))
        if found is None or found.redirect_uri != asked.get("redirect_uri"):
            raise _Refused("invalid_grant")
        found.used = True
    return found
