"""GitHub, as requests-oauthlib's documentation writes it (GitHub OAuth 2 Tutorial)."""

import json
import os

from requests_oauthlib import OAuth2Session

URL = os.environ["GITHUB_URL"]
github = OAuth2Session(os.environ["GITHUB_KEY"], scope=["user:email"], redirect_uri=os.environ["CALLBACK"])
address, state = github.authorization_url(f"{URL}/login/oauth/authorize")
print(address, flush=True)
github.fetch_token(
    f"{URL}/login/oauth/access_token",
    client_secret=os.environ["GITHUB_SECRET"],
    authorization_response=input(),
    timeout=10,
)
profile = github.get(f"{os.environ['GITHUB_API_URL']}/user", timeout=10).json()
profile["emails"] = github.get(f"{os.environ['GITHUB_API_URL']}/user/emails", timeout=10).json()
print(json.dumps(profile))
