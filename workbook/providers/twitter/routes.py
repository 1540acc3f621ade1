"""The endpoints that an app calls, and the pages that a user sees, at /twitter."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ..answers import asking
from ..blueprints import add_about, blueprint
from ..clients import same
from ..faults import Faults
from ..people import Person
from ..sessions import with_query
from . import errors
from .api import profile
from .errors import TwitterError
from .signed import BadAuthentication, Signed, read_signed
from .state import OUT_OF_BAND, TIMESTAMP_TOLERANCE, AccessToken, Attempt, RequestToken, TwitterState

# The endpoints, by the names that faults and attempts have for them, and by the client that calls them.
BY_APP = {
    "request_token": "/oauth/request_token",
    "access_token": "/oauth/access_token",
    "verify_credentials": "/1.1/account/verify_credentials.json",
}
BY_BROWSER = {"authenticate": "/oauth/authenticate", "authorize": "/oauth/authorize"}
# The faults that each can have beyond those of every endpoint.
FAULTS = {
    "request_token": ("replayed_nonce",),
    "access_token": ("replayed_nonce", "expired_code"),
    "verify_credentials": ("replayed_nonce", "broken_json", "missing_email", "no_access"),
    "authenticate": ("wrong_state",),
    "authorize": ("wrong_state",),
}


def asked_by_browser(state: TwitterState, path: str) -> bool:
    """Whether a path below /twitter is one that browsers request."""
    return path in BY_BROWSER.values()


def twitter_pages(state: TwitterState, faults: Faults) -> Blueprint:
    """Everything under /twitter."""
    pages = blueprint(
        state,
        __name__,
        faults=faults,
        endpoints=FAULTS,
        headers={
            "Cache-Control": "no-cache, no-store, must-revalidate, pre-check=0, post-check=0",
            "Pragma": "no-cache",
        },
        too_busy=_too_busy,
    )
    add_about(pages, state)

    # The documentation says POST. Flask-OAuthlib's own Twitter example uses GET, its default, and worked.
    @pages.route(BY_APP["request_token"], methods=["GET", "POST"])
    def request_token() -> AnyResponse:
        attempt = state.noted(Attempt("request_token", request.method))
        try:
            signed = _signed()
            _authenticate(state, attempt, signed, None)
            callback = signed.oauth.get("oauth_callback")
            if not callback:
                raise errors.BAD_AUTHENTICATION
            if not state.callback_listed(callback):
                raise errors.CALLBACK_NOT_APPROVED
        except TwitterError as error:
            return _refused(attempt, error)
        made = state.new_request_token(callback)
        return _form_encoded(
            attempt,
            oauth_token=made.token,
            oauth_token_secret=made.secret,
            oauth_callback_confirmed="true",
        )

    @pages.route(BY_APP["access_token"], methods=["GET", "POST"])
    def access_token() -> AnyResponse:
        attempt = state.noted(Attempt("access_token", request.method))
        try:
            signed = _signed()
            token = signed.oauth.get("oauth_token", "")
            # A signature with a token that is spent or too old is right: the signature is not the reason to reject it.
            _authenticate(state, attempt, signed, state.request_tokens.get(token))
            if not token:
                return _told_in_words(attempt, errors.NO_REQUEST_TOKEN)
            found = state.usable_request_token(token)
            if found is None or g.fault == "expired_code":
                raise errors.INVALID_TOKEN
        except TwitterError as error:
            return _refused(attempt, error)
        # A wrong verifier leaves the request token as it is: the right one still works afterwards.
        verifier = signed.oauth.get("oauth_verifier", "")
        if found.verifier is None or not same(found.verifier, verifier):
            return _told_in_words(attempt, errors.WRONG_VERIFIER)
        made = state.new_access_token(found)
        if made is None:
            return _refused(attempt, errors.INVALID_TOKEN)
        account = state.people[made.person.key].twitter
        attempt.screen_name = account.screen_name
        return _form_encoded(
            attempt,
            oauth_token=made.token,
            oauth_token_secret=made.secret,
            user_id=str(account.id),
            screen_name=account.screen_name,
        )

    @pages.get(BY_APP["verify_credentials"])
    def verify_credentials() -> AnyResponse:
        attempt = state.noted(Attempt("verify_credentials", request.method))
        try:
            signed = _signed()
            token = signed.oauth.get("oauth_token", "")
            found = state.access_tokens.get(token)
            if token and found is None:
                raise errors.INVALID_TOKEN
            _authenticate(state, attempt, signed, found)
            if found is None:
                raise errors.COULD_NOT_AUTHENTICATE
        except TwitterError as error:
            return _refused(attempt, error)
        if g.fault == "no_access":
            return _refused(attempt, errors.NO_ACCESS)
        who = state.people[found.person.key]
        attempt.status, attempt.screen_name = 200, who.twitter.screen_name
        return profile(who, request.args, with_email=g.fault != "missing_email")

    @pages.route("/1.1/<path:anything>", methods=["GET", "POST"])
    def no_such_call(anything: str) -> AnyResponse:
        return errors.NOT_FOUND.response()

    @pages.get(BY_BROWSER["authenticate"])
    def authenticate() -> AnyResponse | str:
        return _ask(state, may_skip=True)

    @pages.get(BY_BROWSER["authorize"])
    def authorize() -> AnyResponse | str:
        return _ask(state, may_skip=False)

    @pages.post(BY_BROWSER["authenticate"], endpoint="authenticate_decided")
    @pages.post(BY_BROWSER["authorize"], endpoint="authorize_decided")
    def decided() -> AnyResponse | str:
        return _decided(state)

    return pages


def _too_busy(endpoint: str) -> Response:
    if endpoint in BY_BROWSER:
        return Response(render_template("twitter/over_capacity.html"), 503)
    return errors.OVER_CAPACITY.response()


def _refused(attempt: Attempt, error: TwitterError) -> Response:
    attempt.status, attempt.error_code = error.status, error.code
    response = error.response()
    if error.status == 401:
        response.status = "401 Authorization Required"
    return response


def _told_in_words(attempt: Attempt, message: str) -> Response:
    """A rejection by access_token in plain text, neither JSON nor XML."""
    attempt.status = 401
    return Response(message, "401 Authorization Required", content_type="text/html; charset=utf-8")


def _form_encoded(attempt: Attempt, **values: str) -> Response:
    # Form-encoded, and called HTML (docs.x.com, Log in with X).
    attempt.status = 200
    return Response(urlencode(values), 200, content_type="text/html; charset=utf-8")


def _signed() -> Signed:
    """The request, as it is signed; TwitterError where it is not."""
    try:
        return read_signed(request)
    except BadAuthentication:
        raise errors.BAD_AUTHENTICATION from None


def _authenticate(
    state: TwitterState, attempt: Attempt, signed: Signed, token: RequestToken | AccessToken | None
) -> None:
    """Verifies key, signature, timestamp and nonce, and notes the results in the attempt; TwitterError where one is
    wrong."""
    oauth = signed.oauth
    attempt.consumer_key = oauth["oauth_consumer_key"]
    attempt.oauth_callback = oauth.get("oauth_callback")
    attempt.oauth_token = oauth.get("oauth_token")
    attempt.base_string = signed.base_string
    attempt.key_known = same(attempt.consumer_key, state.consumer_key)
    if not attempt.key_known:
        raise errors.COULD_NOT_AUTHENTICATE
    attempt.signature_valid = signed.verified(state.consumer_secret, token.secret if token else "")
    if not attempt.signature_valid or signed.has_a_name_twice:
        raise errors.COULD_NOT_AUTHENTICATE
    if abs(state.now() - int(oauth["oauth_timestamp"])) > TIMESTAMP_TOLERANCE:
        raise errors.TIMESTAMP
    if g.fault == "replayed_nonce" or not state.first_use(
        attempt.consumer_key, attempt.oauth_token or "", oauth["oauth_timestamp"], oauth["oauth_nonce"]
    ):
        raise errors.COULD_NOT_AUTHENTICATE


def _ask(state: TwitterState, *, may_skip: bool) -> AnyResponse | str:
    """The consent screen; or straight back, where the user is logged in and has allowed access before."""
    found = state.usable_request_token(request.args.get("oauth_token"))
    if found is None:
        # The status of the real page is not known.
        return Response(render_template("twitter/whoa_there.html"), 403)
    session = state.sessions.current()
    who = state.sessions.who(session)
    forced = request.args.get("force_login") == "true"
    if may_skip and who and not forced and who.key in state.approved:
        return _allowed(state, found, who)
    named = request.args.get("screen_name")
    return asking(
        state,
        "twitter/decide.html",
        session,
        None if forced else who,
        about=found.token,
        chosen=[one.key for one in state.people if one.twitter.screen_name == named] if named else None,
        host=urlsplit(found.callback).netloc or "your own device",
        oauth_token=found.token,
    )


def _decided(state: TwitterState) -> AnyResponse | str:
    found = state.usable_request_token(request.form.get("oauth_token"))
    if found is None:
        return Response(render_template("twitter/whoa_there.html"), 403)
    session = state.sessions.of_form(found.token)
    if request.form.get("decision") != "allow":
        found.spent = True
        return _refused_by_person(state, found)
    return _allowed(state, found, state.sessions.log_in(session))


def _allowed(state: TwitterState, found: RequestToken, who: Person) -> AnyResponse | str:
    """Sends the browser back with the verifier, or shows it as a PIN."""
    verifier = state.allow(found, who)
    if found.callback == OUT_OF_BAND:
        return render_template("twitter/pin.html", app=state.app_name, pin=verifier)
    return _back(found, oauth_token=found.token, oauth_verifier=verifier)


def _refused_by_person(state: TwitterState, found: RequestToken) -> AnyResponse | str:
    """The page after the user denied access, with a link to the callback (singingwolfboy/flask-dance #125). An app with
    a scheme of its own gets the user back at once (twittercommunity.com, A small tweak to the OAuth UI). An app that
    shows no page of its own, and waits for a PIN, has nothing to link to."""
    if found.callback == OUT_OF_BAND:
        back = None
    else:
        back = with_query(found.callback, denied=found.token)
        if urlsplit(back).scheme not in ("http", "https"):
            return redirect(back)
    return render_template("twitter/refused.html", app=state.app_name, back=back)


def _back(found: RequestToken, *, oauth_token: str, oauth_verifier: str) -> AnyResponse:
    """Sends the browser back. A query string that the callback has already stays (yanokohei/goenbako #164)."""
    shown = f"not-{oauth_token}" if g.get("fault") == "wrong_state" else oauth_token
    return redirect(with_query(found.callback, oauth_token=shown, oauth_verifier=oauth_verifier))
