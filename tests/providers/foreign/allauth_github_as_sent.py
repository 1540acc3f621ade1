"""django-allauth 65.22.1 with GITHUB_URL: form-encoded, and the API below /api/v3."""

from urllib.parse import parse_qsl

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("GITHUB")

back = asked(
    f"{URL}/login/oauth/authorize",
    client_id=KEY,
    redirect_uri=CALLBACK,
    scope="user:email",
    response_type="code",
)
form = {
    "redirect_uri": CALLBACK,
    "grant_type": "authorization_code",
    "code": back["code"],
    "client_id": KEY,
    "client_secret": SECRET,
}
token = dict(parse_qsl(answer("POST", f"{URL}/login/oauth/access_token", data=form).text))["access_token"]
headers = {"Authorization": f"token {token}"}
profile = answer("GET", f"{URL}/api/v3/user", headers=headers).json()
told({**profile, "emails": answer("GET", f"{URL}/api/v3/user/emails", headers=headers).json()})
