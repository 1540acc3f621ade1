"""google-auth 2.63.0: id_token.verify_token, which takes the keys from the certificates of /oauth2/v1/certs."""

import base64
import json

from as_sent import CALLBACK, answer, asked, keys, told
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

URL, KEY, SECRET = keys("GOOGLE")


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


back = asked(
    f"{URL}/o/oauth2/auth",
    client_id=KEY,
    redirect_uri=CALLBACK,
    response_type="code",
    scope="openid email profile",
)
form = {
    "client_id": KEY,
    "client_secret": SECRET,
    "code": back["code"],
    "redirect_uri": CALLBACK,
    "grant_type": "authorization_code",
}
id_token = answer("POST", f"{URL}/oauth2/v4/token", data=form).json()["id_token"]
certificates = answer("GET", f"{URL}/oauth2/v1/certs").json()
head, claims, signature = id_token.split(".")
certificate = load_pem_x509_certificate(certificates[json.loads(decoded(head))["kid"]].encode())
certificate.public_key().verify(decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
told(json.loads(decoded(claims)))
