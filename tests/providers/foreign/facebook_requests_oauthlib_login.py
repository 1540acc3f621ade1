"""Facebook, as requests-oauthlib's documentation writes it (OAuth 2 Facebook Example), with its compliance fix."""

import json
import os

from requests_oauthlib import OAuth2Session
from requests_oauthlib.compliance_fixes import facebook_compliance_fix

GRAPH = os.environ["FACEBOOK_GRAPH_URL"]
facebook = OAuth2Session(
    os.environ["FACEBOOK_KEY"], redirect_uri=os.environ["CALLBACK"], scope=["public_profile", "email"]
)
facebook = facebook_compliance_fix(facebook)
address, state = facebook.authorization_url(f"{os.environ['FACEBOOK_URL']}/dialog/oauth")
print(address, flush=True)
facebook.fetch_token(
    f"{GRAPH}/oauth/access_token",
    client_secret=os.environ["FACEBOOK_SECRET"],
    authorization_response=input(),
    timeout=10,
)
print(json.dumps(facebook.get(f"{GRAPH}/me?fields=id,name,email", timeout=10).json()))
