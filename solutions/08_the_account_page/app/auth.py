"""Logging in and out."""

import time
from http.client import HTTPException
from urllib.error import URLError

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
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
SOMEBODY_ELSE = "Whoever began to link {} is not logged in here any more. It was not linked."
MINE_ALREADY = "{} is a way in to your account already."
TAKEN = (
    "This {} account is a way in to another account here, so it was not linked. Is that other account yours, too? "
    "Then you can make one of the two."
)
LINKED = "From now on you can sign in with {}, too."


def sign_in(name, profile):
    """Logs in the user who has `profile.subject` at the provider."""
    # exercise 8.2: a login never links
    # stub: me = current_user._get_current_object() if current_user.is_authenticated else None
    # stub: user = find_or_create(name, profile, me)
    user = find_or_create(name, profile)
    # end 8.2
    page = session.pop("next", None) or url_for("pages.welcome")
    # exercise 8.2: nothing of an earlier user stays in the session
    if session.get("_user_id") not in (None, user.get_id()):  # also if that user is deleted
        session.clear()
    # end 8.2
    login_user(user)
    session["provider"] = name
    return redirect(page)


def linked(name, profile, user_id):
    """Links the identity for the user with this ID, who comes back from the provider."""
    label = providers.find(name).label
    # exercise 8.5: is the current user still the user who began the link?
    if current_user.get_id() != str(user_id):
        return sorry(SOMEBODY_ELSE.format(label))
    # end 8.5
    # exercise 8.3: from now on the identity belongs to the current user
    # stub: return sorry("Nobody links it yet: exercise 8.3.")
    user = current_user._get_current_object()
    # exercise 8.6: which identities did the user have before?
    before = [(one.provider, one.subject) for one in user.identities]
    # end 8.6
    owner = find_or_create(name, profile, user)
    # exercise 8.6: who owns the identity, and what does the user see?
    if (name, profile.subject) in before:
        return sorry(MINE_ALREADY.format(label), "account.page")
    if owner.id != user.id:
        # exercise 8.10: now the user has proved that the other account is theirs, too
        session["proved"] = {"user": owner.id, "by": user.id, "at": time.time()}
        # end 8.10
        return sorry(TAKEN.format(label), "account.page")
    # end 8.6
    flash(LINKED.format(label))
    return redirect(url_for("account.page"))
    # end 8.3


def sorry(message, page="pages.index"):
    """Sends the browser to a page that shows the message."""
    flash(message)
    return redirect(url_for(page))


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
    session["next"] = request.args.get("next")
    return send_to(name)


def send_to(name, user_id=None):
    """Sends the browser to a provider for a login. With `user_id`, for a link to the user with this ID."""
    if providers.find(name) is None:
        abort(404)
    callback = url_for("auth.authorized", name=name, _external=True)
    remote = providers.remote_app(name)
    if remote.request_token_url:
        answer = remote.authorize(callback=callback)
        # exercise 8.4: OAuth 1.0a has no state, so a link waits under its request token
        if user_id is not None:
            token, _ = session[f"{name}_oauthtok"]
            begin(name, user_id, token)
        # end 8.4
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
    if remote.request_token_url:
        started = {"user": None, "nonce": None}
        # exercise 8.4: does the request token that Flask-OAuthlib is about to send belong to a link?
        token, _ = session.get(f"{name}_oauthtok", ("", ""))
        started = finish(name, token) or started
        # end 8.4
    else:
        started = finish(name, request.args.get("state", ""))
    # exercise 8.13: keep: end a login that this browser did not begin, and a login that the user denied
    # stub: if started is None:
    # stub:     return sorry(NOT_OURS)
    # stub: page = "pages.index" if started["user"] is None else "account.page"
    # stub: if "denied" in request.args or request.args.get("error") == "access_denied":
    # stub:     return sorry(DENIED, page)
    if started is None:
        return sorry(NOT_OURS)
    page = "pages.index" if started["user"] is None else "account.page"
    if "denied" in request.args or request.args.get("error") == "access_denied":
        return sorry(DENIED, page)
    # end 8.13
    try:
        profile = provider.profile(remote, swapped(remote), started["nonce"])
    except (OAuthException, OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        current_app.logger.warning("%s signs nobody in: %r", provider.label, error)
        return sorry(NO_HELP.format(provider.label), page)
    if started["user"] is not None:
        return linked(name, profile, started["user"])
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
