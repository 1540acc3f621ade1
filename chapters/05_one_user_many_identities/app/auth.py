"""Logging in and out."""

from http.client import HTTPException
from urllib.error import URLError

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from flask_oauthlib.client import OAuthException

# TODO 5.5: sign_in needs both models
from .models import User, db
from .providers import facebook, twitter
from .state import is_ours, new_state

bp = Blueprint("auth", __name__)

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "Facebook could not sign you in. Please try again."


def sign_in(provider, subject, name, email):
    """Logs in the user who has this subject at the provider, and creates the user the first time."""
    # TODO 5.5: find the identity, or create one
    # TODO 5.6: if a user is logged in, add the identity to this user
    column = f"{provider}_id"
    user = db.session.execute(db.select(User).filter_by(**{column: subject})).scalar_one_or_none()
    if user is None and current_user.is_authenticated:
        if getattr(current_user, column) is not None:
            return sorry(f"You have another {provider.title()} account here already.")
        user = current_user
        setattr(user, column, subject)
    if user is None:
        user = User(name=name, email=email, **{column: subject})
        db.session.add(user)
    db.session.commit()
    login_user(user)
    session["provider"] = provider
    return redirect(session.pop("next", None) or url_for("pages.welcome"))


def sorry(message):
    """Sends the browser to the front page, which shows the message."""
    flash(message)
    return redirect(url_for("pages.index"))


# TODO 5.11: leave it as it is: nothing stays in the session
@bp.route("/logout", methods=["POST"])
def logout():
    session.clear()
    logout_user()  # after clear(): this leaves a note in the session to delete the remember cookie
    flash("You are logged out of this app.")
    return redirect(url_for("pages.index"))


# Twitter: OAuth 1.0a


@bp.route("/login/twitter")
def twitter_login():
    session["next"] = request.args.get("next")
    return twitter.authorize(callback=url_for("auth.twitter_authorized", _external=True))


@bp.route("/auth/twitter/callback")
def twitter_authorized():
    resp = twitter.authorized_response()
    if resp is None:
        return sorry(DENIED)
    answer = twitter.get(
        "account/verify_credentials.json",
        data={"include_email": "true"},
        token=(resp["oauth_token"], resp["oauth_token_secret"]),
    )
    if answer.status != 200:
        raise OAuthException("Twitter did not say who this is.")
    profile = answer.data
    return sign_in("twitter", profile["id_str"], profile["name"], profile.get("email"))


# Facebook: OAuth 2


@bp.route("/login/facebook")
def facebook_login():
    session["next"] = request.args.get("next")
    return facebook.authorize(callback=url_for("auth.facebook_authorized", _external=True), state=new_state())


@bp.route("/auth/facebook/callback")
def facebook_authorized():
    # TODO 5.10: leave it as it is: a login works once, in the browser that began it, and a denial logs no one in
    if not is_ours(request.args.get("state", "")):
        return sorry(NOT_OURS)
    if "code" not in request.args:
        return sorry(DENIED if request.args.get("error") == "access_denied" else NO_HELP)
    try:
        # authorized_response() forgets the redirect URI after the first tab
        token = facebook.handle_oauth2_response(request.args)["access_token"]
        me = facebook.get("me", data={"fields": "id,name,email"}, token=(token, "")).data
        subject, name = me["id"], me["name"]
    except (OAuthException, OSError, HTTPException, ValueError, LookupError, TypeError):
        return sorry(NO_HELP)
    return sign_in("facebook", subject, name, me.get("email"))


@bp.app_errorhandler(OAuthException)
@bp.app_errorhandler(URLError)
@bp.app_errorhandler(ConnectionError)
@bp.app_errorhandler(HTTPException)
def refused(error):
    return render_template("refused.html"), 502
