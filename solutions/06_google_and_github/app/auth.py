"""Logging in and out."""

from http.client import HTTPException
from urllib.error import URLError

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_oauthlib.client import OAuthException
from requests import RequestException

from . import providers
from .models import Identity, User, db
from .state import begin, finish

bp = Blueprint("auth", __name__)

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "{} could not sign you in. Please try again."
NOT_SET_UP = "{} is not set up here: it has no key and no secret."


def sign_in(provider, profile):
    """Logs in the user who has `profile.subject` at the provider, and creates the user the first time."""
    known = db.select(Identity).filter_by(provider=provider, subject=profile.subject)
    identity = db.session.execute(known).scalar_one_or_none()
    if identity is None:
        identity = Identity(provider=provider, subject=profile.subject)
        if current_user.is_authenticated:
            identity.user = current_user._get_current_object()
        else:
            identity.user = User(name=profile.name, email=profile.email)
        db.session.add(identity)
    # exercise 6.2: keep the email address and email_verified, at each login
    identity.email = profile.email
    identity.email_verified = profile.email_verified
    # end 6.2
    user = identity.user
    db.session.commit()
    login_user(user)
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


# exercise 6.10: leave it as it is: nothing stays in the session
# stub: @bp.route("/logout", methods=["POST"])
# stub: def logout():
# stub:     session.clear()
# stub:     logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
# stub:     flash("You are logged out of this app.")
# stub:     return redirect(url_for("pages.index"))
@bp.route("/logout", methods=["POST"])
def logout():
    session.clear()
    logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
    flash("You are logged out of this app.")
    return redirect(url_for("pages.index"))


# end 6.10


# exercise 6.1: one view that redirects the browser to any provider
# stub: @bp.route("/login/<name>")
# stub: def login(name):
# stub:     return sorry("Nobody sends you there yet: exercise 6.1.")
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
    # exercise 6.7: OpenID Connect: the nonce comes back in the ID token
    if "openid" in remote.request_token_params.get("scope", ""):
        sent["nonce"] = started["nonce"]
    # end 6.7
    return remote.authorize(callback=callback, **sent)


# end 6.1


# exercise 6.1: one callback view for all providers
# stub: @bp.route("/auth/<name>/callback")
# stub: def authorized(name):
# stub:     return sorry("Nobody picks you up yet: exercise 6.1.")
@bp.route("/auth/<name>/callback")
def authorized(name):
    provider = providers.find(name)
    if provider is None:
        abort(404)
    remote = providers.remote_app(name)
    nonce = None
    if not remote.request_token_url:
        started = finish(name, request.args.get("state", ""))
        if started is None:
            return sorry(NOT_OURS)
        nonce = started["nonce"]
    if "denied" in request.args or request.args.get("error") == "access_denied":
        return sorry(DENIED)
    try:
        profile = provider.profile(remote, swapped(remote), nonce)
    except (OAuthException, OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        current_app.logger.warning("%s signs nobody in: %r", provider.label, error)
        return sorry(NO_HELP.format(provider.label))
    return sign_in(name, profile)


# end 6.1


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
