"""The page that a user sees, and the endpoints that an app calls, at /github.

GitHub's protocol is OAuth 2 with responses, errors and scopes of its own, so the only part of Authlib that fits here is
the comparison of PKCE's challenge.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import asking, json_utf8, picture
from ..blueprints import add_about, blueprint
from ..clients import challenge_fits, same, sent_credentials, verifier_fits
from ..faults import Faults
from ..oauth2 import ScopedToken, state_sent_back, token_in_header
from ..people import Person
from ..sessions import with_query
from . import errors
from .api import emails_of, user_of
from .errors import ApiError, TokenError
from .paging import page_of
from .scopes import READS_EMAILS, covers, normalised
from .state import API, Attempt, Code, GitHubState

# The endpoints by the names that faults and attempts have for them, below /github and, for the API, below /github/api.
AUTHORIZE = "/login/oauth/authorize"
BY_APP = {
    "access_token": "/login/oauth/access_token",
    "device": "/login/device/code",
    "user": f"{API}/user",
    "emails": f"{API}/user/emails",
}
# Where GitHub Enterprise Server has the API (docs.github.com, Enterprise Server, REST API). Clients that are configured
# with a server's URL send their requests there: django-allauth's GITHUB_URL, Octokit's baseUrl, Auth.js's
# enterprise.baseUrl.
ENTERPRISE_API = f"{API}/v3"
# The paths that are GitHub's at the root of the server, too, for clients that keep only the host of a URL.
AT_ROOT = ("/login/oauth/", "/login/device/", f"{ENTERPRISE_API}/")
FAULTS = {
    "authorize": ("wrong_state",),
    "access_token": ("expired_code", "wrong_token_type", "broken_json"),
    "user": ("broken_json", "missing_email"),
    "emails": ("broken_json", "missing_email"),
}


def asked_by_browser(state: GitHubState, path: str) -> bool:
    """Whether a path below /github is one that browsers request."""
    return path == AUTHORIZE


def github_pages(state: GitHubState, faults: Faults) -> Blueprint:
    """Everything under /github."""
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=FAULTS,
        headers={"Cache-Control": "max-age=0, private, must-revalidate"},
        too_busy=_too_busy,
    )
    add_about(pages, state)

    @pages.before_request
    def user_agent() -> AnyResponse | None:
        """The API rejects a request without a User-Agent (Getting started with the REST API)."""
        if not request.path.startswith(f"/{state.name}{API}/") or request.headers.get("User-Agent"):
            return None
        endpoint = (request.endpoint or "").rpartition(".")[2]
        state.noted(Attempt(endpoint, request.method)).status = 403
        return Response(errors.NO_USER_AGENT, 403, content_type="text/html")

    @pages.get(AUTHORIZE)
    def authorize() -> AnyResponse:
        return _problem(state) or _ask(state)

    @pages.post(AUTHORIZE, endpoint="authorize_decided")
    def decided() -> AnyResponse:
        return _problem(state) or _decided(state)

    @pages.post(BY_APP["access_token"])
    def access_token() -> AnyResponse:
        return _access_token(state)

    @pages.get(BY_APP["access_token"], endpoint="access_token_by_get")
    def by_get() -> AnyResponse:
        return Response(render_template("github/not_found.html"), 404)  # omab/python-social-auth #327

    @pages.post(BY_APP["device"])
    def device() -> AnyResponse:
        return _device(state)

    @pages.get(ENTERPRISE_API + BY_APP["user"].removeprefix(API))
    @pages.get(BY_APP["user"])
    def user() -> AnyResponse:
        return _user(state)

    @pages.get(ENTERPRISE_API + BY_APP["emails"].removeprefix(API))
    @pages.get(BY_APP["emails"])
    def emails() -> AnyResponse:
        return _emails(state)

    @pages.get(f"{API}/<path:anything>")
    def no_such_call(anything: str) -> AnyResponse:
        return errors.NOT_FOUND.response()

    return pages


# The page


def _problem(state: GitHubState) -> AnyResponse | None:
    """The page for a request after which GitHub does not send the browser back; None where the request is right."""
    asked = request.args
    if asked.get("client_id") != state.client_id:
        return Response(render_template("github/not_found.html"), 404)  # src-d/code-annotation #253
    told = None
    if not state.callback_listed(_redirect_uri(state)):
        # As people report it. GitHub's documentation says that the registered callback gets the error instead.
        told = "The redirect_uri is not associated with this application."
    elif asked.get("response_type", "code") != "code":
        told = "This local stand-in knows only the code flow."
    if not challenge_fits(asked):
        told = "Only code_challenge_method=S256 is supported, with a challenge of 43 characters."
    return None if told is None else Response(render_template("github/problem.html", told=told), 400)


def _redirect_uri(state: GitHubState) -> str:
    """The redirect URI: the app's first callback, where the request names none."""
    return request.args.get("redirect_uri") or state.callbacks[0]


