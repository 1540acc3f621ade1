"""Step 04: users in a database."""

import hmac
import os
import secrets
from http.client import HTTPException
from urllib.error import URLError

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.cli import load_dotenv
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_sqlalchemy import SQLAlchemy

import workbook.compat  # lets Flask-OAuthlib run on today's Flask
from flask_oauthlib.client import OAuth, OAuthException

load_dotenv()  # so that `python app.py` finds the same URLs and keys as `flask run`

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
# Without DATABASE_URL, the users are in the file instance/people.db.
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///people.db")
db = SQLAlchemy(app)
login_manager = LoginManager(app)
login_manager.login_view = "index"

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
facebook = oauth.remote_app(
    "facebook",
    consumer_key=FACEBOOK_KEY,
    consumer_secret=FACEBOOK_SECRET,
    request_token_params={"scope": "email"},
    authorize_url=f"{FACEBOOK_URL}/v25.0/dialog/oauth",
    access_token_url=f"{FACEBOOK_GRAPH_URL}/v25.0/oauth/access_token",
    access_token_method="POST",
    base_url=f"{FACEBOOK_GRAPH_URL}/v25.0/",
)

DENIED = "You denied the request to sign in."
NOT_OURS = "This sign-in is over already, or did not begin here. Please try again."
NO_HELP = "Facebook could not sign you in. Please try again."
TABS = 5  # the most unfinished logins in one browser
COLUMNS = {"Twitter": "twitter_id", "Facebook": "facebook_id"}


class User(UserMixin, db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    # TODO 4.1: add a name, an email address, and a column for each provider


with app.app_context():
    db.create_all()


# TODO 4.3: give Flask-Login the user with the ID from the session
@login_manager.user_loader
def load_user(user_id):
    return None


@app.route("/")
def index():
    return render_template("index.html")


# TODO 4.3: only for a user who is logged in, with the data from the database
@app.route("/welcome")
def welcome():
    if "user" not in session:
        return redirect(url_for("index"))
    return render_template("welcome.html", user=session["user"])


@app.route("/logout", methods=["POST"])
def logout():
    session.clear()
    logout_user()  # leaves a note in the session that the remember cookie must be deleted
    flash("You are logged out of this app.")
    return redirect(url_for("index"))


def sign_in(provider, subject, name, email):
    """Logs in the user who has this subject at the provider, and creates the user the first time."""
    # TODO 4.2: find the user, or create one
    # TODO 4.4: if a user is logged in, add the provider's ID to this user
    user = None
    # TODO 4.3: log the user in
    session["user"] = {"name": name, "email": email}
    session["provider"] = provider
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


def new_state():
    """A random string for one login, which no attacker can guess. The session keeps it until the callback comes."""
    state = secrets.token_urlsafe()
    session["states"] = [*session.get("states", []), state][-TABS:]
    return state


def is_ours(state):
    """True if this browser began the login that comes back with this state. A state works for one callback."""
    waiting = session.get("states", [])
    mine = [one for one in waiting if hmac.compare_digest(one.encode(), state.encode())]
    session["states"] = [one for one in waiting if one not in mine]
    return bool(mine)


@app.route("/login/facebook")
def facebook_login():
    session["next"] = request.args.get("next")
    return facebook.authorize(callback=url_for("facebook_authorized", _external=True), state=new_state())


@app.route("/auth/facebook/callback")
def facebook_authorized():
    # TODO 4.9: if this browser did not begin the login, log no one in, and add nothing
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
    return sign_in("Facebook", subject, name, me.get("email"))


@app.errorhandler(OAuthException)
@app.errorhandler(URLError)
@app.errorhandler(ConnectionError)
@app.errorhandler(HTTPException)
def refused(error):
    return render_template("refused.html"), 502


if __name__ == "__main__":
    app.run()
