"""The page that a user sees, and the endpoints that an app calls, at /google.

Tokens are signed, digests made and challenges compared by Authlib and its joserfc. Its server is not used: which
scopes come back under which names, when there is a refresh token, what the callback carries, and every error are
Google's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import asking, json_utf8, picture
from ..blueprints import add_about, blueprint
from ..clients import challenge_fits, same, sent_credentials, verifier_fits
from ..faults import Faults
from ..oauth2 import ScopedToken, state_sent_back, token_in_header
from ..people import Person
from ..sessions import with_query
from . import errors
from .claims import claims_of, id_token
from .errors import Blocked, GoogleError
from .state import (
    SCOPES,
    TOKEN_LIFETIME,
    Attempt,
    Code,
    GoogleState,
    full_scopes,
)

# The endpoints by the names that faults and attempts have for them, each under its name of today, and under the older
# ones that libraries still have (python-social-auth, backends/google.py; Flask-Dance, contrib/google.py; passport-
# google-oauth20, lib/strategy.js; google-auth, google/oauth2/id_token.py).
BY_BROWSER = {"auth": ("/o/oauth2/v2/auth", "/o/oauth2/auth")}
BY_APP = {
    "discovery": ("/.well-known/openid-configuration",),
    "certs": ("/oauth2/v3/certs", "/oauth2/v1/certs"),
    "token": ("/token", "/oauth2/v4/token", "/o/oauth2/token"),
    "device": ("/device/code",),
    "userinfo": ("/v1/userinfo", "/oauth2/v3/userinfo", "/oauth2/v2/userinfo"),
    "revoke": ("/revoke", "/o/oauth2/revoke"),
}
FAULTS = {
    "auth": ("wrong_state",),
    "discovery": ("broken_json",),
    "certs": ("broken_json",),
    "token": ("expired_code", "wrong_token_type", "broken_json", "missing_email", "replayed_nonce"),
    "userinfo": ("broken_json", "missing_email"),
    "revoke": (),
}
_PROMPTS = {"none", "consent", "select_account"}


def asked_by_browser(state: GoogleState, path: str) -> bool:
    """Whether a path below /google is one that browsers request."""
    return path in BY_BROWSER["auth"]


def google_pages(state: GoogleState, faults: Faults) -> Blueprint:
    """Everything under /google."""
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=FAULTS,
        headers={
            "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
            "Pragma": "no-cache",
        },
        too_busy=_too_busy,
    )
    add_about(pages, state)

    def at(paths: tuple[str, ...], name: str, methods: list[str], view: Callable[[], AnyResponse]) -> None:
        for path in paths:
            pages.add_url_rule(path, name, view, methods=methods)

    at(BY_BROWSER["auth"], "auth", ["GET"], lambda: _page(state, _ask))
    at(BY_BROWSER["auth"], "auth_decided", ["POST"], lambda: _page(state, _decided))
    at(BY_APP["discovery"], "discovery", ["GET"], lambda: _discovery(state))
    at(BY_APP["certs"], "certs", ["GET"], lambda: _certs(state))
    at(BY_APP["token"], "token", ["POST"], lambda: _token(state))
    at(BY_APP["device"], "device", ["POST"], lambda: _device(state))
    at(BY_APP["userinfo"], "userinfo", ["GET", "POST"], lambda: _userinfo(state))
    at(BY_APP["revoke"], "revoke", ["GET", "POST"], lambda: _revoke(state))
    return pages


# The page


def _page(state: GoogleState, view: Callable[[GoogleState], AnyResponse]) -> AnyResponse:
    """The page that a user sees: the view's response, or why there is none. Then Google does not redirect the
    browser."""
    try:
        _check_request(state)
        return view(state)
    except Blocked as error:
        return Response(render_template("google/blocked.html", error=error, asked=request.args), error.status)


def _check_request(state: GoogleState) -> None:
    """Blocked where the app's request is one that Google shows a page for (Using OAuth 2.0, Authorization errors)."""
    asked = request.args
    if not asked.get("client_id"):
        raise errors.blocked("Missing required parameter: client_id")
    if asked["client_id"] != state.client_id:
        raise errors.BLOCKED_CLIENT
    if not asked.get("redirect_uri"):
        raise errors.blocked("Missing required parameter: redirect_uri")
    if not state.callback_listed(asked["redirect_uri"]):
        raise errors.BLOCKED_REDIRECT
    if not asked.get("response_type"):
        raise errors.blocked("Required parameter is missing: response_type")
    if asked["response_type"] != "code":
        raise errors.blocked("This local stand-in knows only response_type=code, the code flow.")
    if not asked.get("scope"):
        raise errors.blocked("Missing required parameter: scope")
    try:
        full_scopes(asked["scope"])
    except ValueError as unknown:
        raise errors.blocked(f"Some requested scopes were invalid: {unknown}", "invalid_scope") from None
    prompts = _prompts()
    odd = " ".join(word for word in asked.get("prompt", "").split() if word not in _PROMPTS)
    if odd:
        raise errors.blocked(f"Invalid parameter value for prompt: Invalid prompt: {odd}")
    if "none" in prompts and len(prompts) > 1:
        raise errors.blocked("Invalid parameter value for prompt: none cannot be combined with other values.")
    if not challenge_fits(asked):
        raise errors.blocked(
            "This local stand-in knows only code_challenge_method=S256, with a challenge of 43 characters."
        )


