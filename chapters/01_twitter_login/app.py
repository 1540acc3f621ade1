"""Step 01: sign in with Twitter."""

import os

from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.cli import load_dotenv

import workbook.compat  # lets Flask-OAuthlib run on today's Flask
from flask_oauthlib.client import OAuth, OAuthException

load_dotenv()  # so that `python app.py` finds the same URLs and keys as `flask run`

app = Flask(__name__)
app.secret_key = "development"  # signs the session cookie; step 02 moves it out of the code

TWITTER_URL = os.environ.get("TWITTER_URL", "https://api.twitter.com")
TWITTER_KEY = os.environ.get("TWITTER_KEY")
TWITTER_SECRET = os.environ.get("TWITTER_SECRET")

oauth = OAuth(app)

# TODO 1.1: register Twitter as a remote app
twitter = None


@app.route("/")
def index():
    return render_template("index.html")


@app.route("/login")
def login():
    # TODO 1.2: redirect the browser to Twitter, with your callback URL
    if twitter is None:
        return "The app does not know Twitter yet: exercise 1.1.", 501
    return twitter.authorize(callback=url_for("index", _external=True))


@app.route("/auth/twitter/callback")
def oauth_authorized():
    # TODO 1.3: get the access token, and keep it in the session with the user's screen name
    # TODO 1.4: if the user denied access, there is no token
    # TODO 1.7: redirect to the page that the user wanted
    return "Twitter sent you back, and nobody picks you up yet: exercise 1.3.", 501


# TODO 1.5: give Flask-OAuthlib the access token of the user


@app.route("/welcome")
def welcome():
    # TODO 1.6: if no one is logged in, redirect to the front page
    # TODO 1.5: ask Twitter for the user's profile
    profile = {}
    return render_template("welcome.html", profile=profile)


@app.errorhandler(OAuthException)
def refused(error):
    return render_template("refused.html", message=error.message), 502


if __name__ == "__main__":
    app.run()
