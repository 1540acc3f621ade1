"""What each parameter of a message is for: one sentence for each, and where it is defined.

The terms are RFC 5849's, with Twitter's everyday words beside them: *temporary credentials* are the request token
and its secret, *token credentials* the access token and its secret, the *client* is the app, its *client credentials*
are the consumer key and secret. OAuth 2's terms are RFC 6749's.
"""

from __future__ import annotations

from typing import NamedTuple


class Explanation(NamedTuple):
    """A sentence about a parameter, and its source."""

    sentence: str
    source: str


_OAUTH1 = {
    "oauth_callback": Explanation(
        "Where the server is to send the person when they have decided: the callback.", "RFC 5849 section 2.1"
    ),
    "oauth_consumer_key": Explanation(
        "Which app is asking: the key under which it is registered. It is no secret.", "RFC 5849 section 3.1"
    ),
    "oauth_nonce": Explanation(
        "A random word that is used once: with it a recorded request cannot be sent a second time.",
        "RFC 5849 section 3.3",
    ),
    "oauth_timestamp": Explanation(
        "When the request was made, in seconds since 1970. The server takes only recent ones.",
        "RFC 5849 section 3.3",
    ),
    "oauth_signature_method": Explanation(
        "How the signature was computed. Twitter takes HMAC-SHA1.", "RFC 5849 sections 3.1 and 3.4.2"
    ),
    "oauth_signature": Explanation(
        "Computed from the request and the secrets of app and token: it shows who asks, and that nothing was changed.",
        "RFC 5849 section 3.4",
    ),
    "oauth_version": Explanation("The version of the protocol, always 1.0.", "RFC 5849 section 3.1"),
    "oauth_verifier": Explanation(
        "Shows that the person who said yes is the one who comes back: it is given to their browser alone.",
        "RFC 5849 sections 2.2 and 2.3",
    ),
    "oauth_callback_confirmed": Explanation(
        "Says that the server knows the corrected protocol, 1.0a. It is always true.", "RFC 5849 section 2.1"
    ),
    "realm": Explanation(
        "Names the part of the server that is asked. It is not signed.", "RFC 5849 section 3.5.1"
    ),
}
_REQUEST_TOKEN = Explanation(
    "The request token (temporary credentials): it stands for this one login, until the person has decided.",
    "RFC 5849 section 2.1",
)
_REQUEST_TOKEN_SECRET = Explanation(
    "The request token's secret. The app signs with it, and never sends it.", "RFC 5849 section 2.1"
)
_ACCESS_TOKEN = Explanation(
    "The access token (token credentials): with it the app may ask in the person's name.",
    "RFC 5849 section 2.3",
)
_ACCESS_TOKEN_SECRET = Explanation(
    "The access token's secret. The app signs with it, and never sends it.", "RFC 5849 section 2.3"
)
_TWITTER = {
    "denied": Explanation(
        "The request token of a login that the person refused. There is no verifier then.",
        "twittercommunity.com, A small tweak to the OAuth UI",
    ),
    "user_id": Explanation(
        "The person's number at Twitter. It never changes.", "docs.x.com, API reference, oauth/access_token"
    ),
    "screen_name": Explanation(
        "The person's name at Twitter, the one after the @. They can change it.",
        "docs.x.com, API reference, oauth/access_token",
    ),
    "force_login": Explanation(
        "Asks Twitter to have the person log in again, even if they are logged in.",
        "docs.x.com, API reference, oauth/authenticate",
    ),
    "x_auth_access_type": Explanation(
        "Asks for less than the app's registered rights: read, or write.",
        "docs.x.com, API reference, oauth/request_token",
    ),
    "include_email": Explanation(
        "Asks for the person's address too. Only the word true, in lower case, works.",
        "developer.x.com, GET account/verify_credentials; tweepy/tweepy #890",
    ),
    "skip_status": Explanation(
        "Leaves the person's last post out of the answer.", "developer.x.com, GET account/verify_credentials"
    ),
    "include_entities": Explanation(
        "Whether the answer lists the links in the person's description.",
        "developer.x.com, GET account/verify_credentials",
    ),
    "id_str": Explanation(
        "The person's number at Twitter, as text: some languages cannot hold it as a number.",
        "developer.x.com, GET account/verify_credentials",
    ),
    "name": Explanation(
        "The name that the person shows.", "Twitter, GET account/verify_credentials; Graph API, User"
    ),
    "email": Explanation(
        "The person's address. Where there is none, Twitter and GitHub say null, and Facebook leaves it out.",
        "Twitter, GET account/verify_credentials; Graph API, User; OpenID Connect Core section 5.1",
    ),
}


