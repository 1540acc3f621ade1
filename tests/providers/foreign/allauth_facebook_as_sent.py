"""django-allauth 65.22.1: v19.0, and its default fields, of which Facebook has withdrawn some."""

import hashlib
import hmac
import os

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("FACEBOOK")
GRAPH = f"{os.environ['FACEBOOK_GRAPH_URL']}/v19.0"
FIELDS = "id,email,name,first_name,last_name,verified,locale,timezone,link,gender,updated_time"

back = asked(
    f"{URL}/v19.0/dialog/oauth", client_id=KEY, redirect_uri=CALLBACK, scope="email", response_type="code"
)
asks = {
    "redirect_uri": CALLBACK,
    "grant_type": "authorization_code",
    "code": back["code"],
    "client_id": KEY,
    "client_secret": SECRET,
}
token = answer("GET", f"{GRAPH}/oauth/access_token", params=asks).json()["access_token"]
proof = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
asks = {"fields": FIELDS, "access_token": token, "appsecret_proof": proof}
told(answer("GET", f"{GRAPH}/me", params=asks).json())
