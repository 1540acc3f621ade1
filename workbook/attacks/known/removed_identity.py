"""Ada removes an identity, and Eve's browser, which logged in with it, stays logged in.

Eve has learned Ada's password at Facebook, and logged in to the app as Ada. Ada notices it, and removes Facebook from
her account page. From now on no login with Facebook leads to her account. But Eve's browser is still logged in, and Eve
can link an account of her own. When an identity is removed, the app must end every session that began with it.
"""

from __future__ import annotations

from workbook.flow.messages import split
from workbook.lab.browser import Browser, Form
from workbook.lab.visits import ACCOUNT, NotAsked, link

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene, label


def a_removed_identity(scene: Scene) -> Outcome:
    """Ada links a second provider, Eve comes in by it, and Ada removes it."""
    first, *more = scene.ways_in
    if not more:
        raise CannotTry("The app has one provider, so there is nothing to remove.")
    ada, eve, provider = scene.ada(), scene.eve(), more[0]
    scene.sign_in(ada, "ada", first)
    try:
        link(ada, provider, "ada")
    except NotAsked:
        raise CannotTry(f"The app has no button that links {label(provider)}.") from None
    scene.begin()
    scene.sign_in(eve, "ada", provider)
    _remove(scene, ada, provider)
    greeting = scene.greeting(eve, "ada")
    if greeting:
        return works(
            f"Ada removed {label(provider)}. The browser that had logged in with it is still logged in as Ada: "
            f"{greeting}."
        )
    return withstood(
        f"Ada removed {label(provider)}, and the browser that had logged in with it is logged out."
    )


def _remove(scene: Scene, ada: Browser, provider: str) -> None:
    """Ada removes the identity. The account page has a form for each; the one that was linked last is the last."""
    forms = [form for form in scene.account(ada).forms() if _removes(form)]
    if not forms:
        raise CannotTry("The account page has no button that removes an identity.")
    ada.submit(forms[-1])
    if scene.person("ada").subject(provider) in scene.account(ada).words:
        raise CannotTry(f"Ada could not remove {label(provider)}.")


def _removes(form: Form) -> bool:
    return form.method == "POST" and split(form.action).path.startswith(f"{ACCOUNT}/unlink/")


WAYS = (a_removed_identity,)
