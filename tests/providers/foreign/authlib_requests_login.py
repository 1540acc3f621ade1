"""The same with Authlib's client on requests, as its documentation writes it (OAuth 1 Session)."""

import json
import os

from authlib.integrations.requests_client import OAuth1Session

URL = os.environ["TWITTER_URL"]
session = OAuth1Session(
    os.environ["TWITTER_KEY"], os.environ["TWITTER_SECRET"], redirect_uri=os.environ["CALLBACK"]
)
asked = session.fetch_request_token(f"{URL}/oauth/request_token", timeout=10)
assert asked["oauth_callback_confirmed"] == "true"
print(session.create_authorization_url(f"{URL}/oauth/authenticate", asked["oauth_token"]), flush=True)
session.parse_authorization_response(input())
token = session.fetch_access_token(f"{URL}/oauth/access_token", timeout=10)
answer = session.get(f"{URL}/1.1/account/verify_credentials.json?include_email=true&q=Ch%C3%A9n", timeout=10)
print(json.dumps([token["screen_name"], answer.json()]))
