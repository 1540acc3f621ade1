"""twitter-api-v2 1.29.1 (Node): generateAuthLink, login, v1.verifyCredentials. The callback is in the body only. At
access_token oauth_token is in the header and in the body, and signed once."""

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import parse_qsl, quote, urlencode

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("TWITTER")


def escaped(text):
    return quote(text, safe="")


def signed(method, path, body, token="", token_secret=""):
    oauth = {
        "oauth_consumer_key": KEY,
        "oauth_nonce": secrets.token_urlsafe(24),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_version": "1.0",
        **({"oauth_token": token} if token else {}),
    }
    # In an object, a name that is in both has one value.
    every = sorted((escaped(name), escaped(value)) for name, value in {**oauth, **body}.items())
    text = "&".join(f"{name}={value}" for name, value in every)
    base = f"{method}&{escaped(URL + path)}&{escaped(text)}".encode()
    mac = hmac.new(f"{escaped(SECRET)}&{escaped(token_secret)}".encode(), base, hashlib.sha1)
    oauth["oauth_signature"] = base64.b64encode(mac.digest()).decode()
    header = ",".join(f'{name}="{escaped(value)}"' for name, value in sorted(oauth.items()))
    headers = {"Authorization": f"OAuth {header}"}
    if method == "GET":
        return answer(method, URL + path, params=body, headers=headers)
    headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8"
    return answer(method, URL + path, data=urlencode(body), headers=headers)


request_token = dict(parse_qsl(signed("POST", "/oauth/request_token", {"oauth_callback": CALLBACK}).text))
assert request_token["oauth_callback_confirmed"] == "true"
back = asked(f"{URL}/oauth/authorize", oauth_token=request_token["oauth_token"])
pair = request_token["oauth_token"], request_token["oauth_token_secret"]
body = {"oauth_token": pair[0], "oauth_verifier": back["oauth_verifier"]}
token = dict(parse_qsl(signed("POST", "/oauth/access_token", body, *pair).text))
pair = token["oauth_token"], token["oauth_token_secret"]
me = signed("GET", "/1.1/account/verify_credentials.json", {"include_email": "true"}, *pair)
told({"screen_name": token["screen_name"], **me.json()})
