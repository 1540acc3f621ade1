"""The smallest provider with Authlib: OAuth 2 with PKCE and OpenID Connect, and OAuth 1.0a, on Flask and waitress.

It keeps its tokens in dictionaries, and records nothing. It prints its URL as JSON.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from typing import Any

from authlib.integrations.flask_oauth1 import AuthorizationServer as OAuth1Server
from authlib.integrations.flask_oauth1 import ResourceProtector as OAuth1Protector
from authlib.integrations.flask_oauth1 import (
    create_exists_nonce_func,
    register_nonce_hooks,
    register_temporary_credential_hooks,
)
from authlib.integrations.flask_oauth2 import AuthorizationServer as OAuth2Server
from authlib.integrations.flask_oauth2 import ResourceProtector as OAuth2Protector
from authlib.integrations.flask_oauth2 import current_token
from authlib.oauth1 import ClientMixin as OAuth1Client
from authlib.oauth1 import TokenCredentialMixin
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin, grants
from authlib.oauth2.rfc6749 import ClientMixin as OAuth2Client
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey
from waitress import serve

from .client import KEY, SECRET

KEYS = {"alg": "RS256", "use": "sig", "kid": "1"}
SIGNING = RSAKey.generate_key(2048, KEYS)
PAGE = """<!doctype html>
<title>Sign in</title>
<form method="post">
  <label><input type="radio" name="person" value="ada" checked> Ada</label>
  <button name="decision" value="allow">Sign in</button>
</form>
"""

app = Flask(__name__)
app.secret_key = "nothing is kept in the session"


class User:
    """The only user."""

    id = "ada"

    def get_user_id(self) -> str:
        return self.id


ADA = User()


class Client(OAuth2Client, OAuth1Client):  # type: ignore[misc]
    """The only client, of both protocols."""

    client_id = KEY
    id_token_signed_response_alg = "RS256"

    def get_client_id(self) -> str:
        return KEY

    def get_client_secret(self) -> str:
        return SECRET

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_rsa_public_key(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.startswith("http://localhost:5000/auth/")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


CLIENT = Client()


def client_named(name: str) -> Client | None:
    return CLIENT if name == KEY else None


def signed_in() -> User | None:
    return ADA if request.cookies.get("user") == "ada" else None


# OAuth 2


class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    def __init__(self, code: str, asked: Any) -> None:
        self.code = code
        self.redirect_uri, self.scope = asked.redirect_uri, asked.scope
        self.nonce = asked.data.get("nonce")
        self.code_challenge = asked.data.get("code_challenge")
        self.code_challenge_method = asked.data.get("code_challenge_method")
        self.made_at = time.time()

    def get_redirect_uri(self) -> str:
        return str(self.redirect_uri)

    def get_scope(self) -> str:
        return str(self.scope)

    def get_nonce(self) -> str | None:
        return self.nonce  # type: ignore[no-any-return]

    def get_auth_time(self) -> int:
        return int(self.made_at)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Token(TokenMixin):  # type: ignore[misc]
    def __init__(self, scope: str, lifetime: int) -> None:
        self.scope, self.ends = scope, time.time() + lifetime

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() > self.ends

    def is_revoked(self) -> bool:
        return False


CODES: dict[str, Code] = {}
TOKENS: dict[str, Token] = {}


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        CODES[code] = Code(code, request.payload)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = CODES.get(code)
        return found if found and time.time() - found.made_at < 600 else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del CODES[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> User:
        return ADA


class Identity(OpenIDCode):  # type: ignore[misc]
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return SIGNING

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": "1"}

    def get_client_claims(self, client: Client) -> dict[str, object]:
        return {"iss": request.host_url, "aud": [KEY]}

    def generate_user_info(self, user: User, scope: str) -> UserInfo:
        return UserInfo(sub=user.id, name="Ada", email="ada@example.org", email_verified=True)


def save_token(token: dict[str, Any], request: Any) -> None:
    TOKENS[token["access_token"]] = Token(token["scope"], token["expires_in"])


class Bearer(BearerTokenValidator):  # type: ignore[misc]
    def authenticate_token(self, token_string: str) -> Token | None:
        return TOKENS.get(token_string)


oauth2 = OAuth2Server(app, query_client=client_named, save_token=save_token)
oauth2.register_grant(CodeGrant, [Identity(require_nonce=True), CodeChallenge(required=True)])
protected2 = OAuth2Protector()
protected2.register_token_validator(Bearer())


@app.route("/oauth2/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    user = signed_in()
    grant = oauth2.get_consent_grant(end_user=user)
    if request.method == "GET" and user is None:
        return PAGE
    response = oauth2.create_authorization_response(grant_user=ADA, grant=grant)
    response.set_cookie("user", "ada")
    return response


@app.post("/oauth2/token")
def token() -> Any:
    return oauth2.create_token_response()


@app.get("/oauth2/me")
@protected2("openid")  # type: ignore[untyped-decorator]
def userinfo() -> Any:
    assert current_token
    return jsonify(sub=ADA.id, name="Ada", email="ada@example.org", email_verified=True)


@app.get("/oauth2/keys")
def keys() -> Any:
    return jsonify(keys=[SIGNING.as_dict(private=False)])


# OAuth 1.0a


class Cache:
    """The cache that Authlib needs, in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, object] = {}

    def set(self, key: str, value: object, timeout: int) -> None:
        self._kept[key] = value

    def get(self, key: str) -> object:
        return self._kept.get(key)

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)

    def has(self, key: str) -> bool:
        return key in self._kept


class Credential(TokenCredentialMixin):  # type: ignore[misc]
    def __init__(self, token: dict[str, str]) -> None:
        self.token = token

    def get_oauth_token(self) -> str:
        return self.token["oauth_token"]

    def get_oauth_token_secret(self) -> str:
        return self.token["oauth_token_secret"]


CREDENTIALS: dict[str, Credential] = {}


def create_token_credential(token: dict[str, str], temporary: Any) -> Credential:
    CREDENTIALS[token["oauth_token"]] = Credential(token)
    return CREDENTIALS[token["oauth_token"]]


cache = Cache()
oauth1 = OAuth1Server(app, query_client=client_named)
register_nonce_hooks(oauth1, cache)
register_temporary_credential_hooks(oauth1, cache)
oauth1.register_hook("create_token_credential", create_token_credential)
protected1 = OAuth1Protector(
    app,
    query_client=client_named,
    query_token=lambda client_id, token: CREDENTIALS.get(token),
    exists_nonce=create_exists_nonce_func(cache),
)


@app.post("/oauth1/request_token")
def request_token() -> Any:
    return oauth1.create_temporary_credentials_response()


@app.route("/oauth1/authorize", methods=["GET", "POST"])
def authorize1() -> Any:
    if request.method == "GET" and signed_in() is None:
        oauth1.check_authorization_request()
        return PAGE
    response = oauth1.create_authorization_response(grant_user=ADA)
    response.set_cookie("user", "ada")
    return response


@app.post("/oauth1/access_token")
def access_token() -> Any:
    return oauth1.create_token_response()


@app.get("/oauth1/me")
@protected1()  # type: ignore[untyped-decorator]
def verify_credentials() -> Any:
    return jsonify(id=1, screen_name="ada_o", name="Ada", email="ada@example.org")


def main() -> None:
    logging.getLogger("waitress").setLevel(logging.ERROR)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    serve(app, sockets=[listening], threads=8, _quiet=True)


if __name__ == "__main__":
    main()
