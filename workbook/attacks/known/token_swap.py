"""Eve's request token, to which Ada gives access, logs Eve in as Ada (session fixation of OAuth 1.0).

Eve begins a login, and stops at the redirect to Twitter. She sends Ada that URL, with Eve's request token. Ada logs in
at Twitter and allows access: she sees the app's name, and everything is right. In OAuth 1.0 the request token was now
good for Ada's account, and Eve went on with her callback. OAuth 1.0a exists because of this: Twitter gives the redirect
after Ada's decision a verifier, and without it there is no access token (RFC 5849 section 2.2, and the advisory of
oauth.net of April 2009).

The verifier is in the URL of Ada's browser. The app must not use it for a login, or for a link, that Eve's browser
began: it must not look for the request token in a place that all browsers share.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlunsplit

from workbook.flow.messages import ELSEWHERE, split
from workbook.lab.browser import Browser
from workbook.lab.visits import ACCOUNT, decide_on, form_to, sign_in

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import OAUTH1, Scene, label
from ..server import EVIL

_PROVIDER = OAUTH1[0]
# Eve writes one of these instead of the verifier.
_VERIFIERS = ((), (("oauth_verifier", ""),), (("oauth_verifier", "0000000"),))


def a_login(scene: Scene) -> Outcome:
    """Eve begins a login, and ends it after Ada's decision."""
    start = scene.way_in(_PROVIDER)
    scene.begin()
    eve, ada = scene.eve(), scene.ada()
    to_twitter = eve.open(start, follow=False).answers[-1].header("Location") or ""
    callback = _ada_decides(scene, ada, to_twitter)
    for verifier in _VERIFIERS:
        eve.open(_with(callback, verifier))
        greeting = scene.greeting(eve, "ada")
        if greeting:
            return works(
                "Ada allowed access to Eve's request token, and Eve opened the callback without its verifier. Eve is "
                f"now Ada for the app: {greeting}."
            )
    return withstood(
        "Ada allowed access to Eve's request token. Eve does not know the verifier, and the app logged her in as "
        "nobody."
    )


def a_link(scene: Scene) -> Outcome:
    """Eve begins a link, and Ada's browser ends it. Ada's identity would then belong to Eve's account."""
    scene.way_in(_PROVIDER)
    if not scene.oauth2():
        raise CannotTry("The app has one provider, so there is nothing to link.")
    eve = scene.eve()
    scene.sign_in(eve, "eve", scene.oauth2()[0])
    form = form_to(eve.open(ACCOUNT), f"{ACCOUNT}/link/{_PROVIDER}")
    if form is None:
        raise CannotTry(f"The app has no button that links {label(_PROVIDER)}.")
    scene.begin()
    to_twitter = eve.submit(form, follow=False).answers[-1].header("Location") or ""
    _ada_decides(scene, scene.ada(), to_twitter)
    ada = scene.browser(ELSEWHERE)
    sign_in(ada, "ada", start=scene.way_in(_PROVIDER))
    greeting = scene.greeting(ada, "eve")
    if greeting:
        return works(
            f"Eve began a link, and Ada's browser ended it. Ada's login with {label(_PROVIDER)} now leads to Eve's "
            f"account: {greeting}."
        )
    return withstood("Ada's browser did not end a link that Eve had begun.")


def _ada_decides(scene: Scene, ada: Browser, to_twitter: str) -> str:
    """Ada clicks on Eve's link to Twitter, logs in there, and allows access. Her browser goes back to the app. Returns
    the callback's URL as Eve can write it: without the verifier."""
    scene.server.show_link(to_twitter)
    page = decide_on(ada, ada.click(ada.open(EVIL).links()[0]), "ada", "allow")
    locations = [answer.header("Location") or "" for answer in page.answers]
    return next((_with(location, ()) for location in locations if "oauth_verifier=" in location), "/")


def _with(callback: str, verifier: tuple[tuple[str, str], ...]) -> str:
    """The callback's URL with that verifier instead of its own."""
    parts = split(callback)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "oauth_verifier"]
    return urlunsplit(parts._replace(query=urlencode([*kept, *verifier])))


WAYS = (a_login, a_link)
