"""Step 03: sign in with Twitter or with Facebook."""

import hmac
import os
import secrets
from http.client import HTTPException
from urllib.error import URLError

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.cli import load_dotenv

import workbook.compat  # lets Flask-OAuthlib run on today's Flask
from flask_oauthlib.client import OAuth, OAuthException

load_dotenv()  # so that `python app.py` finds the same URLs and keys as `flask run`

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]

TWITTER_URL = os.environ.get("TWITTER_URL", "https://api.twitter.com")
TWITTER_KEY = os.environ.get("TWITTER_KEY")
TWITTER_SECRET = os.environ.get("TWITTER_SECRET")
FACEBOOK_URL = os.environ.get("FACEBOOK_URL", "https://www.facebook.com")
FACEBOOK_GRAPH_URL = os.environ.get("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
FACEBOOK_KEY = os.environ.get("FACEBOOK_KEY")
FACEBOOK_SECRET = os.environ.get("FACEBOOK_SECRET")

oauth = OAuth(app)
twitter = oauth.remote_app(
    "twitter",
    consumer_key=TWITTER_KEY,
    consumer_secret=TWITTER_SECRET,
    request_token_url=f"{TWITTER_URL}/oauth/request_token",
    request_token_method="POST",
    authorize_url=f"{TWITTER_URL}/oauth/authenticate",
    access_token_url=f"{TWITTER_URL}/oauth/access_token",
    base_url=f"{TWITTER_URL}/1.1/",
)
# TODO 3.1: register Facebook as a remote app
# TODO 3.9: ask for the permission to see the email address
facebook = None

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "Facebook could not sign you in. Please try again."
TABS = 5  # the most unfinished logins in one browser


@app.route("/")
def index():
    return render_template("index.html")


@app.route("/welcome")
def welcome():
    if "user" not in session:
        return redirect(url_for("index"))
    return render_template("welcome.html", user=session["user"])


@app.route("/logout", methods=["POST"])
def logout():
    session.clear()
    flash("You are logged out of this app.")
    return redirect(url_for("index"))


def sign_in(provider, subject, name, email):
    """Logs the user in. From now on the session has the user's data, and the provider that sent the data."""
    session["user"] = {"provider": provider, "subject": subject, "name": name, "email": email}
    return redirect(session.pop("next", None) or url_for("welcome"))


def sorry(message):
    """Sends the browser to the front page, which shows the message."""
    flash(message)
    return redirect(url_for("index"))


# Twitter: OAuth 1.0a


@app.route("/login/twitter")
def twitter_login():
    session["next"] = request.args.get("next")
    return twitter.authorize(callback=url_for("twitter_authorized", _external=True))


@app.route("/auth/twitter/callback")
def twitter_authorized():
    # TODO 3.13: leave it as it is: OAuth 1.0a has no state, and the request token in the session replaces it
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
    return sign_in("Twitter", profile["id_str"], profile["name"], profile.get("email"))


# Facebook: OAuth 2


# TODO 3.4: make a state for this login, and keep it in the session
# TODO 3.7: keep this state beside the states of other tabs
def new_state():
    return None


# TODO 3.5: was this state made in this browser?
# TODO 3.6: a state works once
def is_ours(state):
    return True


@app.route("/login/facebook")
def facebook_login():
    session["next"] = request.args.get("next")
    # TODO 3.1: redirect the browser to Facebook, with your redirect URI
    if facebook is None:
        return "The app does not know Facebook yet: exercise 3.1.", 501
    return facebook.authorize(callback=url_for("index", _external=True), state=new_state())


@app.route("/auth/facebook/callback")
def facebook_authorized():
    if not is_ours(request.args.get("state", "")):
        return sorry(NOT_OURS)
    # TODO 3.10: without a code, log no one in
    # TODO 3.2: exchange the code for an access token, and ask Facebook for the user
    # TODO 3.11: Facebook may respond with an error, with wrong data, or not at all
    # TODO 3.8: authorized_response() forgets the redirect URI after the first tab
    # TODO 3.9: the email address may be missing
    return "Facebook sent you back, and nobody picks you up yet: exercise 3.2.", 501


@app.errorhandler(OAuthException)
@app.errorhandler(URLError)
@app.errorhandler(ConnectionError)
@app.errorhandler(HTTPException)
def refused(error):
    return render_template("refused.html"), 502


if __name__ == "__main__":
    app.run()
