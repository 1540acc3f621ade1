"""@octokit/oauth-methods 6.0.5 (Node): a baseUrl that ends in /api/v3, and JSON in the body of the exchange."""

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("GITHUB")
AGENT = {"User-Agent": "octokit-request.js/10.0.16 Node.js/20.20.2 (linux; x64)"}

back = asked(
    f"{URL}/login/oauth/authorize",
    allow_signup="true",
    client_id=KEY,
    redirect_uri=CALLBACK,
    scope="user:email",
    state="tr2fxl7q0u",
)
body = {"client_id": KEY, "client_secret": SECRET, "code": back["code"]}
headers = {**AGENT, "Accept": "application/json"}
token = answer("POST", f"{URL}/login/oauth/access_token", json=body, headers=headers).json()["access_token"]
headers = {**AGENT, "Authorization": f"token {token}", "Accept": "application/vnd.github.v3+json"}
profile = answer("GET", f"{URL}/api/v3/user", headers=headers).json()
told({**profile, "emails": answer("GET", f"{URL}/api/v3/user/emails", headers=headers).json()})
