"""Logging in and out."""

from http.client import HTTPException
from urllib.error import URLError

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from flask_oauthlib.client import OAuthException
from requests import RequestException

from . import providers
from .people import find_or_create
from .state import begin, finish

bp = Blueprint("auth", __name__)

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "{} could not sign you in. Please try again."
NOT_SET_UP = "{} is not set up here: it has no key and no secret."


def sign_in(provider, profile):
    """Logs in the user who has `profile.subject` at the provider."""
    login_user(find_or_create(provider, profile))
    session["provider"] = provider
    return redirect(session.pop("next", None) or url_for("pages.welcome"))


def sorry(message):
    """Sends the browser to the front page, which shows the message."""
    flash(message)
    return redirect(url_for("pages.index"))


def swapped(remote):
    """Exchanges the callback's code or verifier. The provider's response has an access token, and maybe more."""
    if remote.request_token_url:
        return remote.authorized_response()
    # authorized_response() would forget the redirect URI after the first tab
    return remote.handle_oauth2_response(request.args)


@bp.route("/logout", methods=["POST"])
def logout():
    session.clear()
    logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
    flash("You are logged out of this app.")
    return redirect(url_for("pages.index"))


@bp.route("/login/<name>")
def login(name):
    if providers.find(name) is None:
        abort(404)
    session["next"] = request.args.get("next")
    callback = url_for("auth.authorized", name=name, _external=True)
    remote = providers.remote_app(name)
    if remote.request_token_url:
        return remote.authorize(callback=callback)  # OAuth 1.0a has no state: the request token replaces it
    started = begin(name)
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
    nonce = None
    if not remote.request_token_url:
        # exercise 7.10: leave it as it is: a login works once, in the browser that began it
        # stub: started = finish(name, request.args.get("state", ""))
        # stub: if started is None:
        # stub:     return sorry(NOT_OURS)
        started = finish(name, request.args.get("state", ""))
        if started is None:
            return sorry(NOT_OURS)
        # end 7.10
        nonce = started["nonce"]
    if "denied" in request.args or request.args.get("error") == "access_denied":
        return sorry(DENIED)
    try:
        profile = provider.profile(remote, swapped(remote), nonce)
    except (OAuthException, OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        current_app.logger.warning("%s signs nobody in: %r", provider.label, error)
        return sorry(NO_HELP.format(provider.label))
    return sign_in(name, profile)


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
