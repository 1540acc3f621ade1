"""The app that calls the local GitHub."""

from __future__ import annotations

from urllib.parse import parse_qsl

import requests

from workbook.providers.server import ProvidersServer

from .oauth2 import Client

JSON = "application/json"


class GitHubClient(Client):
    """Its calls beside those of every client."""

    def __init__(self, providers: ProvidersServer) -> None:
        super().__init__(providers, "github", "/login/oauth/authorize", "read:user user:email")

    def swap(
        self, code: str | None, *, accept: str | None = JSON, method: str = "POST", **more: str | None
    ) -> requests.Response:
        """Exchanges the code; None removes a parameter."""
        asked = {
            "client_id": self.key,
            "client_secret": self.secret,
            "redirect_uri": self.callback,
            "code": code,
            **more,
        }
        form = {name: value for name, value in asked.items() if value is not None}
        headers = {} if accept is None else {"Accept": accept}
        address = f"{self.url}/login/oauth/access_token"
        return requests.request(method, address, data=form, headers=headers, timeout=10)

    def token(self, person: str = "ada", **more: object) -> str:
        """A whole login of that user."""
        answer = self.swap(self.code(person, **more))
        assert answer.status_code == 200 and "access_token" in answer.json(), answer.text
        return str(answer.json()["access_token"])

    def api(
        self, path: str = "/user", token: str | None = None, scheme: str = "Bearer", **headers: str
    ) -> requests.Response:
        """One call of the API."""
        if token is not None:
            headers["Authorization"] = f"{scheme} {token}"
        return requests.get(f"{self.url}/api{path}", headers=headers, timeout=10)


def form_of(answer: requests.Response) -> dict[str, str]:
    """The parameters of a form-encoded response."""
    assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
    return dict(parse_qsl(answer.text, keep_blank_values=True, strict_parsing=True))


def error_of(answer: requests.Response) -> tuple[str, str]:
    """Error and description of the token endpoint, which come with status 200."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"error", "error_description", "error_uri"}
    anchor = body["error"].replace("_", "-")
    assert body["error_uri"] == (
        "https://docs.github.com/apps/managing-oauth-apps/"
        f"troubleshooting-oauth-app-access-token-request-errors/#{anchor}"
    )
    return body["error"], body["error_description"]
