"""GitHub's errors: those of the token endpoint, which come with status 200, and those of the API."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from ..answers import json_utf8

_DOCS = "https://docs.github.com"
_TROUBLE = f"{_DOCS}/apps/managing-oauth-apps/troubleshooting-"


@dataclass(eq=False)
class TokenError(Exception):
    """An error of the token endpoint's. Its status is 200 (jaredhanson/passport-github, lib/strategy.js), and its
    error_uri absolute (PyGithub/PyGithub #1718)."""

    error: str
    description: str

    @property
    def body(self) -> dict[str, str]:
        """Its parameters."""
        return {
            "error": self.error,
            "error_description": self.description,
            "error_uri": f"{_TROUBLE}oauth-app-access-token-request-errors/#{self.error.replace('_', '-')}",
        }


# Troubleshooting OAuth app access token request errors
BAD_CODE = TokenError("bad_verification_code", "The code passed is incorrect or expired.")
WRONG_SECRET = TokenError(
    "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
)
REDIRECT_DIFFERS = TokenError(
    "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."
)
UNVERIFIED = TokenError("unverified_user_email", "The user must have a verified primary email.")

# An app has the device flow only where its settings say so, and this one's do not. Text and status are those that
# octokit/create-octokit-project.js #208 shows.
NO_DEVICE_FLOW = {
    "error": "device_flow_disabled",
    "error_description": "Device Flow must be explicitly enabled for this App",
    "error_uri": _DOCS,
}

# The parameters of a denial (Troubleshooting authorization request errors).
REFUSED = {
    "error": "access_denied",
    "error_description": "The user has denied your application access.",
    "error_uri": f"{_TROUBLE}authorization-request-errors/#access-denied",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An error of the API's. The status is in the body, too, as a string."""

    status: int
    message: str
    about: str = f"{_DOCS}/rest"

    def response(self) -> Response:
        """The response, JSON."""
        body = {"message": self.message, "documentation_url": self.about, "status": str(self.status)}
        return json_utf8(body, self.status)


BAD_CREDENTIALS = ApiError(401, "Bad credentials")
NO_CREDENTIALS = ApiError(401, "Requires authentication")
NOT_FOUND = ApiError(404, "Not Found")
# The response without the scope that the call needs (octokit/core.js #338).
NO_SUCH_SCOPE = ApiError(
    404, "Not Found", f"{_DOCS}/rest/users/emails#list-email-addresses-for-the-authenticated-user"
)
UNAVAILABLE = ApiError(503, "No server is currently available to service your request.")

# Getting started with the REST API: plain text, not JSON.
NO_USER_AGENT = (
    "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
    f"({_DOCS}/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for "
    "other possible causes.\n"
)
