"""Callbacks of Eve's logins that Eve did not use, and Ada's browser, which opens them."""

from __future__ import annotations

from workbook.lab.browser import HOME, Browser, NoAnswer
from workbook.lab.visits import NotAsked, unused_callback

from .outcomes import CannotTry
from .scene import Scene, label
from .server import EVIL


def eves_callback(scene: Scene, provider: str) -> str:
    """The URL of a callback with what Eve's login gave: she allowed access, and did not go back to the app. CannotTry
    where the app does not get her so far."""
    try:
        url = unused_callback(scene.eve(), "eve", start=scene.way_in(provider))
    except (NotAsked, NoAnswer) as error:
        raise CannotTry(f"Eve could not log in with {label(provider)}: {error}.") from None
    if not url.startswith(HOME):
        raise CannotTry(f"{label(provider)} did not send Eve's browser back to the app.")
    return url


def took_it(scene: Scene, ada: Browser, callback: str) -> str | None:
    """Ada clicks on a link to that callback on Eve's page: how the app greets her as Eve then, None where it does
    not."""
    scene.server.show_link(callback)
    ada.click(ada.open(EVIL).links()[0])
    return scene.greeting(ada, "eve")
