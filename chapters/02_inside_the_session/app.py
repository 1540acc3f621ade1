"""Step 02: inside the session."""

import os
from urllib.parse import parse_qsl

import requests
from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.cli import load_dotenv

import workbook.compat  # lets Flask-OAuthlib run on today's Flask
from by_hand import authorization, base_string, protocol_parameters, read_cookie, sign
from flask_oauthlib.client import OAuth, OAuthException

load_dotenv()  # so that `python app.py` finds the same URLs and keys as `flask run`

app = Flask(__name__)
# TODO 2.2: read the key that signs the session cookie from an environment variable
app.secret_key = "development"

TWITTER_URL = os.environ.get("TWITTER_URL", "https://api.twitter.com")
TWITTER_KEY = os.environ.get("TWITTER_KEY")
TWITTER_SECRET = os.environ.get("TWITTER_SECRET")

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


@app.route("/")
def index():
    return render_template("index.html")


@app.route("/login")
def login():
    callback = url_for("oauth_authorized", next=request.args.get("next"), _external=True)
    return twitter.authorize(callback=callback)


@app.route("/auth/twitter/callback")
def oauth_authorized():
    resp = twitter.authorized_response()
    if resp is None:
        flash("You denied the request to sign in.")
        return redirect(url_for("index"))
    session["twitter_token"] = (resp["oauth_token"], resp["oauth_token_secret"])
    session["twitter_user"] = resp["screen_name"]
    return redirect(request.args.get("next") or url_for("welcome"))


@twitter.tokengetter
def get_twitter_token():
    return session.get("twitter_token")


@app.route("/welcome")
def welcome():
    if "twitter_token" not in session:
        return redirect(url_for("index"))
    # TODO 2.8: ask for the user's email address, too
    answer = twitter.get("account/verify_credentials.json")
    if answer.status != 200:
        raise OAuthException("Twitter did not say who this is.")
    return render_template("welcome.html", profile=answer.data)


@app.route("/inside")
def inside():
    cookie = request.cookies.get("session")
    text = read_cookie(cookie) if cookie else "There is no session cookie."
    return render_template("inside.html", text=text)


@app.route("/by-hand")
def by_hand():
    """Asks Twitter for a request token, as twitter.authorize() does, and shows each part of that."""
    url = f"{TWITTER_URL}/oauth/request_token"
    parameters = protocol_parameters(TWITTER_KEY)
    parameters["oauth_callback"] = url_for("oauth_authorized", _external=True)
    text = base_string("POST", url, parameters)
    parameters["oauth_signature"] = sign(text, TWITTER_SECRET)
    headers = {"Authorization": authorization(parameters)}
    answer = requests.post(url, headers=headers, timeout=10)
    given = dict(parse_qsl(answer.text)) if answer.ok else {}
    if given:
        # TODO 2.6: keep the request token and its secret where Flask-OAuthlib looks for them at the callback
        pass
    return render_template(
        "by_hand.html",
        text=text,
        signature=parameters["oauth_signature"],
        answer=answer,
        go_on=f"{TWITTER_URL}/oauth/authenticate?oauth_token={given['oauth_token']}" if given else None,
    )


# TODO 2.9: log out, by POST


@app.errorhandler(OAuthException)
def refused(error):
    return render_template("refused.html", message=error.message), 502


if __name__ == "__main__":
    app.run()
