"""A copy of Ada's cookie is still logged in after Ada has logged out.

Eve once had a copy of Ada's cookies, from a borrowed computer or a backup. Ada logs out, and believes that this ends
it. If the whole session is in the cookie, the app only asks Ada's browser to delete it. The copy is as good as before,
until the app's key changes. An app that keeps sessions on the server can end them.
"""

from __future__ import annotations

from ..outcomes import Outcome, withstood, works
from ..scene import Scene


def after_the_logout(scene: Scene) -> Outcome:
    """Ada logs out, and Eve uses her copy."""
    ada, eve = scene.ada(), scene.eve()
    scene.sign_in(ada, "ada")
    scene.begin()
    for name, value in ada.cookies().items():
        eve.set_cookie(name, value)
    scene.log_out(ada)
    greeting = scene.greeting(eve, "ada")
    if greeting:
        return works(f"Ada logged out. Eve's copy of the cookie is still logged in as Ada: {greeting}.")
    return withstood("Ada logged out, and Eve's copy of the cookie is logged out.")


WAYS = (after_the_logout,)
