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
    # TODO 6.2: keep the email address and email_verified, at each login
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


# TODO 6.10: leave it as it is: nothing stays in the session
@bp.route("/logout", methods=["POST"])
def logout():
    session.clear()
    logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
    flash("You are logged out of this app.")
    return redirect(url_for("pages.index"))


# TODO 6.1: one view that redirects the browser to any provider
# TODO 6.7: OpenID Connect: the nonce comes back in the ID token
@bp.route("/login/<name>")
def login(name):
    return sorry("Nobody sends you there yet: exercise 6.1.")


# TODO 6.1: one callback view for all providers
@bp.route("/auth/<name>/callback")
def authorized(name):
    return sorry("Nobody picks you up yet: exercise 6.1.")


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
