"""The page that a person sees, and the endpoints that an app asks: OAuth 2's code flow (RFC 6749 section 4.1), by the
letter."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..clients import same, sent_credentials
from ..faults import Faults, fault_of_request, half
from ..sessions import with_query
from .state import CODE_LIFETIME, Attempt, Code, FifthState

FAULTS = {"authorize": ("wrong_state",), "token": ("broken_json",), "me": ("broken_json",)}


class _Refused(Exception):
    """An error of RFC 6749 section 5.2's; its text is the word for it."""


def fifth_pages(state: FifthState, faults: Faults) -> Blueprint:
    """Everything below its name."""
    pages = Blueprint("fifth", __name__, template_folder="templates")

    @pages.before_request
    def fault() -> AnyResponse | None:
        endpoint = fault_of_request(state.name, faults, FAULTS)
        return None if endpoint is None else _error(_attempt(state, endpoint), "temporarily_unavailable", 503)

    @pages.after_request
    def as_told(response: AnyResponse) -> AnyResponse:
        response.headers["Cache-Control"] = "no-store"
        if g.get("fault") == "broken_json":
            response.set_data(half(response.get_data()))
        return response

    @pages.get(state.authorize_path)
    def authorize() -> AnyResponse:
        session = state.sessions.current()
        page = render_template(
            "fifth/decide.html",
            site=state.label,
            problem=_problem(state),
            people=state.people,
            who=state.sessions.who(session),
            csrf_token=state.sessions.csrf_token(session),
        )
        return state.sessions.give(Response(page, 400 if _problem(state) else 200), session)

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
        attempt = _attempt(state, "token")
        try:
            code = _spent_code(state)
        except _Refused as error:
            return _error(attempt, str(error), 401 if str(error) == "invalid_client" else 400)
        attempt.status, attempt.person = 200, code.person.key
        return jsonify(
            access_token=state.new_access_token(code.person), token_type="Bearer", scope=state.scope
        )

    @pages.get(state.me_path)
    def me() -> AnyResponse:
        attempt = _attempt(state, "me")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        who = state.access_tokens.get(given.strip()) if scheme.lower() == "bearer" else None
        if who is None:
            return _error(attempt, "invalid_token", 401)  # RFC 6750 section 3.1
        attempt.status, attempt.person = 200, who.key
        return jsonify(state.told_of(state.people[who.key]))

    return pages


def _problem(state: FifthState) -> str | None:
    """What is wrong with a request for which nobody is sent back (RFC 6749 section 4.1.2.1)."""
    asked = request.args
    if asked.get("client_id") != state.client_id:
        return "There is no app with that client_id here."
    if asked.get("redirect_uri") not in state.callbacks:
        return "The redirect_uri is not the one that the app has registered."
    if asked.get("response_type") != "code":
        return "This site knows only response_type=code."
    return None


def _back(**answer: str) -> AnyResponse:
    """Sends the person back, with what the app gave as `state`."""
    given = request.args.get("state")
    if given is not None:
        answer["state"] = f"not-{given}" if g.fault == "wrong_state" else given
    return redirect(with_query(request.args["redirect_uri"], **answer))


def _attempt(state: FifthState, endpoint: str) -> Attempt:
    attempt = Attempt(endpoint)
    with state.lock:
        state.attempts.append(attempt)
    return attempt


def _error(attempt: Attempt, error: str, status: int) -> AnyResponse:
    attempt.status, attempt.error = status, error
    answer = jsonify(error=error)
    answer.status_code = status
    return answer


def _spent_code(state: FifthState) -> Code:
    """The code that the app hands in, spent from now on (RFC 6749 section 4.1.3)."""
    asked = request.form
    client_id, secret = sent_credentials(asked)
    if client_id != state.client_id or not same(secret, state.client_secret):
        raise _Refused("invalid_client")
    if asked.get("grant_type") != "authorization_code":
        raise _Refused("unsupported_grant_type")
    with state.lock:
        found = state.codes.get(asked.get("code", ""))
        fresh = found is not None and not found.used and state.now() - found.made_at <= CODE_LIFETIME
        if found is None or not fresh or found.redirect_uri != asked.get("redirect_uri"):
            raise _Refused("invalid_grant")
        found.used = True
    return found