def _prompts() -> set[str]:
    return set(request.args.get("prompt", "").split())


def _ask(state: GoogleState) -> AnyResponse:
    session = state.sessions.current()
    who = state.sessions.who(session)
    prompts, scopes = _prompts(), full_scopes(request.args["scope"])
    if "none" in prompts and who is None:
        return _back(state, error="login_required")  # OpenID Connect Core section 3.1.2.6
    if who is not None and "select_account" not in prompts and not _has_to_consent(state, who):
        return _back_with_code(state, who, consented=False)
    if "none" in prompts:
        return _back(state, error="consent_required")
    return asking(
        state,
        "google/decide.html",
        session,
        None if "select_account" in prompts else who,
        host=urlsplit(request.args["redirect_uri"]).netloc,
        scopes=[short for short, full in SCOPES.items() if full in scopes],
        offline=request.args.get("access_type") == "offline",
        chosen=_hinted(state),
        others=with_query(request.url, prompt="select_account") if not prompts else None,
    )


def _hinted(state: GoogleState) -> list[str] | None:
    """The key of the person whom the app expects, in a list: by login_hint, an email address or a sub, or by hd, a
    domain. That is only a hint for the page. None where the app expects no one in particular."""
    hint, domain = request.args.get("login_hint"), request.args.get("hd")
    for one in state.people:
        if (hint and hint in (one.google.email, one.google.sub)) or (domain and domain == one.google.hd):
            return [one.key]
    return None


def _has_to_consent(state: GoogleState, who: Person) -> bool:
    """Whether the user sees the consent screen: the first time for a set of scopes, or when the app asks for it."""
    return "consent" in _prompts() or not state.has_allowed(who, full_scopes(request.args["scope"]))


def _decided(state: GoogleState) -> AnyResponse:
    session = state.sessions.of_form()
    if request.form.get("decision") != "allow":
        return _back(state, error="access_denied")
    who = state.sessions.log_in(session)
    return _back_with_code(state, who, consented=_has_to_consent(state, who))


def _back_with_code(state: GoogleState, who: Person, *, consented: bool) -> AnyResponse:
    asked = request.args
    scopes = full_scopes(asked["scope"])
    state.allow(who, scopes)
    if asked.get("include_granted_scopes") == "true":
        scopes = tuple(full for full in SCOPES.values() if full in state.granted[who.key])
    made = state.new_code(
        who,
        redirect_uri=asked["redirect_uri"],
        scopes=scopes,
        nonce=asked.get("nonce"),
        challenge=asked.get("code_challenge"),
        # Only the consent screen leads to a refresh token (google-api-nodejs-client #750).
        offline=consented and asked.get("access_type") == "offline",
    )
    return _back(
        state,
        code=made.code,
        scope=" ".join(scopes),
        authuser="0",
        **({} if who.google.hd is None else {"hd": who.google.hd}),
        prompt="consent" if consented else "none",
    )


def _back(state: GoogleState, **answer: str) -> AnyResponse:
    """Sends the browser back, with the app's `state` and Google's `iss` (RFC 9207 section 2; Google was seen to send it
    with a code; with an error it is not known)."""
    return redirect(with_query(request.args["redirect_uri"], **state_sent_back(), iss=state.issuer, **answer))


