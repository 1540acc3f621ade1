"""authomatic 1.3.0: dialog and exchange without a version, `me` at v2.3, and the scopes of its user_info_scope."""

import os

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("FACEBOOK")
GRAPH = os.environ["FACEBOOK_GRAPH_URL"]
SCOPE = "email public_profile user_birthday user_location"
FIELDS = "id,first_name,last_name,picture,email,gender,timezone,location,birthday,locale"

back = asked(f"{URL}/dialog/oauth", redirect_uri=CALLBACK, response_type="code", client_id=KEY, scope=SCOPE)
form = {
    "code": back["code"],
    "client_id": KEY,
    "client_secret": SECRET,
    "redirect_uri": CALLBACK,
    "grant_type": "authorization_code",
}
token = answer("POST", f"{GRAPH}/oauth/access_token", data=form, auth=(KEY, SECRET)).json()["access_token"]
headers = {"Authorization": f"Bearer {token}"}
profile = answer("GET", f"{GRAPH}/v2.3/me", params={"fields": FIELDS}, headers=headers).json()
told({**profile, "name": f"{profile['first_name']} {profile['last_name']}"})
