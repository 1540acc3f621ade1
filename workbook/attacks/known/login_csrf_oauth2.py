"""Ada's browser is logged in as Eve, by a callback of Eve's login with an OAuth 2 provider.

Eve begins a login and allows access at the provider. Her browser does not follow the redirect back to the app: Eve
keeps the callback's URL, with an authorization code that is still good. She makes Ada's browser open this URL. If the
app exchanges the code, Ada is logged in as Eve without noticing (RFC 6749 section 10.12).

The app stops this by a `state` that it made for Ada's browser, and that it compares at the callback. So Eve also leaves
`state` out, or sends an empty one: an app that compares nothing with nothing finds them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlunsplit

from workbook.flow.messages import split
from workbook.lab.browser import Browser

from ..callbacks import eves_callback, took_it
from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene, label


def as_it_came(url: str) -> str:
    """Eve's callback with the state of her own login."""
    return url


def without_state(url: str) -> str:
    """Eve's callback without a state."""
    return _changed(url, lambda pairs: [(name, value) for name, value in pairs if name != "state"])


def with_an_empty_state(url: str) -> str:
    """Eve's callback with a state of no letters."""
    return _changed(url, lambda pairs: [(name, "" if name == "state" else value) for name, value in pairs])


def _changed(url: str, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> str:
    parts = split(url)
    return urlunsplit(parts._replace(query=urlencode(change(parse_qsl(parts.query, keep_blank_values=True)))))


_WITH = {
    as_it_came: "the state of Eve's login",
    without_state: "no state",
    with_an_empty_state: "an empty state",
}


def a_stranger(scene: Scene) -> Outcome:
    """Ada has not been here before."""
    return _try(scene, "Ada, who has no session here,", lambda ada, provider: None)


def a_login_under_way(scene: Scene) -> Outcome:
    """Ada has begun a login of her own in another tab: a state waits in her session."""

    def begin(ada: Browser, provider: str) -> None:
        ada.open(scene.way_in(provider), follow=False)

    return _try(scene, "Ada, who has begun a login of her own,", begin)


def logged_in_already(scene: Scene) -> Outcome:
    """Ada is logged in. No state waits in her session any more, but the rest of her own login may be there."""

    def log_in(ada: Browser, provider: str) -> None:
        scene.sign_in(ada, "ada", provider)

    return _try(scene, "Ada, who is logged in as herself,", log_in)


def _try(scene: Scene, who: str, before: Callable[[Browser, str], None]) -> Outcome:
    """Ada opens Eve's callback of each provider, after `before` with her browser and the provider."""
    if not scene.oauth2():
        raise CannotTry("The app has no login with a provider that speaks OAuth 2.")
    for provider in scene.oauth2():
        for change, with_ in _WITH.items():
            ada = scene.ada()
            before(ada, provider)
            scene.begin()
            greeting = took_it(scene, ada, change(eves_callback(scene, provider)))
            if greeting:
                return works(
                    f"{who} clicked on Eve's link to the callback of {label(provider)}, with {with_}. Ada is now Eve "
                    f"for the app: {greeting}."
                )
    return withstood(f"{who} clicked on Eve's callbacks, and the app did not log her in as Eve.")


WAYS = (a_stranger, a_login_under_way, logged_in_already)
