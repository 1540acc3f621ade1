"""Facebook's errors: an object of its own form, and not RFC 6749 section 5.2's (Graph API, Handling errors).

Codes and messages are those that people have recorded; the threads are named. Nearly all come with status 400.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Response, jsonify


@dataclass(eq=False)
class FacebookError(Exception):
    """An error of Facebook's, by its code and, where it has one, subcode."""

    code: int
    message: str
    subcode: int | None = None
    type: str = "OAuthException"
    status: int = 400
    challenge: str = "invalid_request"

    def response(self, trace: str) -> Response:
        """The response; `trace` is the string by which Facebook's people find the request again."""
        error: dict[str, object] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        answer = jsonify(error={**error, "fbtrace_id": trace})
        answer.status_code = self.status
        # Recorded in freizl/hoauth2 #19 and omniauth/omniauth #377.
        told = re.sub(r'[^ -~]|"', "?", self.message)  # a header takes no more
        answer.headers["WWW-Authenticate"] = f'OAuth "Facebook Platform" "{self.challenge}" "{told}"'
        return answer


CODE_USED = FacebookError(  # laravel/socialite #385
    100, "This authorization code has been used.", 36009, challenge="invalid_code"
)
CODE_EXPIRED = FacebookError(  # SammyK/LaravelFacebookSdk #141; the subcode from third parties' copies
    100, "This authorization code has expired.", 36007, challenge="invalid_code"
)
REDIRECT_DIFFERS = FacebookError(  # freizl/hoauth2 #19, scribejava/scribejava #605
    100,
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in "
    "the OAuth dialog request",
    36008,
    challenge="invalid_code",
)
CODE_MALFORMED = FacebookError(  # jaredhanson/passport-facebook test/strategy.test.js
    100, "Invalid verification code format.", challenge="invalid_code"
)
WRONG_SECRET = FacebookError(1, "Error validating client secret.")  # facebookarchive/php-graph-sdk #538
WRONG_APP = FacebookError(101, "Error validating application. Invalid application ID.")
# python-social-auth, tests/backends/test_facebook.py
REDIRECT_RELATIVE = FacebookError(191, "redirect_uri isn't an absolute URI. Check RFC 3986.")
NO_TOKEN = FacebookError(  # pablobarbera/Rfacebook #123
    2500, "An active access token must be used to query information about the current user."
)
BAD_TOKEN = FacebookError(  # emes30/facebook_messenger #2
    190, "Invalid OAuth access token - Cannot parse access token", challenge="invalid_token"
)
WRONG_PROOF = FacebookError(
    100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException"
)
PROOF_MISSING = FacebookError(  # adamwathan/eloquent-oauth-l5 #46; the code from third parties' copies
    100, "API calls from the server require an appsecret_proof argument", type="GraphMethodException"
)
# Graph API, Handling errors: the service is down or busy, try again.
TRY_AGAIN = FacebookError(2, "An unexpected error has occurred. Please retry your request later.", status=500)


def missing(name: str, code: int) -> FacebookError:
    """The error for a parameter that is not there."""
    return FacebookError(code, f"Missing {name} parameter.")


def no_such_field(name: str, node: str = "User") -> FacebookError:
    """The error for a field that a user, or another kind of node, does not have."""
    return FacebookError(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})")


def no_such_object(name: str) -> FacebookError:
    """The error for an ID that no user has, or that another user has than the token's."""
    return FacebookError(
        100,
        f"Unsupported request. Object with ID '{name}' does not exist, cannot be loaded due to missing permissions, or "
        "does not support this operation.",
        33,
        "GraphMethodException",
    )


def no_such_path(path: str) -> FacebookError:
    """The error for a call that does not exist."""
    return FacebookError(2500, f"Unknown path components: /{path}")


def token_expired(since: str, now: str) -> FacebookError:
    """The error for a token that is too old."""
    return FacebookError(
        190,
        f"Error validating access token: Session has expired on {since}. The current time is {now}.",
        463,
        challenge="invalid_token",
    )


def app_removed(app_id: str) -> FacebookError:
    """The error for the token of a user who has removed the app."""
    return FacebookError(
        190,
        f"Error validating access token: The user has not authorized application {app_id}.",
        458,
        challenge="invalid_token",
    )
