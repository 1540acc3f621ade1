"""Facebook with Authlib's client on requests, as its documentation writes it (OAuth 2 Session)."""

import json
import os

from authlib.integrations.requests_client import OAuth2Session

GRAPH = os.environ["FACEBOOK_GRAPH_URL"]
session = OAuth2Session(
    os.environ["FACEBOOK_KEY"],
    os.environ["FACEBOOK_SECRET"],
    redirect_uri=os.environ["CALLBACK"],
    scope="email public_profile",
    token_endpoint_auth_method="client_secret_post",
)
address, state = session.create_authorization_url(f"{os.environ['FACEBOOK_URL']}/v25.0/dialog/oauth")
print(address, flush=True)
session.fetch_token(
    f"{GRAPH}/v25.0/oauth/access_token", authorization_response=input(), state=state, timeout=10
)
print(json.dumps(session.get(f"{GRAPH}/v25.0/me?fields=id,name,email", timeout=10).json()))