# Endpoints that the app calls


def _too_busy(endpoint: str) -> Response:
    if endpoint == "auth":
        return Response(render_template("google/busy.html"), 503)
    return _refused(Attempt(endpoint, request.method), errors.BUSY)


def _refused(attempt: Attempt, error: GoogleError) -> Response:
    attempt.status, attempt.error = error.status, error.error
    answer = error.response()
    if error in errors.OF_USERINFO:
        # RFC 6750 section 3. Without a token the challenge names no error (section 3.1).
        challenge = 'Bearer realm="https://accounts.google.com/"'
        if error is not errors.NO_TOKEN:
            challenge += f', error="{error.error}"'
        answer.headers["WWW-Authenticate"] = challenge
    return answer


def _told(attempt: Attempt, who: Person | None, **body: Any) -> Response:
    attempt.status, attempt.person = 200, who.key if who else None
    return json_utf8(body)


def _discovery(state: GoogleState) -> AnyResponse:
    """OpenID Connect Discovery section 3: the metadata of this Google, under Google's names."""
    at = state.issuer
    document = {
        "issuer": at,
        "authorization_endpoint": at + BY_BROWSER["auth"][0],
        "device_authorization_endpoint": at + BY_APP["device"][0],
        "token_endpoint": at + BY_APP["token"][0],
        "userinfo_endpoint": at + BY_APP["userinfo"][0],
        "revocation_endpoint": at + BY_APP["revoke"][0],
        "jwks_uri": at + BY_APP["certs"][0],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            *("aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name"),
            *("picture", "sub"),
        ],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }
    answer = jsonify(document | state.moved)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _certs(state: GoogleState) -> AnyResponse:
    attempt = state.noted(Attempt("certs", request.method))
    by_kid = request.path.endswith("/v1/certs")
    answer = _told(attempt, None, **(state.keys.certificates() if by_kid else state.keys.published()))
    # The header says when to ask again (Authenticate with a backend server).
    answer.headers["Cache-Control"] = "public, max-age=19800, must-revalidate, no-transform"
    return answer


def _token(state: GoogleState) -> AnyResponse:
    attempt = state.noted(Attempt("token", request.method))
    try:
        _check_client(state, attempt)
        if attempt.grant_type == "authorization_code":
            return _swap_code(state, attempt)
        if attempt.grant_type == "refresh_token":
            return _refresh(state, attempt)
        raise errors.WRONG_GRANT_TYPE
    except GoogleError as error:
        return _refused(attempt, error)


def _check_client(state: GoogleState, attempt: Attempt) -> None:
    """Checks that the request comes from the app; GoogleError where it does not."""
    asked = request.form
    attempt.grant_type = asked.get("grant_type")
    attempt.client_id, secret = sent_credentials(asked)
    if not attempt.grant_type:
        raise errors.missing("grant_type")
    if not attempt.client_id:
        raise errors.NO_CLIENT
    if attempt.client_id != state.client_id:
        raise errors.NO_SUCH_CLIENT
    attempt.secret_valid = same(secret, state.client_secret)
    if not attempt.secret_valid:
        raise errors.WRONG_SECRET


def _swap_code(state: GoogleState, attempt: Attempt) -> AnyResponse:
    code = _spent_code(state, attempt)
    refresh = {}
    if code.offline:
        refresh["refresh_token"] = state.new_refresh_token(code.person, code.scopes).token
    nonce = code.nonce
    if nonce is not None and g.fault == "replayed_nonce":
        nonce = state.world.word("nonce of an earlier login", max(1, len(nonce)))
    return _tokens(state, attempt, code.person, code.scopes, nonce=nonce, **refresh)


