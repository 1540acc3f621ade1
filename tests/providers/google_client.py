"""The app that calls the local Google. It reads ID tokens by hand, and not with the library that signs them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from workbook.providers.server import ProvidersServer

from .oauth2 import Client, json_of

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"


class GoogleClient(Client):
    """Its calls beside those of every client."""

    def __init__(self, providers: ProvidersServer) -> None:
        super().__init__(providers, "google", "/o/oauth2/v2/auth", "openid email profile")

    def ask_token(self, path: str = "/token", **given: str | None) -> requests.Response:
        """One request at the token endpoint, with the app's own ID and secret; None removes a parameter."""
        asked = {"client_id": self.key, "client_secret": self.secret, **given}
        form = {name: value for name, value in asked.items() if value is not None}
        return requests.post(f"{self.url}{path}", data=form, timeout=10)

    def swap(self, code: str | None, **more: str | None) -> requests.Response:
        """Exchanges the code."""
        return self.ask_token(
            **{"grant_type": "authorization_code", "redirect_uri": self.callback, "code": code, **more}
        )

    def tokens(self, person: str = "ada", **more: object) -> dict[str, Any]:
        """The tokens of a whole login of that user."""
        return json_of(self.swap(self.code(person, **more)))

    def userinfo(
        self, token: object, path: str = "/v1/userinfo", scheme: str = "Bearer"
    ) -> requests.Response:
        """Calls the userinfo endpoint."""
        headers = {"Authorization": f"{scheme} {token}"}
        return requests.get(f"{self.url}{path}", headers=headers, timeout=10)

    def discovered(self) -> dict[str, Any]:
        """The discovery document."""
        return json_of(requests.get(f"{self.url}/.well-known/openid-configuration", timeout=10))

    def published_keys(self) -> list[dict[str, str]]:
        """The published keys."""
        return json_of(requests.get(self.discovered()["jwks_uri"], timeout=10))["keys"]  # type: ignore[return-value]

    def read(self, id_token: object) -> dict[str, Any]:
        """The claims of an ID token, whose signature is verified with the key that it names."""
        head, body, signature = str(id_token).split(".")
        header = json.loads(unpadded(head))
        assert header["alg"] == "RS256" and header["typ"] == "JWT"
        (key,) = (key for key in self.published_keys() if key["kid"] == header["kid"])
        n, e = (int.from_bytes(unpadded(key[name]), "big") for name in ("n", "e"))
        public = RSAPublicNumbers(e, n).public_key()
        public.verify(unpadded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        claims = json.loads(unpadded(body))
        assert isinstance(claims, dict)
        return claims


def unpadded(text: str) -> bytes:
    """The bytes of base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def as_base64url(data: bytes) -> str:
    """The other way round."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_verifier() -> tuple[str, dict[str, str]]:
    """A PKCE verifier, and the parameters of the request that belong to it (RFC 7636 sections 4.1 to 4.3)."""
    verifier = secrets.token_urlsafe(32)
    challenge = as_base64url(hashlib.sha256(verifier.encode()).digest())
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def error_of(answer: requests.Response, status: int = 400) -> tuple[str, str]:
    """Error and description, in the form that RFC 6749 section 5.2 has for them."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = json_of(answer, status)
    assert set(body) == {"error", "error_description"}
    return str(body["error"]), str(body["error_description"])
