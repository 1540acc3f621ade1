"""Logging in and out."""

import time
from http.client import HTTPException
from urllib.error import URLError

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_oauthlib.client import OAuthException
from markupsafe import Markup
from requests import RequestException

from . import providers
from .logins import begin_login, end_login
from .people import find_or_create
from .redirects import own_page
from .request_tokens import keep, take
from .state import begin, finish

bp = Blueprint("auth", __name__)

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "{} could not sign you in. Please try again."
IT_SAYS = "<strong>{}</strong> says: {}"
NOT_SET_UP = "{} is not set up here: it has no key and no secret."
SOMEBODY_ELSE = "Whoever began to link {} is not logged in here any more. It was not linked."
MINE_ALREADY = "{} is a way in to your account already."
TAKEN = (
    "This {} account is a way in to another account here, so it was not linked. Is that other account yours, too? "
    "Then you can make one of the two."
)
LINKED = "From now on you can sign in with {}, too."


def sign_in(name, profile, answer):
    """Logs in the user who has `profile.subject` at the provider. `answer` is the response with the access token."""
    user = find_or_create(name, profile)
    end_login()
    page = session.pop("next", None) or url_for("pages.welcome")
    if session.get("_user_id") not in (None, user.get_id()):  # also if that user is deleted
        session.clear()
    begin_login(user, name, profile.subject)
    login_user(user)
    session["provider"] = name
    # exercise 9.9: no token in the cookie
    # stub: # The photo album of next month needs the access token.
    # stub: session["token"] = answer.get("access_token") or answer.get("oauth_token")
    # end 9.9
    return redirect(page)


def linked(name, profile, user_id):
    """Links the identity for the user with this ID, who comes back from the provider."""
    label = providers.find(name).label
    if current_user.get_id() != str(user_id):
        return sorry(SOMEBODY_ELSE.format(label))
    user = current_user._get_current_object()
    before = [(one.provider, one.subject) for one in user.identities]
    owner = find_or_create(name, profile, user)
    if (name, profile.subject) in before:
        return sorry(MINE_ALREADY.format(label), "account.page")
    if owner.id != user.id:
        session["proved"] = {"user": owner.id, "by": user.id, "at": time.time()}
        return sorry(TAKEN.format(label), "account.page")
    flash(LINKED.format(label))
    return redirect(url_for("account.page"))


def sorry(message, page="pages.index"):
    """Sends the browser to a page that shows the message."""
    flash(message)
    return redirect(url_for(page))


def swapped(remote, pair):
    """Exchanges the callback's code or verifier. The provider's response has an access token, and maybe more. `pair` is
    the request token and its secret, which only OAuth 1.0a has."""
    if remote.request_token_url:
        session[f"{remote.name}_oauthtok"] = pair  # Flask-OAuthlib looks for it there
        return remote.authorized_response()
    # authorized_response() would forget the redirect URI after the first tab
    return remote.handle_oauth2_response(request.args)


@bp.route("/logout", methods=["POST"])
def logout():
    end_login()
    session.clear()
    logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
    flash("You are logged out of this app.")
    return redirect(url_for("pages.index"))


@bp.route("/login/<name>")
def login(name):
    session["next"] = own_page(request.args.get("next"))
    return send_to(name)


def send_to(name, user_id=None):
    """Sends the browser to a provider for a login. With `user_id`, for a link to the user with this ID."""
    if providers.find(name) is None:
        abort(404)
    callback = url_for("auth.authorized", name=name, _external=True)
    remote = providers.remote_app(name)
    if remote.request_token_url:
        answer = remote.authorize(callback=callback)
        pair = session.pop(f"{name}_oauthtok")
        keep(pair)
        if user_id is not None:
            begin(name, user_id, pair[0])
        return answer
    started = begin(name, user_id)
    sent = {"state": started["state"]}
    if "openid" in remote.request_token_params.get("scope", ""):
        sent["nonce"] = started["nonce"]
    return remote.authorize(callback=callback, **sent)


@bp.route("/auth/<name>/callback")
def authorized(name):
    provider = providers.find(name)
    if provider is None:
        abort(404)
    remote = providers.remote_app(name)
    pair = None
    if remote.request_token_url:
        token = request.args.get("oauth_token") or request.args.get("denied", "")
        pair = take(token)
        started = finish(name, token) or (pair and {"user": None, "nonce": None})
    else:
        started = finish(name, request.args.get("state", ""))
    # exercise 9.17: keep: end a login that this browser did not begin
    # stub: if started is None:
    # stub:     return sorry(NOT_OURS)
    # stub: page = "pages.index" if started["user"] is None else "account.page"
    if started is None:
        return sorry(NOT_OURS)
    page = "pages.index" if started["user"] is None else "account.page"
    # end 9.17
    # exercise 9.8: the response comes from the provider where the login began
    if request.args.get("iss") != provider.issuer():
        return sorry(NOT_OURS, page)
    # end 9.8
    if "denied" in request.args or request.args.get("error") == "access_denied":
        return sorry(DENIED, page)
    if "error" in request.args:
        return failed(provider, request.args.get("error_description", ""), page)
    try:
        answer = swapped(remote, pair)
        profile = provider.profile(remote, answer, started["nonce"])
    except (OAuthException, OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        current_app.logger.warning("%s signs nobody in: %r", provider.label, error)
        return sorry(NO_HELP.format(provider.label), page)
    if started["user"] is not None:
        return linked(name, profile, started["user"])
    return sign_in(name, profile, answer)


def failed(provider, said, page):
    """Shows that the provider could not sign the user in, and what the provider said."""
    # exercise 9.4: what the provider said is text
    # stub: flash(Markup(IT_SAYS.format(provider.label, said)))
    flash(Markup(IT_SAYS).format(provider.label, said))
    # end 9.4
    return sorry(NO_HELP.format(provider.label), page)


@bp.app_errorhandler(providers.NotSetUp)
def not_set_up(error):
    return sorry(NOT_SET_UP.format(error))


@bp.app_errorhandler(OAuthException)
@bp.app_errorhandler(URLError)
@bp.app_errorhandler(ConnectionError)
@bp.app_errorhandler(HTTPException)
@bp.app_errorhandler(RequestException)
def refused(error):
    return render_template("refused.html"), 502