def _wanted(state: GitHubState, who: Person | None) -> tuple[str, ...]:
    """The scopes that the app asks for; where it names none, those that the user has granted before."""
    if not request.args.get("scope"):
        return state.granted.get(who.key, ()) if who else ()
    return normalised(request.args["scope"])


def _ask(state: GitHubState) -> AnyResponse:
    session = state.sessions.current()
    who = state.sessions.who(session)
    choose = request.args.get("prompt") == "select_account"
    granted = state.granted.get(who.key) if who else None
    if who and not choose and granted is not None and covers(granted, _wanted(state, who)):
        return _back_with_code(state, who)
    named = request.args.get("login")
    return asking(
        state,
        "github/decide.html",
        session,
        None if choose else who,
        chosen=[one.key for one in state.people if one.github.login == named] if named else None,
        host=urlsplit(_redirect_uri(state)).netloc,
        scopes=_wanted(state, who),
        others=None if choose else with_query(request.url, prompt="select_account"),
    )


def _decided(state: GitHubState) -> AnyResponse:
    session = state.sessions.of_form()
    if request.form.get("decision") != "allow":
        return _back(state, **errors.REFUSED)
    who = state.sessions.log_in(session)
    state.allow(who, _wanted(state, who))
    return _back_with_code(state, who)


def _back_with_code(state: GitHubState, who: Person) -> AnyResponse:
    made = state.new_code(who, _redirect_uri(state), _wanted(state, who), request.args.get("code_challenge"))
    return _back(state, code=made.code)


def _back(state: GitHubState, **answer: str) -> AnyResponse:
    """Sends the browser back, with the app's `state` and GitHub's `iss` (RFC 9207 section 2; GitHub was seen to send it
    with a code; with an error it is not known)."""
    return redirect(with_query(_redirect_uri(state), **answer, **state_sent_back(), iss=state.issuer))


# Endpoints that the app calls


def _too_busy(endpoint: str) -> Response:
    if endpoint == "authorize":
        return Response(render_template("github/unicorn.html"), 503)
    return _api_error(Attempt(endpoint, request.method), errors.UNAVAILABLE)


def _asked() -> dict[str, str]:
    """The parameters of the request: those of its query string, and of its body, a form or JSON."""
    asked = request.values.to_dict()
    body = request.get_json(silent=True)
    if isinstance(body, dict):
        asked |= {name: str(value) for name, value in body.items()}
    return asked


def _no_such_app(attempt: Attempt) -> AnyResponse:
    attempt.status, attempt.error = 404, "Not Found"
    return _as_wished({"error": "Not Found"}, 404)  # octokit/auth-oauth-user.js #239


def _device(state: GitHubState) -> AnyResponse:
    attempt = state.noted(Attempt("device", request.method))
    attempt.client_id, _ = sent_credentials(_asked())
    if attempt.client_id != state.client_id:
        return _no_such_app(attempt)
    attempt.status, attempt.error = 400, errors.NO_DEVICE_FLOW["error"]
    return _as_wished(errors.NO_DEVICE_FLOW, 400)


