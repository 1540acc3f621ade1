"""Twitter's errors: code, message, status, and the form of their bodies (v1.1).

The codes and messages are those of Twitter's own table ("Response codes and errors", docs.x.com, June 2025), with the
statuses that were recorded from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from flask import Response, request

from ..answers import json_utf8


@dataclass(eq=False)
class TwitterError(Exception):
    """An error of Twitter's, by its code."""

    code: int
    status: int
    message: str

    def response(self) -> Response:
        """The response: JSON. For a callback that is not listed it is XML unless the request asks for JSON."""
        if (
            self.code == 415
            and request.accept_mimetypes.best_match(["text/html", "application/json"]) != "application/json"
        ):
            # Recorded as XML with clients that ask for nothing in particular (singingwolfboy/flask-dance #370), as
            # JSON with others (abraham/twitteroauth #658). That Accept decides is inferred.
            body = (
                "<?xml version='1.0' encoding='UTF-8'?>"
                f'<errors><error code="{self.code}">{escape(self.message)}</error></errors>'
            )
            return Response(body, self.status, content_type="application/xml; charset=utf-8")
        return json_utf8({"errors": [{"code": self.code, "message": self.message}]}, self.status)


# Bad key, signature or token (markbates/goth #85; jaredhanson/passport-twitter test/strategy.test.js).
COULD_NOT_AUTHENTICATE = TwitterError(32, 401, "Could not authenticate you.")
NOT_FOUND = TwitterError(34, 404, "Sorry, that page does not exist.")
# Recorded with 401 (jublo/codebird-php #139; ciaranj/node-oauth #320), in Twitter's table with 403.
INVALID_TOKEN = TwitterError(89, 401, "Invalid or expired token.")
OVER_CAPACITY = TwitterError(130, 503, "Over capacity")
TIMESTAMP = TwitterError(135, 401, "Timestamp out of bounds.")  # themattharris/tmhOAuth #174
BAD_AUTHENTICATION = TwitterError(215, 400, "Bad Authentication data.")  # themattharris/tmhOAuth #130
CALLBACK_NOT_APPROVED = TwitterError(
    415,
    403,
    "Callback URL not approved for this client application. "
    "Approved callback URLs can be adjusted in your application settings",
)
# Apps without access to v1.1 get this error at every call of v1.1 but OAuth's own (tweepy/tweepy #2137; the status is
# that of wtsnjp/twoot.py #6).
NO_ACCESS = TwitterError(
    453,
    403,
    "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints (e.g. media post, oauth) "
    "only. If you need access to this endpoint, you may need a different access level. You can learn more here: "
    "https://developer.x.com/en/portal/product",
)

# Neither JSON nor XML (alvarolorentedev/oauth-electron-twitter #9; scribejava/scribejava #727).
WRONG_VERIFIER = "Error processing your OAuth request: Invalid oauth_verifier parameter"
# A signed request without oauth_token (abraham/twitteroauth #691). That library's exception has the whole body as its
# text, and the issue shows only this text.
NO_REQUEST_TOKEN = "Reverse auth credentials are invalid"
