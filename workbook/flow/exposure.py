"""Which values of a message are secret, why, and who could see them on their way. The one place for these facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .drawn import label_of
from .messages import APP, BROWSERS, Message


class Fact(NamedTuple):
    """A sentence, and its source."""

    sentence: str
    source: str


_TOKEN = Fact("Anyone who has the token can call the API for the user.", "RFC 6750 section 5")
_PASSWORD = Fact(
    "Anyone who has the password can log in as the user.", "RFC 6749 section 1 (why OAuth shares no password)"
)
_ASSERTION = Fact(
    "Anyone who has the assertion can show it to the provider, until it expires.", "RFC 7523 section 3"
)
_ID_TOKEN = Fact(
    "The ID token contains personal data. It also shows to your app that this user logged in.",
    "OpenID Connect Core sections 2 and 17.1",
)
# By the parameter's name.
_SECRETS = {
    "client_secret": Fact("Anyone who has the client secret can act as your app.", "RFC 6749 section 10.1"),
    "oauth_token_secret": Fact(
        "Anyone who has the token's secret and the app's consumer secret can sign requests for the user.",
        "RFC 5849 sections 3.4.2 and 4.5",
    ),
    "oauth_verifier": Fact(
        "Anyone who has the verifier could finish this login in their own browser.", "RFC 5849 section 2.2"
    ),
    "code": Fact(
        "Anyone who has the code before your app exchanges it could bring it into a login of their own.",
        "RFC 6749 section 10.5; RFC 9700 section 4.5",
    ),
    "state": Fact(
        "Anyone who knows the state before the callback can forge the callback.", "RFC 6749 section 10.12"
    ),
    "nonce": Fact(
        "Anyone who can guess the nonce could use an ID token from a different login.",
        "OpenID Connect Core section 15.5.2",
    ),
    "access_token": _TOKEN,
    "token": _TOKEN,
    "input_token": _TOKEN,
    "fb_exchange_token": _TOKEN,
    "refresh_token": Fact(
        "Anyone who has the refresh token and can act as your app gets new access tokens.",
        "RFC 6749 section 10.4",
    ),
    "id_token": _ID_TOKEN,
    "id_token_hint": _ID_TOKEN,
    "code_verifier": Fact(
        "Anyone who has the code verifier and the code can exchange the code.", "RFC 7636 section 1"
    ),
    "appsecret_proof": Fact(
        "Anyone who has the proof and the access token can use the token as your app does.",
        "Graph API, Securing requests",
    ),
    "assertion": _ASSERTION,
    "client_assertion": _ASSERTION,
    "password": _PASSWORD,
    "csrf_token": Fact(
        "A website that knows this value could send the form for the user.",
        "OWASP, Cross-Site Request Forgery Prevention",
    ),
}
_COOKIE = Fact(
    "Anyone who has the cookie of a session is that user for the server.", "RFC 6265 sections 8.3 and 8.4"
)
# Where a secret can be in a message: Parameter.place, and "cookie" and "page" for a page's hidden fields.
PLACES = {
    "query": "in the query string of the URL",
    "redirect": "in the query string of the Location URL",
    "form": "in the form, which is the body",
    "authorization": "in the Authorization header",
    "answer": "in the body",
    "cookie": "in a cookie",
    "page": "in a hidden field of the page",
}


def secret(name: str, place: str = "") -> Fact | None:
    """Why a parameter is secret; None where it is not."""
    if place == "cookie":
        return _COOKIE
    if name.startswith(("csrf", "authenticity")):
        return _SECRETS["csrf_token"]
    if "password" in name:
        return _PASSWORD
    return _SECRETS.get(name)


def could_see(message: Message, place: str) -> tuple[Fact, ...]:
    """Who could see a value in that place of a message, apart from the two that send and receive it."""
    return tuple(_could_see(message, place))


def _could_see(message: Message, place: str) -> Iterator[Fact]:
    ends = {message.sender, message.receiver}
    in_browser = bool(ends & set(BROWSERS))
    reads = label_of(message.receiver)
    if place == "redirect":
        reads = "the server that the redirect leads to"
    elif message.receiver == APP:
        reads = "your app"
    if place in ("query", "redirect"):
        yield Fact(f"Anyone who reads the log of {reads}: servers log URLs.", "RFC 6750 section 5.3")
        if in_browser:
            yield Fact("Anyone who reads the history of this browser.", "RFC 9700 section 4.3")
            yield Fact(
                "Other websites, in the Referer header, where the page at this URL lets the browser send whole URLs.",
                "RFC 9700 section 4.2",
            )
    if in_browser:
        yield Fact(
            "The user, and anyone at the user's computer: the browser's developer tools show it.",
            "RFC 6749 section 1.3.1",
        )
    else:
        yield Fact("Not the browser: it takes no part in this message.", "RFC 6749 section 1.3.1")
    if message.url.startswith("http:"):
        yield Fact(
            "Anyone on the network between the two, because http: has no TLS. Here both are on one computer. "
            "The real providers use https:.",
            "RFC 6749 section 1.6; RFC 5849 section 4.2",
        )
