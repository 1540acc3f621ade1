"""A line for each parameter of a message: what it is for, and where it is defined.

The terms are RFC 5849's, with Twitter's own names beside them. *Temporary credentials* are the request token and its
secret. *Token credentials* are the access token and its secret. The *client* is the app, and its *client credentials*
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
        "The callback URL: Twitter sends the browser there after the user has decided.",
        "RFC 5849 section 2.1",
    ),
    "oauth_consumer_key": Explanation(
        "Names the app that asks (consumer key). It is not a secret.", "RFC 5849 section 3.1"
    ),
    "oauth_nonce": Explanation(
        "A random string for one request. The server accepts it once, so a recorded request cannot be replayed.",
        "RFC 5849 section 3.3",
    ),
    "oauth_timestamp": Explanation(
        "The time of the request, in seconds since 1970. The server accepts only recent times.",
        "RFC 5849 section 3.3",
    ),
    "oauth_signature_method": Explanation(
        "The method of the signature. Twitter accepts HMAC-SHA1, one of the three in the RFC.",
        "RFC 5849 sections 3.1 and 3.4.2",
    ),
    "oauth_signature": Explanation(
        "Computed with both secrets. It covers the method, the URL and the form parameters, but no JSON body.",
        "RFC 5849 section 3.4",
    ),
    "oauth_version": Explanation("The version of the protocol. It is 1.0.", "RFC 5849 section 3.1"),
    "oauth_verifier": Explanation(
        "A random string that only the user's browser gets. It should show that the same user comes back.",
        "RFC 5849 sections 2.2 and 2.3",
    ),
    "oauth_callback_confirmed": Explanation(
        "Tells that the server follows the corrected protocol, 1.0a. It is always true.",
        "RFC 5849 section 2.1",
    ),
    "realm": Explanation(
        "Names the protected part of the server. The signature does not cover it.", "RFC 5849 section 3.5.1"
    ),
}
_REQUEST_TOKEN = Explanation(
    "The request token (temporary credentials). It identifies this one login until the user has decided.",
    "RFC 5849 section 2.1",
)
_REQUEST_TOKEN_SECRET = Explanation(
    "The request token's secret. The app signs with it, and never sends it.", "RFC 5849 section 2.1"
)
_ACCESS_TOKEN = Explanation(
    "The access token (token credentials). With it the app calls the API for the user.",
    "RFC 5849 section 2.3",
)
_ACCESS_TOKEN_SECRET = Explanation(
    "The access token's secret. The app signs with it, and never sends it.", "RFC 5849 section 2.3"
)
_TWITTER = {
    "denied": Explanation(
        "The request token of a login that the user denied. Then there is no verifier.",
        "twittercommunity.com, A small tweak to the OAuth UI",
    ),
    "user_id": Explanation(
        "The user's ID at Twitter, as a string.", "docs.x.com, API reference, oauth/access_token"
    ),
    "screen_name": Explanation(
        "The user's name at Twitter, the one after the @. The user can change it.",
        "docs.x.com, API reference, oauth/access_token",
    ),
    "force_login": Explanation(
        "Asks Twitter to let the user log in again, even if the user is logged in.",
        "docs.x.com, API reference, oauth/authenticate",
    ),
    "x_auth_access_type": Explanation(
        "Asks for less than the app's registered rights (read or write).",
        "docs.x.com, API reference, oauth/request_token",
    ),
    "include_email": Explanation(
        "Asks for the user's email address, too. Only the value true in lower case works.",
        "developer.x.com, GET account/verify_credentials; tweepy/tweepy #890",
    ),
    "skip_status": Explanation(
        "Leaves the user's last post out of the response.", "developer.x.com, GET account/verify_credentials"
    ),
    "include_entities": Explanation(
        "Whether the response lists the links in the user's description.",
        "developer.x.com, GET account/verify_credentials",
    ),
    "id_str": Explanation(
        "The user's ID at Twitter as a string, because some languages cannot hold it as a number.",
        "developer.x.com, GET account/verify_credentials",
    ),
    "name": Explanation(
        "The user's display name.", "Twitter, GET account/verify_credentials; Graph API, User"
    ),
    "email": Explanation(
        "The user's email address. Without one, Twitter and GitHub send null, and Facebook leaves the field out.",
        "Twitter, GET account/verify_credentials; Graph API, User; OpenID Connect Core section 5.1",
    ),
}


_OAUTH2 = {
    "client_id": Explanation(
        "Names the app that asks (client ID). It is not a secret.",
        "RFC 6749 sections 2.2 and 4.1.1",
    ),
    "client_secret": Explanation(
        "Proves that the app itself asks. The app sends it to the provider and to no one else.",
        "RFC 6749 section 2.3.1",
    ),
    "redirect_uri": Explanation(
        "The redirect URI: the provider sends the browser there afterwards. It must be the same in both requests.",
        "RFC 6749 sections 3.1.2 and 4.1.3",
    ),
    "response_type": Explanation(
        "Tells what the app wants in the callback. The value code asks for an authorization code.",
        "RFC 6749 section 3.1.1",
    ),
    "scope": Explanation(
        "The permissions that the app asks for. The user may grant fewer.", "RFC 6749 section 3.3"
    ),
    "state": Explanation(
        "A random string of the app for this login. It comes back and shows that this browser began the login.",
        "RFC 6749 sections 4.1.1 and 10.12",
    ),
    "code": Explanation(
        "The authorization code. The app exchanges it once, within minutes, together with its client secret.",
        "RFC 6749 sections 1.3.1 and 4.1.2",
    ),
    "grant_type": Explanation(
        "The kind of the exchange. The value authorization_code means that the app sends a code.",
        "RFC 6749 section 4.1.3",
    ),
    "access_token": Explanation(
        "The access token. With it the app calls the API for the user, as far as the user has allowed.",
        "RFC 6749 section 1.4; RFC 6750",
    ),
    "token_type": Explanation(
        "How the token is used. Anyone who holds a bearer token can use it.", "RFC 6749 section 7.1; RFC 6750"
    ),
    "expires_in": Explanation("How many seconds the token works.", "RFC 6749 section 5.1"),
    "refresh_token": Explanation(
        "With it the app gets a new access token after the old one has expired.",
        "RFC 6749 sections 1.5 and 6",
    ),
    "error": Explanation(
        "The reason why the request failed. APIs use the same name for their errors.",
        "RFC 6749 sections 4.1.2.1 and 5.2",
    ),
    "error_description": Explanation("The error as a sentence for developers.", "RFC 6749 section 4.1.2.1"),
    "csrf_token": Explanation(
        "Shows that the form comes from a page of the app. A page of another website does not know this value.",
        "OWASP, Cross-Site Request Forgery Prevention",
    ),
    "code_challenge": Explanation(
        "The digest of a secret that the app keeps until it exchanges the code.", "RFC 7636 section 4.2"
    ),
    "code_challenge_method": Explanation(
        "The method of the digest. S256 is SHA-256.", "RFC 7636 section 4.3"
    ),
    "code_verifier": Explanation(
        "The secret itself. It shows that the sender of the code also began the login.",
        "RFC 7636 sections 4.1 and 4.5",
    ),
    "nonce": Explanation(
        "A random string that the app made for this login. The ID token must contain it.",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "id_token": Explanation(
        "Tells which user logged in, where, when and for which app. The provider has signed it.",
        "OpenID Connect Core section 2",
    ),
    "iss": Explanation(
        "Names the provider that sent this response, so that the app does not mix up two providers.",
        "RFC 9207 section 2",
    ),
    "prompt": Explanation(
        "Whether to ask the user again (consent, select_account), or to show no page (none).",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "login_hint": Explanation(
        "The user that the app expects. The page selects this account, but the user can choose a different one.",
        "OpenID Connect Core section 3.1.2.1",
    ),
    "error_uri": Explanation("A page that explains the error.", "RFC 6749 sections 4.1.2.1 and 5.2"),
}
# What is told of a person who has logged in, in the ID token and at the userinfo endpoint.
_CLAIMS = {
    "sub": Explanation(
        "The subject, the user's ID at the provider. It is a string. It does not change, and no other user gets it.",
        "OpenID Connect Core sections 2 and 5.7",
    ),
    "email_verified": Explanation(
        "Whether the provider has verified the user's email address. GitHub sends a flag for each email address.",
        "OpenID Connect Core section 5.1",
    ),
    "aud": Explanation(
        "The app that the ID token is for, by its client ID.", "OpenID Connect Core section 2"
    ),
    "azp": Explanation(
        "The app that asked for the ID token, by its client ID.", "OpenID Connect Core section 2"
    ),
    "iat": Explanation(
        "The time when the ID token was made, in seconds since 1970.", "OpenID Connect Core section 2"
    ),
    "exp": Explanation(
        "The time after which the app must not accept the ID token, in seconds since 1970.",
        "OpenID Connect Core section 2",
    ),
    "at_hash": Explanation(
        "Half of the access token's digest. It shows that the two tokens belong together.",
        "OpenID Connect Core section 3.1.3.6",
    ),
    "given_name": Explanation("The user's first name.", "OpenID Connect Core section 5.1"),
    "family_name": Explanation("The user's last name.", "OpenID Connect Core section 5.1"),
    "picture": Explanation(
        "The user's picture. Google and GitHub send a URL, Facebook an object that contains one.",
        "OpenID Connect Core section 5.1; Graph API, User",
    ),
}
# What is told of the provider itself.
_DISCOVERY = {
    "issuer": Explanation(
        "The provider's URL, which is also its name. The ID token and the callback must contain it.",
        "OpenID Connect Discovery section 3",
    ),
    "authorization_endpoint": Explanation(
        "The URL where the app sends the browser, so that the user can decide.",
        "OpenID Connect Discovery section 3",
    ),
    "token_endpoint": Explanation(
        "The URL where the app exchanges the code.",
        "OpenID Connect Discovery section 3; RFC 6749 section 3.2",
    ),
    "jwks_uri": Explanation(
        "The URL of the keys that verify signatures.", "OpenID Connect Discovery section 3"
    ),
    "keys": Explanation(
        "The public keys of the provider. Each has a name, its kid.",
        "RFC 7517 section 5",
    ),
}
_GOOGLE = {
    "access_type": Explanation(
        "The value offline asks for a refresh token, to use while the user is away.",
        "Google, Using OAuth 2.0 for Web Server Applications",
    ),
    "include_granted_scopes": Explanation(
        "The value true adds what the user has allowed this app before.",
        "Google, Using OAuth 2.0 for Web Server Applications",
    ),
    "authuser": Explanation(
        "Which of the accounts in this browser the user chose, counted from 0. Only Google uses it.",
        "Google, as recorded in callbacks",
    ),
    "hd": Explanation(
        "The domain of the organisation that owns the account. The app must read it from the ID token.",
        "Google, OpenID Connect reference",
    ),
}
_GITHUB = {
    "login": Explanation(
        "The user's name at GitHub, or the name that the app expects. The user can change it.",
        "docs.github.com, Authorizing OAuth apps; REST API, Users",
    ),
    "allow_signup": Explanation(
        "Whether GitHub offers an account to users who have none.", "docs.github.com, Authorizing OAuth apps"
    ),
    "message": Explanation("Why the API rejects the request.", "docs.github.com, REST API, Troubleshooting"),
    "primary": Explanation(
        "Whether GitHub itself writes to this email address.", "docs.github.com, REST API, Emails"
    ),
    "verified": Explanation(
        "Whether the user has shown that the mailbox of this email address is theirs.",
        "docs.github.com, REST API, Emails",
    ),
    "visibility": Explanation(
        "Whether the email address is public or private.", "docs.github.com, REST API, Emails"
    ),
}
_FACEBOOK = {
    "error_code": Explanation("Facebook's code for the error.", "Facebook Login, manual flow"),
    "error_message": Explanation(
        "Facebook's sentence about an error of its dialog. It can come without `error`.",
        "jaredhanson/passport-facebook, test/strategy.test.js",
    ),
    "error_reason": Explanation(
        "The reason as one value. The value user_denied means that the user denied access.",
        "Facebook Login, manual flow",
    ),
    "auth_type": Explanation(
        "The value rerequest asks again for permissions that the user denied before.",
        "Facebook Login, declined permissions",
    ),
    "fields": Explanation(
        "The fields that the app wants. Without this parameter Facebook sends id and name.",
        "Graph API, reading fields",
    ),
    "per_page": Explanation(
        "How many entries the app wants on one page of a list. The default at GitHub is 30, the maximum is 100.",
        "docs.github.com, Using pagination in the REST API",
    ),
    "return_scopes": Explanation(
        "Asks Facebook to list in the callback what the user granted and denied.",
        "Facebook Login, manual flow",
    ),
    "appsecret_proof": Explanation(
        "Made from the token and the app's secret. It shows that the app itself uses the token.",
        "Graph API, Securing requests",
    ),
    "permission": Explanation(
        "A permission that the user has left ticked on Facebook's page.", "Graph API, User permissions"
    ),
    "input_token": Explanation("The token that the app asks about.", "Graph API, debug_token"),
    "fb_exchange_token": Explanation(
        "The token that the app exchanges for one that lives longer.", "Facebook Login, long-lived tokens"
    ),
    "granted_scopes": Explanation("The permissions that the user granted.", "Facebook Login, manual flow"),
    "denied_scopes": Explanation("The permissions that the user denied.", "Facebook Login, manual flow"),
    "id": Explanation(
        "The user's ID at the provider. At Facebook each app gets a different ID for the same user.",
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
