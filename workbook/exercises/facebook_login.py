"""A login with Facebook, for the checks of several steps, and their messages if it fails."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from workbook.flow.messages import APP
from workbook.lab.browser import HOME, MOST_REDIRECTS, Browser, Page, at_home
from workbook.lab.site import Site
from workbook.lab.visits import SOMEBODY, NotAsked, sign_in, unused_callback
from workbook.providers.facebook.errors import WRONG_APP, WRONG_SECRET
from workbook.providers.facebook.state import Attempt

from .missed import Missed
from .readable import session_sent_with
from .twitter_login import left_at_provider, shortened

# The app's URL for this login, and the recorded flow that a login is compared with.
START = "/login/facebook"
SIGN_IN = "03_facebook_login.sign_in"
CALLBACK = f"{HOME}/auth/facebook/callback"
# The key in the session under which Flask-OAuthlib keeps the redirect URI of a login.
_CALLBACK_KEPT = "facebook_oauthredir"


def signed_in_with_facebook(
    site: Site,
    browser: Browser,
    who: str = SOMEBODY,
    start: str = START,
    expected: str = SIGN_IN,
    since: int | None = None,
) -> Page:
    """Logs a user in with Facebook; Missed if that fails on the way. All else is as for Twitter's signed_in."""
    since = len(site.messages()) if since is None else since
    try:
        page = sign_in(browser, who, start=start)
    except NotAsked as error:
        raise not_at_facebook(site, error.page, start, expected, since) from None
    if site.at_provider(page):
        raise left_at_provider(site, page, "Facebook", start, expected, since)
    return page


def asked_of_the_dialog(site: Site, browser: Browser, start: str = START) -> dict[str, str]:
    """The parameters with which the app redirects the browser to Facebook's dialog, when a user begins a login.

    The browser does not go to the dialog. Missed if the redirect leads somewhere else.
    """
    page = browser.open(start, follow=False)
    for _ in range(MOST_REDIRECTS):
        location = urljoin(page.url, page.answers[-1].header("Location") or "")
        if location == page.url or not at_home(location):
            break
        page = browser.follow()
    parts = urlsplit(location)
    ours = parts.netloc == urlsplit(site.providers.url).netloc
    if not (ours and parts.path.endswith("/dialog/oauth")):
        since = len(site.messages())
        raise not_at_facebook(site, browser.open(start), start, since=since)
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def callback_for(site: Site, browser: Browser, who: str = SOMEBODY, start: str = START) -> str:
    """The URL to which Facebook sends the browser back when a user has just allowed access. The browser does not go
    there, so the code in the URL is still good."""
    since = len(site.messages())
    try:
        return unused_callback(browser, who, start=start)
    except NotAsked as error:
        raise not_at_facebook(site, error.page, start, since=since) from None


def changed(address: str, **parameters: str | None) -> str:
    """A URL with some new parameters in its query string; None removes a parameter."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **parameters}
    kept = {name: value for name, value in query.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept), fragment=""))


def not_at_facebook(
    site: Site, page: Page, start: str = START, expected: str = SIGN_IN, since: int = 0
) -> Missed:
    """`start` did not lead to Facebook's dialog. The login began after `since` messages."""
    if site.at_provider(page):
        asked = dict(parse_qsl(urlsplit(page.url).query))
        did, look = _refused_by_dialog(site, page, asked)
    else:
        did = f"{start} led to {page.path} with status {page.status}, and not to Facebook."
        look = f"the view of {start}: return the redirect that facebook.authorize(…) gives you."
    return Missed(
        should=f"{start} sends the browser to Facebook's dialog, /v25.0/dialog/oauth.",
        did=did,
        look=look,
        flow=site.flow("Your app", since),
        expected=expected,
    )


