"""Log in with X, as requests-oauthlib's documentation writes it (OAuth 1 Workflow)."""

import json
import os

from requests_oauthlib import OAuth1Session

URL = os.environ["TWITTER_URL"]
session = OAuth1Session(
    os.environ["TWITTER_KEY"], client_secret=os.environ["TWITTER_SECRET"], callback_uri=os.environ["CALLBACK"]
)
asked = session.fetch_request_token(f"{URL}/oauth/request_token", timeout=10)
assert asked["oauth_callback_confirmed"] == "true"
print(session.authorization_url(f"{URL}/oauth/authorize"), flush=True)
session.parse_authorization_response(input())
token = session.fetch_access_token(f"{URL}/oauth/access_token", timeout=10)
answer = session.get(f"{URL}/1.1/account/verify_credentials.json?include_email=true&q=Chén", timeout=10)
print(json.dumps([token["screen_name"], answer.json()]))
