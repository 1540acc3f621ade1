"""Google, as requests-oauthlib's documentation writes it (OAuth 2 Google Example)."""

import json
import os

from requests_oauthlib import OAuth2Session

URL = os.environ["GOOGLE_URL"]
scope = [
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
]
google = OAuth2Session(os.environ["GOOGLE_KEY"], scope=scope, redirect_uri=os.environ["CALLBACK"])
address, state = google.authorization_url(
    f"{URL}/o/oauth2/v2/auth", access_type="offline", prompt="select_account"
)
print(address, flush=True)
google.fetch_token(
    f"{URL}/token",
    client_secret=os.environ["GOOGLE_SECRET"],
    authorization_response=input(),
    timeout=10,
)
print(json.dumps(google.get(f"{URL}/v1/userinfo", timeout=10).json()))
