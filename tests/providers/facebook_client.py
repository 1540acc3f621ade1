"""The app that calls the local Facebook."""

from __future__ import annotations

import requests

from workbook.providers.server import ProvidersServer

from .oauth2 import Client, json_of


class FacebookClient(Client):
    """Its calls beside those of every client."""

    def __init__(self, providers: ProvidersServer) -> None:
        super().__init__(providers, "facebook", "/v25.0/dialog/oauth", "public_profile,email")

    def graph(
        self,
        path: str,
        method: str = "GET",
        *,
        version: str = "/v25.0",
        token: str | None = None,
        **more: str,
    ) -> requests.Response:
        """One call of the Graph API."""
        asked = {**more, **({} if token is None else {"access_token": token})}
        return requests.request(
            method,
            f"{self.url}/graph{version}{path}",
            **{"data" if method == "POST" else "params": asked},  # type: ignore[arg-type]
            timeout=10,
        )

    def swap(self, code: str | None, method: str = "GET", **more: str | None) -> requests.Response:
        """Exchanges the code; None removes a parameter."""
        asked = {
            "client_id": self.key,
            "client_secret": self.secret,
            "redirect_uri": self.callback,
            "code": code,
            **more,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return self.graph("/oauth/access_token", method, **given)

    def token(self, person: str = "ada", **more: object) -> str:
        """A whole login of that user."""
        return str(json_of(self.swap(self.code(person, **more)))["access_token"])


def error_of(answer: requests.Response, status: int = 400) -> tuple[str, int, int | None, str]:
    """Type, code, subcode and message of a Facebook error, which all have one form (F20, F21)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    (name,) = answer.json()
    error = answer.json()["error"]
    assert name == "error"
    assert set(error) - {"error_subcode"} == {"message", "type", "code", "fbtrace_id"}
    assert answer.headers["WWW-Authenticate"].startswith('OAuth "Facebook Platform" "invalid_')
    return error["type"], error["code"], error.get("error_subcode"), error["message"]
