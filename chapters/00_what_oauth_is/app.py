"""Step 00: "Sign in with Facebook" in four moves.

You change nothing in this app. Read it beside the diagram. From step 01 on you write such apps yourself, and a library
does for you the work that this app does by hand.
"""

import hmac
import os
import secrets
from urllib.parse import urlencode

import requests
from flask import Flask, flash, redirect, render_template, request, session, url_for
from flask.cli import load_dotenv

load_dotenv()  # so that `python app.py` finds the same URLs and keys as `flask run`

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]  # signs the session cookie

FACEBOOK_URL = os.environ.get("FACEBOOK_URL", "https://www.facebook.com")
FACEBOOK_GRAPH_URL = os.environ.get("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")
FACEBOOK_KEY = os.environ.get("FACEBOOK_KEY")
FACEBOOK_SECRET = os.environ.get("FACEBOOK_SECRET")

TIMEOUT = 10  # seconds; without it the app waits for ever if Facebook does not respond


# The first move: the button, and the route that it leads to.
@app.route("/")
def index():
    return render_template("index.html")


@app.route("/login")
def login():
    session["state"] = secrets.token_urlsafe(16)
    asked = {
        "client_id": FACEBOOK_KEY,
        "redirect_uri": url_for("callback", _external=True),
        "state": session["state"],
    }
    return redirect(f"{FACEBOOK_URL}/v25.0/dialog/oauth?{urlencode(asked)}")


# The second move is Facebook's: the user logs in there, and allows or denies access.


# The third move: the browser comes back, with a code.
@app.route("/auth/facebook/callback")
def callback():
    state = session.pop("state", None)
    came = request.args.get("state", "")
    if state is None or not hmac.compare_digest(state.encode(), came.encode()):
        flash("This sign-in did not begin here. Please try again.")
        return redirect(url_for("index"))
    if "code" not in request.args:
        flash("You denied the request to sign in.")
        return redirect(url_for("index"))

    # The fourth move: the app asks Facebook directly. The browser sees nothing of it.
    answer = requests.post(
        f"{FACEBOOK_GRAPH_URL}/v25.0/oauth/access_token",
        data={
            "client_id": FACEBOOK_KEY,
            "client_secret": FACEBOOK_SECRET,
            "redirect_uri": url_for("callback", _external=True),
            "code": request.args["code"],
        },
        timeout=TIMEOUT,
    )
    answer.raise_for_status()
    token = answer.json()["access_token"]
    answer = requests.get(
        f"{FACEBOOK_GRAPH_URL}/v25.0/me",
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT,
    )
    answer.raise_for_status()
    session["name"] = answer.json()["name"]
    return redirect(url_for("index"))


@app.errorhandler(requests.RequestException)
def failed(error):
    return render_template("failed.html"), 502


if __name__ == "__main__":
    app.run()
