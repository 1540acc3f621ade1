"""An app and a user's browser in a process of their own, which log in as often as they can for some time.

It reads lines of JSON from standard input, a Plan each, and prints a line for each: how many logins there were, and the
seconds that they took. It verifies the provider's responses as an app should, and a wrong login ends the process.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# The app at the providers that are not ours.
KEY, SECRET = "the-key", "the-secret"
_HIDDEN = re.compile('<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass(frozen=True)
class Plan:
    """The work of a client at one provider, for `seconds`, or for `logins` where that ends sooner.

    `protocol` is "oauth1" or "oauth2". `paths` has the provider's endpoints by the names that the logins below have for
    them. With `kept` the browser and the app keep their connections; otherwise each request has a new one. With `known`
    the user is logged in already and has allowed the app, and is redirected back at once; otherwise a new browser gets
    the page each time, and sends its form.
    """

    protocol: str
    host: str
    paths: dict[str, str]
    key: str
    secret: str
    callback: str
    kept: bool = True
    known: bool = False
    seconds: float = 600
    logins: float = math.inf


@dataclass
class Wire:
    """The requests of one party, with its cookies."""

    plan: Plan
    cookies: dict[str, str] = field(default_factory=dict)
    connection: HTTPConnection | None = None

    def ask(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
    ) -> tuple[HTTPResponse, str]:
        """A response and its body."""
        if self.connection is None or not self.plan.kept:
            self.connection = HTTPConnection(self.plan.host)
        sent = {**(headers or {}), **(FORM if form is not None else {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, target, None if form is None else urlencode(form), sent)
        response = self.connection.getresponse()
        body = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if not self.plan.kept:
            self.connection.close()
        return response, body


class Client:
    """The app, and the browsers of its users."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.app = Wire(plan)
        self.browser = Wire(plan)
        self.keys: dict[str, RSAPublicKey] = {}
        if "keys" in plan.paths:
            for key in json.loads(self.app.ask("GET", plan.paths["keys"])[1])["keys"]:
                numbers = (int.from_bytes(_bytes(key[name]), "big") for name in ("e", "n"))
                self.keys[key["kid"]] = RSAPublicNumbers(*numbers).public_key()
        self.log_in: Callable[[], None] = {"oauth1": self.oauth1, "oauth2": self.oauth2}[plan.protocol]
        self.log_in()

    def close(self) -> None:
        """Closes the connections, because a server accepts a limited number."""
        for wire in (self.app, self.browser):
            if wire.connection is not None:
                wire.connection.close()

    def back(self, target: str) -> dict[str, str]:
        """The browser goes to the provider, and comes back; returns the parameters of the callback."""
        if not self.plan.known:
            self.browser.cookies.clear()
        response, page = self.browser.ask("GET", target)
        if response.status == 200:
            sent = {"person": "ada", "decision": "allow", **dict(_HIDDEN.findall(page))}
            response, page = self.browser.ask("POST", target, form=sent)
        location = response.headers["Location"]
        assert location and location.startswith(self.plan.callback), (response.status, location, page)
        return dict(parse_qsl(urlsplit(location).query))

    def oauth2(self) -> None:
        """RFC 6749's code flow, with PKCE and OpenID Connect's ID token."""
        plan = self.plan
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "client_id": plan.key,
            "redirect_uri": plan.callback,
            "response_type": "code",
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _text(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        back = self.back(f"{plan.paths['authorize']}?{urlencode(asked)}")
        assert back["state"] == state
        form = {
            "grant_type": "authorization_code",
            "client_id": plan.key,
            "client_secret": plan.secret,
            "redirect_uri": plan.callback,
            "code": back["code"],
            "code_verifier": verifier,
        }
        tokens = json.loads(self.app.ask("POST", plan.paths["token"], form=form)[1])
        claims = self.read(tokens["id_token"])
        assert claims["nonce"] == nonce and plan.key in claims["aud"] and claims["exp"] > time.time()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert json.loads(self.app.ask("GET", plan.paths["me"], bearer)[1])["sub"] == claims["sub"]

    def read(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token, its signature verified (RS256)."""
        head, body, signature = id_token.split(".")
        key = self.keys[json.loads(_bytes(head))["kid"]]
        key.verify(_bytes(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
        claims: dict[str, Any] = json.loads(_bytes(body))
        return claims

    def oauth1(self) -> None:
        """RFC 5849's three requests of the app, signed with HMAC-SHA1, and one request for the user's data."""
        plan = self.plan
        given = self.signed("POST", "request_token", oauth_callback=plan.callback)
        assert given["oauth_callback_confirmed"].lower() == "true"
        target = f"{plan.paths['authorize']}?{urlencode({'oauth_token': given['oauth_token']})}"
        back = self.back(target)
        assert back["oauth_token"] == given["oauth_token"]
        token = self.signed("POST", "access_token", given, oauth_verifier=back["oauth_verifier"])
        assert self.signed("GET", "me", token)["screen_name"] == "ada_o"

    def signed(
        self, method: str, name: str, token: dict[str, str] | None = None, **more: str
    ) -> dict[str, str]:
        """The provider's response to a signed request (RFC 5849 section 3), form-encoded or JSON."""
        plan = self.plan
        if token:
            more["oauth_token"] = token["oauth_token"]
        parameters = {
            "oauth_consumer_key": plan.key,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(time.time())),
            "oauth_version": "1.0",
            **more,
        }
        sorted_pairs = "&".join(f"{_quoted(n)}={_quoted(v)}" for n, v in sorted(parameters.items()))
        base = f"{method}&{_quoted(f'http://{plan.host}{plan.paths[name]}')}&{_quoted(sorted_pairs)}"
        key = f"{_quoted(plan.secret)}&{_quoted(token['oauth_token_secret'] if token else '')}"
        digest = hmac.new(key.encode(), base.encode(), "sha1").digest()
        parameters["oauth_signature"] = base64.b64encode(digest).decode()
        header = "OAuth " + ", ".join(f'{n}="{_quoted(v)}"' for n, v in parameters.items())
        form: dict[str, str] | None = {} if method == "POST" else None
        response, body = self.app.ask(method, plan.paths[name], {"Authorization": header}, form)
        assert response.status == 200, body
        answer: dict[str, str] = json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
        return answer


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main() -> None:
    """A line, a run, a line, until standard input ends. It prints that it is ready before the time begins: `go` is the
    next line."""
    for line in sys.stdin:
        plan = Plan(**json.loads(line))
        client = Client(plan)
        print("ready", flush=True)
        sys.stdin.readline()
        begun, logins, spent = time.monotonic(), 0, 0.0
        while spent < plan.seconds and logins < plan.logins:
            client.log_in()
            logins += 1
            spent = time.monotonic() - begun
        client.close()
        print(json.dumps([logins, spent]), flush=True)


if __name__ == "__main__":
    main()
