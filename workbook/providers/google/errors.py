"""Google's errors: RFC 6749 section 5.2's form, with descriptions of its own; and its error pages.

Where no thread is named, a text is a third party's copy, or ours, as the comment says.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from ..answers import json_utf8


@dataclass(eq=False)
class GoogleError(Exception):
    """An error of the token endpoint's, and of the endpoints beside it."""

    error: str
    description: str
    status: int = 400

    def response(self) -> Response:
        """The response, JSON; an empty object where there is no error code."""
        body = {"error": self.error, "error_description": self.description} if self.error else {}
        return json_utf8(body, self.status)


@dataclass(eq=False)
class Blocked(Exception):
    """An error that only the user sees, on a page of Google's: the browser is not sent back to the app."""

    status: int
    error: str
    told: str


# The token endpoint
BAD_CODE = GoogleError("invalid_grant", "Bad Request")  # used, too old, or never given
MALFORMED_CODE = GoogleError("invalid_grant", "Malformed auth code.")
# googleapis/google-auth-library-python-oauthlib #64
REDIRECT_DIFFERS = GoogleError("redirect_uri_mismatch", "Bad Request")
VERIFIER_NOT_NEEDED = GoogleError("invalid_grant", "code_verifier or verifier is not needed.")
VERIFIER_MISSING = GoogleError("invalid_grant", "Missing code verifier.")
VERIFIER_WRONG = GoogleError("invalid_grant", "Invalid code verifier.")  # ours
WRONG_SECRET = GoogleError("invalid_client", "Unauthorized", 401)
NO_SUCH_CLIENT = GoogleError("invalid_client", "The OAuth client was not found.", 401)
NO_CLIENT = GoogleError("invalid_request", "Could not determine client ID from request.")  # ours
DEAD_REFRESH_TOKEN = GoogleError("invalid_grant", "Token has been expired or revoked.")
# RFC 6749 section 5.2; the texts are ours.
WRONG_GRANT_TYPE = GoogleError("unsupported_grant_type", "Invalid grant_type.")
WRONG_SCOPE = GoogleError("invalid_scope", "Bad Request")
# anxdpanic/plugin.video.youtube #299; the status is that of #259 there.
WRONG_CLIENT_TYPE = GoogleError(
    "invalid_client",
    "Only clients of type 'TVs and Limited Input devices' can use the OAuth 2.0 flow for TV and Limited-Input Device "
    "Applications. Please create and use an appropriate client.",
    401,
)
# Beside it. The real body of a 401 of userinfo is not known: this is RFC 6750 section 3.1's error code.
BAD_TOKEN = GoogleError("invalid_token", "Invalid Credentials", 401)
TWO_TOKENS = GoogleError("invalid_request", "The access token was sent in more than one way.")  # ours
NO_TOKEN = GoogleError("", "", 401)
OF_USERINFO = (BAD_TOKEN, TWO_TOKENS, NO_TOKEN)
NOT_REVOKED = GoogleError("invalid_token", "Token expired or revoked")
BUSY = GoogleError("temporarily_unavailable", "Try again later.", 503)  # RFC 6749's error code


def missing(name: str) -> GoogleError:
    """The error for a parameter that is not there."""
    return GoogleError("invalid_request", f"Missing required parameter: {name}")


# The page (Using OAuth 2.0 for Web Server Applications, Authorization errors)
BLOCKED_CLIENT = Blocked(401, "invalid_client", "The OAuth client was not found.")
BLOCKED_REDIRECT = Blocked(
    400,
    "redirect_uri_mismatch",
    "You can't sign in because this app sent an invalid request. If you're its developer: the redirect URI has to be "
    "registered, character for character.",
)


def blocked(told: str, error: str = "invalid_request") -> Blocked:
    """The page for a malformed request."""
    return Blocked(400, error, told)