def _access_token(state: GitHubState) -> AnyResponse:
    attempt = state.noted(Attempt("access_token", request.method))
    asked = _asked()
    attempt.client_id, secret = sent_credentials(asked)
    attempt.code, attempt.redirect_uri = asked.get("code"), asked.get("redirect_uri")
    if attempt.client_id != state.client_id:
        return _no_such_app(attempt)
    if asked.get("grant_type") == "urn:ietf:params:oauth:grant-type:device_code":  # RFC 8628 section 3.4
        attempt.status, attempt.error = 400, errors.NO_DEVICE_FLOW["error"]
        return _as_wished(errors.NO_DEVICE_FLOW, 400)
    attempt.status = 200
    try:
        attempt.secret_valid = same(secret, state.client_secret)
        if not attempt.secret_valid:
            raise errors.WRONG_SECRET
        code = _spent_code(state, attempt, asked.get("code_verifier"))
    except TokenError as error:
        attempt.error = error.error
        return _as_wished(error.body)
    attempt.person = code.person.key
    made = state.new_access_token(code.person, code.scopes)
    kind = "mac" if g.fault == "wrong_token_type" else "bearer"
    return _as_wished({"access_token": made.token, "scope": ",".join(code.scopes), "token_type": kind})


def _spent_code(state: GitHubState, attempt: Attempt, verifier: str | None) -> Code:
    """The code that the app exchanges, spent from now on; TokenError where something is wrong with it."""
    with state.lock:
        found = state.usable_code(attempt.code)
        if found is None:
            raise errors.BAD_CODE
        if attempt.redirect_uri is not None and attempt.redirect_uri != found.redirect_uri:
            raise errors.REDIRECT_DIFFERS
        if found.challenge is not None:
            attempt.verifier_valid = verifier_fits(verifier or "", found.challenge)
            if not attempt.verifier_valid:
                raise errors.BAD_CODE  # GitHub's response to a wrong verifier is not known
        who = state.people[found.person.key]
        primary = [one for one in who.github.emails if one.primary]
        if state.verified_primary_required and not (primary and primary[0].verified):
            raise errors.UNVERIFIED
        found.used = True
    return found


def _as_wished(body: dict[str, str], status: int = 200) -> Response:
    """The response in the form that the app's Accept asks for; form-encoded by default (Authorizing OAuth apps)."""
    wished = request.headers.get("Accept", "")
    if "application/json" in wished:
        answer = json_utf8(body)
    elif "application/xml" in wished:
        inner = "".join(f"<{name}>{_escaped(value)}</{name}>" for name, value in body.items())
        answer = Response(f"<OAuth>{inner}</OAuth>", content_type="application/xml; charset=utf-8")
    else:
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        answer = Response(urlencode(body), content_type=kind)
    answer.status_code = status
    return answer


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _user(state: GitHubState) -> AnyResponse:
    attempt = state.noted(Attempt("user", request.method))
    try:
        found = _token(state)
    except ApiError as error:
        return _api_error(attempt, error)
    who = state.people[found.person.key]
    attempt.status, attempt.person = 200, who.key
    return _told(user_of(who, picture(), with_email=g.fault != "missing_email"), found, "")


def _emails(state: GitHubState) -> AnyResponse:
    attempt = state.noted(Attempt("emails", request.method))
    try:
        found = _token(state)
        if not set(found.scopes) & set(READS_EMAILS):
            raise errors.NO_SUCH_SCOPE
    except ApiError as error:
        return _api_error(attempt, error)
    who = state.people[found.person.key]
    attempt.status, attempt.person = 200, who.key
    emails = emails_of(who, with_email=g.fault != "missing_email")
    size, number, links = page_of(len(emails))
    answer = _told(emails[size * (number - 1) : size * number], found, ", ".join(READS_EMAILS))
    if links:
        answer.headers["Link"] = links
    return answer


def _told(body: object, token: ScopedToken, accepted: str) -> Response:
    """A response of the API's, with the token's scopes and those that the call accepts (Scopes for OAuth apps)."""
    answer = json_utf8(body)
    answer.headers["X-OAuth-Scopes"] = ", ".join(token.scopes)
    answer.headers["X-Accepted-OAuth-Scopes"] = accepted
    return answer


def _api_error(attempt: Attempt, error: ApiError) -> Response:
    attempt.status, attempt.error = error.status, error.message
    return error.response()


def _token(state: GitHubState) -> ScopedToken:
    """The access token in the Authorization header, after Bearer or GitHub's older scheme, token."""
    if not request.headers.get("Authorization"):
        raise errors.NO_CREDENTIALS
    found = state.access_tokens.get(token_in_header("bearer", "token").strip())
    if found is None:
        raise errors.BAD_CREDENTIALS
    return found
