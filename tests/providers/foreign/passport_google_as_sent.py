"""passport-google-oauth20 2.0.0 (Node): /oauth2/v4/token, and the access token in the query string of userinfo."""

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("GOOGLE")
AGENT = {"User-Agent": "Node-oauth"}

back = asked(
    f"{URL}/o/oauth2/v2/auth",
    response_type="code",
    redirect_uri=CALLBACK,
    scope="email profile",
    client_id=KEY,
)
form = {
    "grant_type": "authorization_code",
    "redirect_uri": CALLBACK,
    "client_id": KEY,
    "client_secret": SECRET,
    "code": back["code"],
}
token = answer("POST", f"{URL}/oauth2/v4/token", data=form, headers=AGENT).json()["access_token"]
told(answer("GET", f"{URL}/oauth2/v3/userinfo", params={"access_token": token}, headers=AGENT).json())
