"""With the settings for the real providers, the finished apps call the documented hosts of the providers, over HTTPS.

No request goes to the real hosts: real_hosts.py stands in for them. The test compares the requests of an app, and their
hosts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from dotenv import dotenv_values
from joserfc import jwt
from joserfc.jwk import RSAKey
from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature

from workbook.course.places import ROOT, SOLUTIONS
from workbook.flow.messages import BROWSER, Message
from workbook.lab.browser import Browser
from workbook.lab.site import Site
from workbook.lab.warm import Warm

from .documented import CALLBACK, FORMS, form_of, requests_of
from .real_hosts import Answer, RealHosts
from .test_documented_requests import STARTS, forms_of

KEYS = {
    name: f"{name.lower().replace('_', '-')}-of-nobody"
    for provider in ("TWITTER", "FACEBOOK", "GOOGLE", "GITHUB")
    for name in (f"{provider}_KEY", f"{provider}_SECRET")
}
EXAMPLE = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example").items()}
URLS = sorted({form.variable for form in FORMS})
# The settings of .env.example, once its blanks are filled in; and an environment that names no provider's URL.
SETTINGS: dict[str, dict[str, str | None]] = {
    ".env.example": {**EXAMPLE, **KEYS, "SECRET_KEY": "any"},
    "no URLs": {**dict.fromkeys(URLS), **KEYS, "OAUTHLIB_INSECURE_TRANSPORT": None},
}
# The URL under which .env.example says to open the app.
HOMES = {"twitter": "http://127.0.0.1:5000"}
HOME = "http://localhost:5000"

# The responses in each provider's documentation.
REQUEST_TOKEN, REQUEST_SECRET = "Z6eEdO8MOmk394WozF5oKyuAv855l4Ml", "Kd75W4OQfb2oJTV0vzGzeXftVAwgMnEK"
ACCESS_TOKEN, ACCESS_SECRET = "6253282-eWudHldSbIaelX7swmsiHImEL4KinwaG", "2EEfA6BG5ly3sR3XjE0IBSnlQu4ZrUzP"
SECRETS = {None: "", REQUEST_TOKEN: REQUEST_SECRET, ACCESS_TOKEN: ACCESS_SECRET}
HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
GOOGLE_KEY = RSAKey.generate_key(2048, {"kid": "1", "alg": "RS256", "use": "sig"})


def answer(request: Message, nonce: str) -> Answer:
    """The documented response to a request."""
    place = request.url.partition("?")[0].partition("://")[2]
    x = place.replace("api.twitter.com/", "api.x.com/")
    pages: dict[str, Answer] = {
        "api.x.com/oauth/request_token": (
            HTML,
            f"oauth_token={REQUEST_TOKEN}&oauth_token_secret={REQUEST_SECRET}&oauth_callback_confirmed=true",
        ),
        "api.x.com/oauth/access_token": (
            HTML,
            f"oauth_token={ACCESS_TOKEN}&oauth_token_secret={ACCESS_SECRET}&user_id=6253282&screen_name=ada_o",
        ),
        "api.x.com/1.1/account/verify_credentials.json": (
            JSON,
            json.dumps(
                {"id": 6253282, "id_str": "6253282", "name": "Ada", "screen_name": "ada_o", "email": None}
            ),
        ),
        "graph.facebook.com/v25.0/oauth/access_token": (
            JSON,
            json.dumps({"access_token": "EAAx", "token_type": "bearer", "expires_in": 5183944}),
        ),
        "graph.facebook.com/v25.0/me": (JSON, json.dumps({"id": "10218", "name": "Ada"})),
        "accounts.google.com/.well-known/openid-configuration": (JSON, json.dumps(DISCOVERY)),
        "oauth2.googleapis.com/token": (JSON, json.dumps(google_token(nonce))),
        "www.googleapis.com/oauth2/v3/certs": (
            JSON,
            json.dumps({"keys": [GOOGLE_KEY.as_dict(private=False)]}),
        ),
        "github.com/login/oauth/access_token": (
            FORM,
            "access_token=gho_x&scope=user%3Aemail&token_type=bearer",
        ),
        "api.github.com/user": (JSON, json.dumps({"id": 1, "login": "ada", "name": "Ada", "email": None})),
        "api.github.com/user/emails": (
            JSON,
            json.dumps([{"email": "ada@example.org", "primary": True, "verified": True, "visibility": None}]),
        ),
    }
    return pages.get(x)


DISCOVERY = {
    "issuer": "https://accounts.google.com",
    "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_endpoint": "https://oauth2.googleapis.com/token",
    "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
    "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def google_token(nonce: str) -> dict[str, object]:
    now = int(time.time())
    key = KEYS["GOOGLE_KEY"]
    claims = {
        "iss": DISCOVERY["issuer"],
        "aud": key,
        "azp": key,
        "sub": "110169484474386276334",
        "name": "Ada",
    }
    times = {"iat": now, "exp": now + 3600, "nonce": nonce}
    return {
        "access_token": "ya29.x",
        "expires_in": 3599,
        "scope": "openid https://www.googleapis.com/auth/userinfo.email",
        "token_type": "Bearer",
        "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, {**claims, **times}, GOOGLE_KEY),
    }


def came_back(provider: str, location: str) -> str:
    """The callback of a user whom the app has redirected to `location`, and who allowed access there."""
    home = HOMES.get(provider, HOME)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    if provider == "twitter":
        told = {"oauth_token": sent["oauth_token"], "oauth_verifier": "ghLM8lYmAxDbaqL912RZSRjCCEXKDIzx"}
    else:
        told = {"code": "4/0AX4XfWh", "state": sent["state"]}
    return f"{home}/auth/{provider}/callback?{urlencode(told)}"


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("step", STARTS)
def test_the_documented_hosts_are_asked(step: str, settings: str, warm: Warm) -> None:
    nonces = [""]
    hosts = {urlsplit(host).netloc for form in FORMS for host in form.hosts}
    with (
        RealHosts(hosts, lambda request: answer(request, nonces[-1])) as real,
        Site(SOLUTIONS / step, warm, environment={**SETTINGS[settings], **real.environment()}) as site,
    ):
        for provider, start in STARTS[step].items():
            browser = site.browser()
            location = login(browser, provider, start)
            nonces.append(parse_qs(urlsplit(location).query).get("nonce", [""])[0])
            page = browser.open(came_back(provider, location))
            assert page.status == 200 and ("Ada" in page.words or "ada_o" in page.words), page.words
        assert real.elsewhere == [] and list(site.providers.messages) == []
        every = [*real.requests, *requests_of(site.messages())]
    seen = set()
    for request in every:
        form = form_of(request, {form.id: form.hosts for form in FORMS})
        assert form is not None, f"nothing documents {request.method} {request.url}"
        callback = f"{HOMES.get(form.provider, HOME)}/auth/{form.provider}/callback"
        assert form.differences(request, {**KEYS, CALLBACK: callback}) == []
        if form.scheme == "OAuth":
            elsewhere = replace(request, url=request.url.replace("api.twitter.com", "api.x.com"))
            assert signed(request) and not signed(elsewhere), request
        seen.add(form.id)
    assert seen == forms_of(STARTS[step])


def login(browser: Browser, provider: str, start: str) -> str:
    """Begins a login; returns the URL to which the app redirects the browser, which does not go there."""
    page = browser.open(f"{HOMES.get(provider, HOME)}{start}", follow=False)
    location = page.answers[-1].header("Location")
    assert page.status == 302 and location, page.words
    return location


def signed(request: Message) -> bool:
    """Whether a request is signed as in RFC 5849 section 3.4, for exactly its own URL."""
    asked = Request(request.url, request.method, request.body, dict(request.headers))
    asked.params = signature.collect_parameters(urlsplit(request.url).query, request.body, asked.headers)
    asked.signature = request.get("oauth_signature")
    secret = SECRETS[request.get("oauth_token")]
    return bool(signature.verify_hmac_sha1(asked, KEYS["TWITTER_SECRET"], secret))


def test_twitter_has_two_host_names() -> None:
    """The apps use the older name. X documents the other one today."""
    twitter = next(form for form in FORMS if form.provider == "twitter")
    assert twitter.older_hosts == (EXAMPLE["TWITTER_URL"],) and twitter.host == "https://api.x.com"


def of_browser(url: str) -> Message:
    return Message(sender=BROWSER, receiver="", time=0, method="GET", url=url)


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/login/oauth/authorize",
        "https://www.github.com/login/oauth/authorize",
        "https://api.github.com/login/oauth/authorize",
        "https://github.com.example/login/oauth/authorize",
        "https://github.com:8443/login/oauth/authorize",
        "https://facebook.com/v25.0/dialog/oauth",
        "https://graph.facebook.com/v25.0/dialog/oauth",
        "https://www.facebook.com/v2.2/dialog/oauth",
        "https://accounts.google.com/o/oauth2/auth2",
        "https://twitter.com/oauth/authenticate",
        "https://api.x.com/2/oauth/authenticate",
    ],
)
def test_another_host_is_nothing_documented(url: str) -> None:
    assert form_of(of_browser(url), {form.id: form.hosts for form in FORMS}) is None


def test_what_is_not_one_of_the_hosts_is_refused(warm: Warm) -> None:
    """The stand-in for the real hosts lets nothing through, and records an app's requests to other hosts."""
    wrong: Mapping[str, str | None] = {**SETTINGS[".env.example"], "GITHUB_URL": "https://github.example"}
    with (
        RealHosts({"api.github.com"}, lambda request: None) as real,
        Site(SOLUTIONS / "06_google_and_github", warm, environment={**wrong, **real.environment()}) as site,
    ):
        browser = site.browser()
        location = login(browser, "github", "/login/github")
        assert urlsplit(location).netloc == "github.example"
        browser.open(came_back("github", location))
        assert real.elsewhere == ["github.example:443"] and real.requests == []
