"""passport-facebook 3.0.0 (Node): v3.2, enableProof, and middle_name and more among the fields."""

import hashlib
import hmac
import os

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("FACEBOOK")
GRAPH = f"{os.environ['FACEBOOK_GRAPH_URL']}/v3.2"
AGENT = {"User-Agent": "Node-oauth"}
FIELDS = "id,name,last_name,first_name,middle_name,email,picture,gender,link"

back = asked(
    f"{URL}/v3.2/dialog/oauth", response_type="code", redirect_uri=CALLBACK, scope="email", client_id=KEY
)
form = {
    "grant_type": "authorization_code",
    "redirect_uri": CALLBACK,
    "client_id": KEY,
    "client_secret": SECRET,
    "code": back["code"],
}
token = answer("POST", f"{GRAPH}/oauth/access_token", data=form, headers=AGENT).json()["access_token"]
proof = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
asks = {"appsecret_proof": proof, "fields": FIELDS, "access_token": token}
told(answer("GET", f"{GRAPH}/me", params=asks, headers=AGENT).json())