_OAUTH2 = {
    "client_id": Explanation(
        "Which app is asking: the name under which it is registered. It is no secret.",
        "RFC 6749 sections 2.2 and 4.1.1",
    ),
    "client_secret": Explanation(
        "Shows that it is the app that asks. It goes from the app to the provider and nowhere else.",
        "RFC 6749 section 2.3.1",
    ),
    "redirect_uri": Explanation(
        "Where the provider is to send the person afterwards. In both requests it has to be the same.",
        "RFC 6749 sections 3.1.2 and 4.1.3",
    ),
    "response_type": Explanation(
        "What the app wants to get in the callback; code is the code flow.", "RFC 6749 section 3.1.1"
    ),
    "scope": Explanation(
        "What the app asks to be allowed. The person may allow less.", "RFC 6749 section 3.3"
    ),
    "state": Explanation(
        "A word that the app made for this login, and gets back: by it the app knows that this browser began it.",
        "RFC 6749 sections 4.1.1 and 10.12",
    ),
    "code": Explanation(
        "The authorization code: worth nothing without the app's secret, once, and only for a few minutes.",
        "RFC 6749 sections 1.3.1 and 4.1.2",
    ),
    "grant_type": Explanation(
        "What the app hands over for the token; authorization_code is a code.", "RFC 6749 section 4.1.3"
    ),
    "access_token": Explanation(
        "With it the app may ask in the person's name, as far as they have allowed it.",
        "RFC 6749 section 1.4; RFC 6750",
    ),
    "token_type": Explanation(
        "How the token is used. Whoever holds a bearer token can use it.", "RFC 6749 section 7.1; RFC 6750"
    ),
    "expires_in": Explanation("For how many seconds the token works.", "RFC 6749 section 5.1"),
    "refresh_token": Explanation(
        "With it the app gets a new access token when the old one has expired.", "RFC 6749 sections 1.5 and 6"
    ),
    "error": Explanation("Why there is no code, or no token.", "RFC 6749 sections 4.1.2.1 and 5.2"),
    "error_description": Explanation("The same in words, for developers.", "RFC 6749 section 4.1.2.1"),
    "csrf_token": Explanation(
        "Shows that a form comes from a page of the app itself: no other site's page knows it.",
        "OWASP, Cross-Site Request Forgery Prevention",
    ),
    "code_challenge": Explanation(
        "The digest of a secret that the app keeps until it hands in the code.", "RFC 7636 section 4.2"
    ),
    "code_challenge_method": Explanation(
        "How that digest was made. S256 is SHA-256.", "RFC 7636 section 4.3"
    ),
    "code_verifier": Explanation(
        "The secret itself: it shows that whoever hands in the code also began the login.",
        "RFC 7636 sections 4.1 and 4.5",
    ),
    "nonce": Explanation(
        "A word that the app made for this login. It has to stand in the ID token.",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "id_token": Explanation(
        "Says who logged in, where, when and for which app, signed by the provider.",
        "OpenID Connect Core section 2",
    ),
    "iss": Explanation("Who answers: it tells one provider's callback from another's.", "RFC 9207 section 2"),
    "prompt": Explanation(
        "Whether to ask the person again: consent, select_account, or none for not at all.",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "login_hint": Explanation(
        "Whom the app expects: the page chooses that account beforehand. It may be another all the same.",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "error_uri": Explanation("A page that says more about the error.", "RFC 6749 sections 4.1.2.1 and 5.2"),
}
# What is told of a person who has logged in, in the ID token and at the userinfo endpoint.
_CLAIMS = {
    "sub": Explanation(
        "The person's number at the provider. It never changes, and nobody else ever gets it.",
        "OpenID Connect Core sections 2 and 5.7",
    ),
    "email_verified": Explanation(
        "Whether the provider has made sure that the address was the person's. At GitHub each address has its own.",
        "OpenID Connect Core section 5.1",
    ),
    "aud": Explanation(
        "For which app the ID token was made: its client id.", "OpenID Connect Core section 2"
    ),
    "azp": Explanation("Which app asked for the ID token: its client id.", "OpenID Connect Core section 2"),
    "iat": Explanation("When the ID token was made, in seconds since 1970.", "OpenID Connect Core section 2"),
    "exp": Explanation(
        "Until when the ID token may be believed, in seconds since 1970.", "OpenID Connect Core section 2"
    ),
    "at_hash": Explanation(
        "Half of the access token's digest: it shows that the two tokens belong together.",
        "OpenID Connect Core section 3.1.3.6",
    ),
    "given_name": Explanation("The person's first name.", "OpenID Connect Core section 5.1"),
    "family_name": Explanation("The person's last name.", "OpenID Connect Core section 5.1"),
    "picture": Explanation(
        "The person's picture: an address, and at Facebook an object that has one.",
        "OpenID Connect Core section 5.1; Graph API, User",
    ),
}
# What is told of the provider itself.
_DISCOVERY = {
    "issuer": Explanation(
        "The provider's address, which is its name: the ID token and the callback have to bear it.",
        "OpenID Connect Discovery section 3",
    ),
    "authorization_endpoint": Explanation(
        "Where the browser is sent, for the person to decide.", "OpenID Connect Discovery section 3"
    ),
    "token_endpoint": Explanation(
        "Where the app hands in the code.", "OpenID Connect Discovery section 3; RFC 6749 section 3.2"
    ),
    "jwks_uri": Explanation(
        "Where the keys are with which signatures are verified.", "OpenID Connect Discovery section 3"
    ),
    "keys": Explanation(
        "The public halves of the keys that the provider signs with; each has a name, its kid.",
        "RFC 7517 section 5",
    ),
}
_GOOGLE = {
    "access_type": Explanation(
        "offline asks for a refresh token, to use while the person is not there.",
        "Google, Using OAuth 2.0 for Web Server Applications",
    ),
    "include_granted_scopes": Explanation(
        "true adds what the person has allowed this app before.",
        "Google, Using OAuth 2.0 for Web Server Applications",
    ),
    "authuser": Explanation(
        "Which of the accounts in this browser it was, counted from 0. It is for Google itself.",
        "Google, as recorded in callbacks",
    ),
    "hd": Explanation(
        "The domain of the organisation that the account belongs to. What counts is the one in the ID token.",
        "Google, OpenID Connect reference",
    ),
}
_GITHUB = {
    "login": Explanation(
        "The person's name at GitHub, or the one that the app expects. They can change it.",
        "docs.github.com, Authorizing OAuth apps; REST API, Users",
    ),
    "allow_signup": Explanation(
        "Whether whoever has no account is offered one.", "docs.github.com, Authorizing OAuth apps"
    ),
    "message": Explanation("Why the API does not answer.", "docs.github.com, REST API, Troubleshooting"),
    "primary": Explanation(
        "Whether it is the address that GitHub itself writes to.", "docs.github.com, REST API, Emails"
    ),
    "verified": Explanation(
        "Whether the person has shown that they get what is sent there.", "docs.github.com, REST API, Emails"
    ),
    "visibility": Explanation(
        "Whether everybody sees the address, or nobody.", "docs.github.com, REST API, Emails"
    ),
}
_FACEBOOK = {
    "error_code": Explanation("Facebook's number for the error.", "Facebook Login, manual flow"),
    "error_message": Explanation(
        "Facebook's words for an error of its dialog. It may come without `error`.",
        "jaredhanson/passport-facebook, test/strategy.test.js",
    ),
    "error_reason": Explanation(
        "Why, in one word: user_denied is a person who said no.", "Facebook Login, manual flow"
    ),
    "auth_type": Explanation(
        "rerequest asks again for what the person refused before.", "Facebook Login, declined permissions"
    ),
    "fields": Explanation(
        "What the app wants to know. Without it Facebook gives id and name.", "Graph API, reading fields"
    ),
    "per_page": Explanation(
        "How many entries the app wants on one page of a list. GitHub gives 30 without it, and 100 at most.",
        "docs.github.com, Using pagination in the REST API",
    ),
    "return_scopes": Explanation(
        "Asks Facebook to say in the callback what the person allowed, and what not.",
        "Facebook Login, manual flow",
    ),
    "appsecret_proof": Explanation(
        "Made of the token and the app's secret: it shows that it is the app that uses the token.",
        "Graph API, Securing requests",
    ),
    "permission": Explanation(
        "What the person has left ticked on Facebook's page.", "Graph API, User permissions"
    ),
    "input_token": Explanation("The token that is asked about.", "Graph API, debug_token"),
    "fb_exchange_token": Explanation(
        "The token that is to be swapped for one that lives longer.", "Facebook Login, long-lived tokens"
    ),
    "granted_scopes": Explanation("What the person allowed.", "Facebook Login, manual flow"),
    "denied_scopes": Explanation("What the person refused.", "Facebook Login, manual flow"),
    "id": Explanation(
        "The person's number at the provider. At Facebook it is another one in every app.",
        "developers.facebook.com, Facebook Login for apps",
    ),
}


_ALL = (_OAUTH1, _TWITTER, _OAUTH2, _FACEBOOK, _CLAIMS, _DISCOVERY, _GOOGLE, _GITHUB)


def explain(name: str, value: str = "") -> Explanation | None:
    """What a parameter is for; None where nothing is known of it.

    `value` is the value as it is drawn. The same name, oauth_token, is the request token at first and the access
    token later: the name by which its value is drawn tells which.
    """
    name = name.removeprefix("its ")  # a claim of the ID token
    if name == "oauth_token":
        return _ACCESS_TOKEN if "access" in value else _REQUEST_TOKEN
    if name == "oauth_token_secret":
        return _ACCESS_TOKEN_SECRET if "access" in value else _REQUEST_TOKEN_SECRET
    return next((group[name] for group in _ALL if name in group), None)
