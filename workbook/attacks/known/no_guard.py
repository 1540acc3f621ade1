"""Eve opens Ada's pages, or uses Ada's forms, without Ada's login.

Eve types the URLs that Ada's browser has: /welcome, /account, and where the forms of her account page lead. A page that
only hides its link is open to everybody. A guard must be at every route, and @login_required guards only where it is
below @app.route. A form with an ID in its URL must also ask whose this ID is.
"""

from __future__ import annotations

from urllib.parse import urlencode

from workbook.flow.messages import split
from workbook.lab.browser import Browser, Form, Page
from workbook.lab.visits import ACCOUNT, NotAsked, link

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import LOGOUT, WELCOME, Scene, quote_of

_STRANGER = "who is not logged in"
# Parameters by which an app may ask whose account or identity is meant. Ada was the first user: her ID is 1.
_ADAS_ID = tuple((name, "1") for name in ("id", "user", "user_id", "identity", "identity_id", "number"))


def a_strangers_pages(scene: Scene) -> Outcome:
    """Eve opens each page that Ada has, without a login and as herself."""
    ada = scene.ada()
    scene.sign_in(ada, "ada")
    pages = _pages_of(scene, ada)
    for eve, who in _eves(scene):
        for path in pages:
            page = eve.open(path)
            shown = quote_of(page, scene.person("ada"))
            if shown:
                return works(f"Eve, {who}, opened {path}: it shows “{shown}”.")
            if who == _STRANGER and page.path == path and page.status in (200, 500):
                return works(
                    f"Eve, {who}, opened {path}, and no guard stopped her: the view ran, and the status was "
                    f"{page.status}."
                )
    return withstood(
        f"Eve saw nothing of Ada's at {', '.join(pages)}, neither without a login nor as herself."
    )


def a_strangers_forms(scene: Scene) -> Outcome:
    """Eve sends each form of Ada's account page, without a login and as herself, with tokens of her own."""
    ada = scene.ada()
    scene.sign_in(ada, "ada")
    if len(scene.ways_in) > 1:
        _link_one_more(scene, ada)
    every = {split(form.action).path: form for form in scene.forms_of(ada)}
    # The form that deletes the account is last: after it Eve is logged out.
    forms = [
        every[path] for path in sorted(every, key=lambda path: path.endswith("/delete")) if path != LOGOUT
    ]
    if not forms:
        raise CannotTry("The app has no form for a user who is logged in, but the one that logs out.")
    before = ada.open(ACCOUNT).words
    for eve, who in _eves(scene):
        for form in forms:
            path = split(form.action).path
            eve.open("/")
            eve.submit(_as_eve_sends_it(eve, form), follow=False)
            if ada.open(ACCOUNT).words != before:
                return works(f"Eve, {who}, sent a POST to {path}, and Ada's account is not as it was.")
    tried = ", ".join(split(form.action).path for form in forms)
    return withstood(f"Eve sent a POST to {tried}, and Ada's account is as it was.")


def _eves(scene: Scene) -> list[tuple[Browser, str]]:
    """Eve's browser without a login, and one where she is logged in as herself."""
    scene.begin()
    herself = scene.eve()
    scene.sign_in(herself, "eve")
    return [(scene.eve(), _STRANGER), (herself, "who is logged in as herself")]


def _pages_of(scene: Scene, ada: Browser) -> list[str]:
    """The paths of the pages that the app has for Ada."""
    found = dict.fromkeys(path for path in (WELCOME, ACCOUNT) if _shows(ada.open(path), path, scene))
    for url in [*ada.open("/").links(), *ada.open(ACCOUNT).links()]:
        path = split(url).path
        if path not in ("/", *scene.ways_in.values()) and _shows(ada.open(path), path, scene):
            found[path] = None
    if not found:
        raise CannotTry("The app has no page that shows the name of a user who is logged in.")
    return list(found)


def _shows(page: Page, path: str, scene: Scene) -> bool:
    return page.path == path and page.status == 200 and quote_of(page, scene.person("ada")) is not None


def _link_one_more(scene: Scene, ada: Browser) -> None:
    """Ada links a second provider, where the app has links: then there is an identity that can be removed."""
    try:
        link(ada, list(scene.ways_in)[1], "ada")
    except NotAsked:
        ada.open("/")


def _as_eve_sends_it(eve: Browser, form: Form) -> Form:
    """Ada's form with the CSRF token of a form that Eve has herself, and with Ada's ID by every name."""
    assert eve.page is not None
    tokens = [value for one in eve.page.forms() for name, value in one.fields if name == "csrf_token"]
    fields = {**dict(form.fields), **dict(_ADAS_ID)}
    if "csrf_token" in fields:
        fields["csrf_token"] = (tokens or [""])[0]
    action = f"{form.action}?{urlencode(_ADAS_ID)}"
    return Form(form.method, action, tuple(fields.items()), form.buttons)


WAYS = (a_strangers_pages, a_strangers_forms)
