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

# exercise 1.1: register Twitter as a remote app
# stub: twitter = None
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
# end 1.1


@app.route("/")
def index():
    return render_template("index.html")


@app.route("/login")
def login():
    # exercise 1.2: redirect the browser to Twitter, with your callback URL
    # stub: if twitter is None:
    # stub:     return "The app does not know Twitter yet: exercise 1.1.", 501
    # stub: return twitter.authorize(callback=url_for("index", _external=True))
    callback = url_for("oauth_authorized", next=request.args.get("next"), _external=True)
    return twitter.authorize(callback=callback)
    # end 1.2


@app.route("/auth/twitter/callback")
def oauth_authorized():
    # exercise 1.3: get the access token, and keep it in the session with the user's screen name
    # stub: return "Twitter sent you back, and nobody picks you up yet: exercise 1.3.", 501
    resp = twitter.authorized_response()
    # exercise 1.4: if the user denied access, there is no token
    if resp is None:
        flash("You denied the request to sign in.")
        return redirect(url_for("index"))
    # end 1.4
    session["twitter_token"] = (resp["oauth_token"], resp["oauth_token_secret"])
    session["twitter_user"] = resp["screen_name"]
    # exercise 1.7: redirect to the page that the user wanted
    # stub: return redirect(url_for("welcome"))
    return redirect(request.args.get("next") or url_for("welcome"))
    # end 1.7
    # end 1.3


# exercise 1.5: give Flask-OAuthlib the access token of the user
@twitter.tokengetter
def get_twitter_token():
    return session.get("twitter_token")


# end 1.5


@app.route("/welcome")
def welcome():
    # exercise 1.6: if no one is logged in, redirect to the front page
    if "twitter_token" not in session:
        return redirect(url_for("index"))
    # end 1.6
    # exercise 1.5: ask Twitter for the user's profile
    # stub: profile = {}
    answer = twitter.get("account/verify_credentials.json")
    if answer.status != 200:
        raise OAuthException("Twitter did not say who this is.")
    profile = answer.data
    # end 1.5
    return render_template("welcome.html", profile=profile)


@app.errorhandler(OAuthException)
def refused(error):
    return render_template("refused.html", message=error.message), 502


if __name__ == "__main__":
    app.run()