def _spent_code(state: GoogleState, attempt: Attempt) -> Code:
    """The code that the app exchanges, spent from now on; GoogleError where something is wrong with it."""
    asked = request.form
    attempt.code, attempt.redirect_uri = asked.get("code"), asked.get("redirect_uri")
    if not attempt.code:
        raise errors.missing("code")
    if not attempt.redirect_uri:
        raise errors.missing("redirect_uri")
    if not attempt.code.startswith("4/"):
        raise errors.MALFORMED_CODE
    with state.lock:
        found = state.usable_code(attempt.code)
        if found is None:
            raise errors.BAD_CODE
        if found.redirect_uri != attempt.redirect_uri:
            raise errors.REDIRECT_DIFFERS
        verifier = asked.get("code_verifier")
        if found.challenge is None and verifier is not None:
            raise errors.VERIFIER_NOT_NEEDED
        if found.challenge is not None:
            if not verifier:
                raise errors.VERIFIER_MISSING
            attempt.verifier_valid = verifier_fits(verifier, found.challenge)
            if not attempt.verifier_valid:
                raise errors.VERIFIER_WRONG
        found.used = True
    return found


def _refresh(state: GoogleState, attempt: Attempt) -> AnyResponse:
    """A new access token, and no new refresh token: the old one still works."""
    given = request.form.get("refresh_token")
    if not given:
        raise errors.missing("refresh_token")
    found = state.refresh_tokens.get(given)
    if found is None:
        raise errors.DEAD_REFRESH_TOKEN
    scopes = found.scopes
    asked = request.form.get("scope")
    if asked:
        # At most the granted scopes; fewer are possible (RFC 6749 section 6).
        try:
            scopes = full_scopes(asked)
        except ValueError:
            raise errors.WRONG_SCOPE from None
        if not set(scopes) <= set(found.scopes):
            raise errors.WRONG_SCOPE
    # Its ID token has no nonce (OpenID Connect Core section 12.2).
    return _tokens(state, attempt, found.person, scopes)


def _tokens(
    state: GoogleState,
    attempt: Attempt,
    who: Person,
    scopes: tuple[str, ...],
    *,
    nonce: str | None = None,
    **refresh: str,
) -> AnyResponse:
    made = state.new_access_token(who, scopes)
    return _told(
        attempt,
        who,
        access_token=made.token,
        expires_in=TOKEN_LIFETIME,
        **refresh,
        scope=" ".join(scopes),
        token_type="mac" if g.fault == "wrong_token_type" else "Bearer",
        id_token=id_token(state, made, picture(), nonce=nonce, with_email=g.fault != "missing_email"),
    )


def _device(state: GoogleState) -> AnyResponse:
    """Google gives device codes only to clients of a different type from this app's, which is a web application."""
    attempt = state.noted(Attempt("device", request.method))
    attempt.client_id, _ = sent_credentials(request.form)
    known = attempt.client_id == state.client_id
    return _refused(attempt, errors.WRONG_CLIENT_TYPE if known else errors.NO_SUCH_CLIENT)


def _userinfo(state: GoogleState) -> AnyResponse:
    attempt = state.noted(Attempt("userinfo", request.method))
    try:
        found = _bearer(state)
    except GoogleError as error:
        return _refused(attempt, error)
    who = state.people[found.person.key]
    told = claims_of(who, found.scopes, picture(), with_email=g.fault != "missing_email")
    if request.path.endswith("/v2/userinfo"):
        # The same values under older names (pennersr/django-allauth, GoogleAccount).
        older = {"sub": "id", "email_verified": "verified_email"}
        told = {older.get(name, name): value for name, value in told.items()}
    return _told(attempt, who, **told)


def _bearer(state: GoogleState) -> ScopedToken:
    """The access token of the request: in the Authorization header, the body or the query string, and in one of the
    three only (RFC 6750 section 2)."""
    header = token_in_header("bearer").strip()
    given = [token for token in (header, *request.values.getlist("access_token")) if token]
    if not given:
        raise errors.NO_TOKEN
    if len(given) > 1:
        raise errors.TWO_TOKENS
    found = state.access_tokens.get(given[0])
    if found is None or state.now() - found.made_at > TOKEN_LIFETIME:
        raise errors.BAD_TOKEN
    return found


def _revoke(state: GoogleState) -> AnyResponse:
    """Takes back an access or refresh token, and what the user granted with it (RFC 7009; Using OAuth 2.0,
    Revoking)."""
    attempt = state.noted(Attempt("revoke", request.method))
    given = request.values.get("token", "")
    found = state.access_tokens.get(given) or state.refresh_tokens.get(given)
    if found is None:
        return _refused(attempt, errors.NOT_REVOKED)
    state.revoke(found.person)
    return _told(attempt, found.person)
