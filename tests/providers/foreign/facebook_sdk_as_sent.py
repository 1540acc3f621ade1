"""facebook-sdk 3.1.0: v2.8, the exchange by GET, a longer-lived token, and fields of the picture in braces."""

import os

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("FACEBOOK")
GRAPH = f"{os.environ['FACEBOOK_GRAPH_URL']}/v2.8"

back = asked(f"{URL}/v2.8/dialog/oauth", client_id=KEY, redirect_uri=CALLBACK, scope="email")
app = {"client_id": KEY, "client_secret": SECRET}
asks = {"code": back["code"], "redirect_uri": CALLBACK, **app}
token = answer("GET", f"{GRAPH}/oauth/access_token", params=asks).json()["access_token"]
asks = {**app, "grant_type": "fb_exchange_token", "fb_exchange_token": token, "access_token": token}
assert answer("GET", f"{GRAPH}/oauth/access_token", params=asks).json()["access_token"]
asks = {"fields": "id,name,email,picture{url,height}", "access_token": token}
profile = answer("GET", f"{GRAPH}/me", params=asks).json()
assert set(profile.pop("picture")["data"]) == {"url", "height"}
told(profile)
