"""Authlib's client for Flask at the provider that PROVIDER names, as its documentation writes it (Flask OAuth Client).

At Google it gets only the discovery document, and verifies the ID token itself. Flask's test client sends the requests:
this program prints the first redirect, and reads the callback.
"""

import json
import os
from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuth
from flask import Flask

PROVIDER = os.environ["PROVIDER"]
CALLBACK = os.environ["CALLBACK"]
URL = os.environ[f"{PROVIDER.upper()}_URL"]

app = Flask(__name__)
app.testing = True  # errors are raised, not shown
app.secret_key = os.urandom(16)
oauth = OAuth(app)
keys = {
    "client_id": os.environ[f"{PROVIDER.upper()}_KEY"],
    "client_secret": os.environ[f"{PROVIDER.upper()}_SECRET"],
}
if PROVIDER == "google":
    client = oauth.register(
        "google",
        server_metadata_url=f"{URL}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
        **keys,
    )
else:
    client = oauth.register(
        "github",
        access_token_url=f"{URL}/login/oauth/access_token",
        authorize_url=f"{URL}/login/oauth/authorize",
        api_base_url=os.environ["GITHUB_API_URL"] + "/",
        client_kwargs={
            "scope": "read:user user:email",
            "code_challenge_method": "S256",
            "timeout": 10,
        },
        **keys,
    )


@app.route("/login")
def login():
    return client.authorize_redirect(CALLBACK)


@app.route(urlsplit(CALLBACK).path)
def callback():
    token = client.authorize_access_token()
    if PROVIDER == "google":
        told = client.userinfo()
        assert told["sub"] == token["userinfo"]["sub"] and token["userinfo"]["nonce"]
        return dict(told)
    return {**client.get("user").json(), "emails": client.get("user/emails").json()}


browser = app.test_client()
home = f"{urlsplit(CALLBACK).scheme}://{urlsplit(CALLBACK).netloc}"
print(browser.get("/login", base_url=home).location, flush=True)
back = urlsplit(input())
print(json.dumps(browser.get(f"{back.path}?{back.query}", base_url=home).json))