def _refused_by_dialog(site: Site, page: Page, asked: dict[str, str]) -> tuple[str, str]:
    """Why Facebook does not show its dialog, and where to look."""
    callback = asked.get("redirect_uri", "")
    if asked.get("client_id") == site.providers.facebook.app_secret:
        return (
            "it sent its secret as the client_id, through the browser, where the user can read it.",
            "remote_app(…): consumer_key is FACEBOOK_KEY, and consumer_secret is FACEBOOK_SECRET.",
        )
    if asked.get("client_id") != site.providers.facebook.app_id:
        return (
            f"it sent the client_id {asked.get('client_id')!r}, which Facebook does not know.",
            "remote_app(…): consumer_key is FACEBOOK_KEY, as the environment has it.",
        )
    graph = urlsplit(site.providers.environment()["FACEBOOK_GRAPH_URL"]).path
    if page.status == 404 or page.path.startswith(f"{graph}/"):
        return (
            f"it sent the browser to {page.path}, which responded with {page.status}: {shortened(page.words)}",
            "remote_app(…): authorize_url is FACEBOOK_URL followed by /v25.0/dialog/oauth.",
        )
    if not urlsplit(callback).netloc:
        return (
            f"it sent Facebook the redirect URI {callback!r}, which has no host.",
            "url_for('facebook_authorized', _external=True). Flask-OAuthlib adds the host for Twitter, but not here.",
        )
    if page.status == 200 and callback != CALLBACK:
        return (
            f"the login began at {HOME}, and the redirect URI was {callback}. These are two hosts, and the browser "
            "does not send the cookie of one to the other.",
            "url_for('facebook_authorized', _external=True) keeps the host under which the user opened the app.",
        )
    if callback != CALLBACK:
        return (
            f"it sent Facebook the redirect URI {callback}. Facebook knows {CALLBACK} for your app, and shows an error "
            f"page: {shortened(page.words)}",
            "the redirect URI. It is exactly the URL of the view facebook_authorized.",
        )
    return (
        f"Facebook's page says: {shortened(page.words)}",
        f"what your app sends to Facebook: {', '.join(f'{name}={asked[name]}' for name in asked if name != 'state')}.",
    )


def why_facebook_refused(site: Site, attempt: Attempt) -> tuple[str, str]:
    """Why Facebook gave no access token, with the app's own values, and where to look."""
    if attempt.error_code == WRONG_APP.code:
        return (
            f"it sent the client_id {attempt.client_id!r}, which Facebook does not know.",
            "remote_app(…): consumer_key is FACEBOOK_KEY, as the environment has it.",
        )
    if attempt.error_code == WRONG_SECRET.code:
        return (
            "it sent a wrong client_secret.",
            "remote_app(…): consumer_secret is FACEBOOK_SECRET, as the environment has it.",
        )
    if attempt.redirect_uri is None and _CALLBACK_KEPT in _session_at_the_callback(site):
        return (
            "it sent no redirect_uri with the code.",
            "the exchange repeats the redirect URI (RFC 6749 section 4.1.3). Flask-OAuthlib keeps it in the session, "
            f"as {_CALLBACK_KEPT}, and it was there when this callback came. Your app emptied the session before the "
            "exchange. Take out only what is used up.",
        )
    if attempt.redirect_uri is None:
        return (
            "it sent no redirect_uri with the code.",
            "the exchange repeats the redirect URI (RFC 6749 section 4.1.3). Flask-OAuthlib keeps one redirect URI in "
            "the session, for all tabs, and authorized_response() takes it out after the first. "
            "handle_oauth2_response(request.args) leaves it there.",
        )
    known = site.providers.facebook.codes.get(attempt.code or "")
    if known is not None and known.redirect_uri != attempt.redirect_uri:
        return (
            f"its redirect_uri was {attempt.redirect_uri} at the exchange, and {known.redirect_uri} at the dialog.",
            "the two have to be exactly the same (RFC 6749 section 4.1.3). Make the redirect URI in one place.",
        )
    return (
        f"it sent the code {(attempt.code or '')[:8]}…, and Facebook said: {what_facebook_said(site)}",
        "the code is request.args['code'], and it is good for one exchange.",
    )


def _session_at_the_callback(site: Site) -> str:
    """The content of the session that came with the last callback."""
    came = [m for m in site.messages() if m.is_request and m.url.startswith(CALLBACK)]
    return session_sent_with(came[-1]) if came else ""


def what_facebook_said(site: Site) -> str:
    """The message of Facebook's last error response to the app; empty if there was none."""
    for message in reversed(site.messages()):
        if message.sender == "facebook" and message.receiver == APP and (message.status or 0) >= 400:
            return str(json.loads(message.body)["error"]["message"])
    return ""
