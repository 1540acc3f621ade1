"""Flask-Dance's own blueprint for the provider that PROVIDER names, in an app as its quickstart writes it.

Flask's test client sends the requests: this program prints the first redirect, and reads the callback.
"""

import json
import os
from urllib.parse import urlsplit

from flask import Flask
from flask_dance.contrib.facebook import make_facebook_blueprint
from flask_dance.contrib.github import make_github_blueprint
from flask_dance.contrib.google import make_google_blueprint

PROVIDER = os.environ["PROVIDER"]
CALLBACK = urlsplit(os.environ["CALLBACK"])
KEYS = {
    "client_id": os.environ[f"{PROVIDER.upper()}_KEY"],
    "client_secret": os.environ[f"{PROVIDER.upper()}_SECRET"],
    "login_url": "/login",
    "authorized_url": CALLBACK.path,
}
URL = os.environ[f"{PROVIDER.upper()}_URL"]

# By their long names, because Google replies with these, and oauthlib compares.
LONG = "https://www.googleapis.com/auth/userinfo."
SCOPES = ["openid", f"{LONG}email", f"{LONG}profile"]

if PROVIDER == "facebook":
    blueprint = make_facebook_blueprint(scope=["email"], **KEYS)
    blueprint.authorization_url = f"{URL}/dialog/oauth"
    blueprint.token_url = f"{os.environ['FACEBOOK_GRAPH_URL']}/oauth/access_token"
    ASK = f"{os.environ['FACEBOOK_GRAPH_URL']}/me?fields=id,name,email"
elif PROVIDER == "google":
    blueprint = make_google_blueprint(scope=SCOPES, offline=True, **KEYS)
    blueprint.authorization_url = f"{URL}/o/oauth2/auth"
    blueprint.token_url = f"{URL}/o/oauth2/token"
    ASK = f"{URL}/oauth2/v3/userinfo"
else:
    blueprint = make_github_blueprint(scope="user:email", **KEYS)
    blueprint.authorization_url = f"{URL}/login/oauth/authorize"
    blueprint.token_url = f"{URL}/login/oauth/access_token"
    ASK = f"{os.environ['GITHUB_API_URL']}/user"

app = Flask(__name__)
app.testing = True  # errors are raised, not shown
app.secret_key = os.urandom(16)
app.register_blueprint(blueprint)


@app.route("/")
def index():
    answer = blueprint.session.get(ASK, timeout=10)
    return answer.json(), answer.status_code


browser = app.test_client()
home = f"{CALLBACK.scheme}://{CALLBACK.netloc}"
print(browser.get("/login", base_url=home).location, flush=True)
back = urlsplit(input())
done = browser.get(f"{back.path}?{back.query}", base_url=home)
assert done.status_code == 302 and urlsplit(done.location).path == "/", (done.location, done.text)
print(json.dumps(browser.get("/", base_url=home).json))
