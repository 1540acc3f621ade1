"""An app that signs with oauthlib, with the callback in the header, and puts oauth_callback into the body, too."""

from urllib.parse import parse_qsl, urlencode

from as_sent import CALLBACK, answer, asked, keys, told
from oauthlib.oauth1 import Client

URL, KEY, SECRET = keys("TWITTER")


def signed(method, path, body="", **more):
    address, headers, _ = Client(KEY, SECRET, **more).sign(URL + path, method)
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return answer(method, address, data=body, headers=headers)


twice = urlencode({"oauth_callback": CALLBACK})
pair = dict(parse_qsl(signed("POST", "/oauth/request_token", twice, callback_uri=CALLBACK).text))
back = asked(f"{URL}/oauth/authenticate", oauth_token=pair["oauth_token"])
more = {"resource_owner_key": pair["oauth_token"], "resource_owner_secret": pair["oauth_token_secret"]}
answered = signed("POST", "/oauth/access_token", verifier=back["oauth_verifier"], **more)
token = dict(parse_qsl(answered.text))
more = {"resource_owner_key": token["oauth_token"], "resource_owner_secret": token["oauth_token_secret"]}
me = signed("GET", "/1.1/account/verify_credentials.json?include_email=true", **more)
told({"screen_name": token["screen_name"], **me.json()})
