"""@auth/core 0.41.3 (Node): enterprise.baseUrl, a callback of its own path, PKCE, and the secret in the header."""

import base64
import hashlib
import secrets

from as_sent import CALLBACK, answer, asked, keys, told

URL, KEY, SECRET = keys("GITHUB")

verifier = secrets.token_urlsafe(32)
digest = hashlib.sha256(verifier.encode()).digest()
back = asked(
    f"{URL}/login/oauth/authorize",
    scope="read:user user:email",
    response_type="code",
    client_id=KEY,
    redirect_uri=CALLBACK,
    code_challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="),
    code_challenge_method="S256",
)
form = {
    "redirect_uri": CALLBACK,
    "code": back["code"],
    "code_verifier": verifier,
    "grant_type": "authorization_code",
}
headers = {"Accept": "application/json", "User-Agent": "oauth4webapi/v3.8.8"}
address = f"{URL}/login/oauth/access_token"
token = answer("POST", address, data=form, headers=headers, auth=(KEY, SECRET)).json()["access_token"]
headers = {"Authorization": f"Bearer {token}", "User-Agent": "authjs"}
profile = answer("GET", f"{URL}/api/v3/user", headers=headers).json()
told({**profile, "emails": answer("GET", f"{URL}/api/v3/user/emails", headers=headers).json()})
