"""Flask-OAuthlib, the steps' own library, at the provider that PROVIDER names, as its documentation writes it.

Flask's test client sends the requests: this program prints the first redirect, and reads the callback.
"""

import json
import os
from urllib.parse import urlsplit

import workbook.compat  # noqa: F401

# isort: split
from flask import Flask, session
from flask_oauthlib.client import OAuth

PROVIDER = os.environ["PROVIDER"]
CALLBACK = os.environ["CALLBACK"]
URL = os.environ[f"{PROVIDER.upper()}_URL"]
REST = {
    "facebook": {
        "request_token_params": {"scope": "email"},
        "base_url": os.environ["FACEBOOK_GRAPH_URL"] + "/",
        "access_token_url": "oauth/access_token",
        "authorize_url": f"{URL}/dialog/oauth",
    },
    "google": {
        "request_token_params": {"scope": "openid email profile"},
        "base_url": URL + "/",
        "access_token_url": "token",
        "authorize_url": f"{URL}/o/oauth2/v2/auth",
    },
    "github": {
        "request_token_params": {"scope": "read:user user:email"},
        "base_url": os.environ["GITHUB_API_URL"] + "/",
        "access_token_url": f"{URL}/login/oauth/access_token",
        "authorize_url": f"{URL}/login/oauth/authorize",
    },
}[PROVIDER]
ASK = {"facebook": "me?fields=id,name,email", "google": "v1/userinfo", "github": "user"}[PROVIDER]

app = Flask(__name__)
app.testing = True  # errors are raised, not shown
app.secret_key = os.urandom(16)
remote = OAuth(app).remote_app(
    PROVIDER,
    consumer_key=os.environ[f"{PROVIDER.upper()}_KEY"],
    consumer_secret=os.environ[f"{PROVIDER.upper()}_SECRET"],
    request_token_url=None,
    access_token_method="POST",
    **REST,
)


@remote.tokengetter
def token():
    return session.get("token")


@app.route("/login")
def login():
    return remote.authorize(callback=CALLBACK)


@app.route(urlsplit(CALLBACK).path)
def callback():
    session["token"] = (remote.authorized_response()["access_token"], "")
    told = dict(remote.get(ASK).data)
    if PROVIDER == "github":
        told["emails"] = remote.get("user/emails").data
    return told


browser = app.test_client()
home = f"{urlsplit(CALLBACK).scheme}://{urlsplit(CALLBACK).netloc}"
print(browser.get("/login", base_url=home).location, flush=True)
back = urlsplit(input())
print(json.dumps(browser.get(f"{back.path}?{back.query}", base_url=home).json))
