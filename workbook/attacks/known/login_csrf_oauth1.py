"""Ada's browser is logged in as Eve, by a callback of Eve's login with Twitter.

Eve begins a login and allows access at Twitter. Her browser does not follow the redirect back to the app: Eve keeps the
callback's URL, with the request token and the verifier of her own login. She makes Ada's browser open this URL. If the
app accepts it, Ada is logged in as Eve without noticing, and everything that she then writes is in Eve's account (RFC
6749 section 10.12 tells it for OAuth 2).

OAuth 1.0a has no `state`. The request token that waits in the session replaces it. The app must exchange that token,
and no token from the URL.
"""

from __future__ import annotations

from ..callbacks import eves_callback, took_it
from ..outcomes import Outcome, withstood, works
from ..scene import OAUTH1, Scene

_PROVIDER = OAUTH1[0]


def a_stranger(scene: Scene) -> Outcome:
    """Ada has not been here before."""
    return _try(scene, begun=False, who="Ada, who has no session here,")


def a_login_under_way(scene: Scene) -> Outcome:
    """Ada has begun a login of her own: a request token waits in her session."""
    return _try(scene, begun=True, who="Ada, who has begun a login of her own,")


def _try(scene: Scene, *, begun: bool, who: str) -> Outcome:
    start = scene.way_in(_PROVIDER)
    scene.begin()
    callback = eves_callback(scene, _PROVIDER)
    ada = scene.ada()
    if begun:
        ada.open(start, follow=False)
    greeting = took_it(scene, ada, callback)
    if greeting:
        return works(f"{who} clicked on Eve's link, and is now Eve for the app: {greeting}.")
    return withstood(f"{who} clicked on Eve's link, and the app did not log her in as Eve.")


WAYS = (a_stranger, a_login_under_way)
