"""Eve's account at a provider becomes an identity of Ada's.

Ada is logged in to the app. Her browser is logged in at a provider as Eve: Eve used this computer before, or a page of
hers sent Eve's password there. Eve's page sends Ada's browser to the app's login with this provider. The provider does
not ask again, the callback has the right `state`, because Ada's own browser began the login, and the app links Eve's
identity to Ada's account. Now Eve logs in as Ada, from anywhere and for as long as she likes.

A login must never link. A link begins with a form that only the app's own page can send. SameSite stops a page of
another site, and not Eve's page on the same site, so the form needs a CSRF token. A link ends only in the session that
began it, because Eve may also send Ada the callback of a link of her own.
"""

from __future__ import annotations

from workbook.lab.browser import HOME, Browser, NoAnswer
from workbook.lab.visits import ACCOUNT, NotAsked, form_to, sign_in, unused_callback, unused_callback_from

from ..outcomes import CannotTry, Outcome, withstood, works
from ..scene import Scene, label
from ..server import BESIDE, EVIL


def by_a_login(scene: Scene) -> Outcome:
    """Eve's page links to the app's login."""
    ada, provider = _ada_at_her_computer(scene)
    scene.server.show_link(HOME + scene.way_in(provider))
    scene.begin()
    ada.click(ada.open(EVIL).links()[0])
    return _whose(scene, provider, f"Eve's page sent Ada's browser to {scene.way_in(provider)}.")


def by_a_form_of_another_site(scene: Scene) -> Outcome:
    """Eve's page sends the form that begins a link."""
    return _by_a_form(scene, EVIL)


def by_a_form_of_the_same_site(scene: Scene) -> Outcome:
    """The same from Eve's page on the app's own site."""
    return _by_a_form(scene, BESIDE)


def _by_a_form(scene: Scene, eves_page: str) -> Outcome:
    ada, provider = _ada_at_her_computer(scene)
    action = f"{ACCOUNT}/link/{provider}"
    if form_to(ada.open(ACCOUNT), action) is None:
        raise CannotTry(f"The app has no button that links {label(provider)}.")
    # A token of her own session is the best that Eve has.
    eve = scene.eve()
    scene.sign_in(eve, "eve", scene.first_way_in())
    hers = form_to(eve.open(ACCOUNT), action)
    scene.server.show_form(HOME + action, hers.fields if hers else ())
    scene.begin()
    ada.submit(ada.open(eves_page).forms()[0])
    return _whose(scene, provider, f"A form of Eve's page {eves_page} sent a POST to {action}.")


def by_a_link_to_the_form(scene: Scene) -> Outcome:
    """Eve's page has a link instead of the form, for an app that begins a link by GET."""
    ada, provider = _ada_at_her_computer(scene)
    action = f"{ACCOUNT}/link/{provider}"
    scene.server.show_link(HOME + action)
    scene.begin()
    ada.click(ada.open(EVIL).links()[0])
    return _whose(scene, provider, f"Eve's page sent Ada's browser to {action}.")


def by_eves_callback(scene: Scene) -> Outcome:
    """Eve sends Ada the callback of a login that Eve began."""
    ada, provider = _ada_at_her_computer(scene)
    scene.begin()
    callback = unused_callback(scene.eve(), "eve", start=scene.way_in(provider))
    return _by_a_callback(scene, ada, provider, callback, "a login")


def by_the_callback_of_eves_link(scene: Scene) -> Outcome:
    """Eve sends Ada the callback of a link that Eve began in an account of her own."""
    ada, provider = _ada_at_her_computer(scene)
    eve = scene.eve()
    scene.sign_in(eve, "eve", scene.first_way_in())
    form = form_to(eve.open(ACCOUNT), f"{ACCOUNT}/link/{provider}")
    if form is None:
        raise CannotTry(f"The app has no button that links {label(provider)}.")
    scene.begin()
    callback = unused_callback_from(eve, eve.submit(form, follow=False), "eve")
    return _by_a_callback(scene, ada, provider, callback, "a link")


def _by_a_callback(scene: Scene, ada: Browser, provider: str, callback: str, of: str) -> Outcome:
    scene.server.show_link(callback)
    ada.click(ada.open(EVIL).links()[0])
    return _whose(
        scene,
        provider,
        f"Eve's page sent Ada's browser to the callback of {of} that Eve began with {label(provider)}.",
    )


def _ada_at_her_computer(scene: Scene) -> tuple[Browser, str]:
    """Ada's browser: logged in to the app as Ada, and as Eve at a second provider, whose name comes with it."""
    first, *more = scene.ways_in
    if not more:
        raise CannotTry("The app has one provider, so there is nothing to link.")
    provider = next((name for name in scene.oauth2() if name != first), more[0])
    ada = scene.ada()
    try:
        unused_callback(ada, "eve", start=scene.way_in(provider))
    except (NotAsked, NoAnswer) as error:
        raise CannotTry(f"Eve could not log in at {label(provider)}: {error}.") from None
    scene.sign_in(ada, "ada", first)
    return ada, provider


def _whose(scene: Scene, provider: str, did: str) -> Outcome:
    """Eve logs in with her own account, in a browser of her own: as whom?"""
    eve = scene.eve()
    sign_in(eve, "eve", start=scene.way_in(provider))
    greeting = scene.greeting(eve, "ada")
    if greeting:
        return works(
            f"{did} Then Eve logged in with her own {label(provider)} account, and is Ada for the app: {greeting}."
        )
    return withstood(f"{did} Eve's {label(provider)} account does not lead to Ada's account.")


WAYS = (
    by_a_login,
    by_a_form_of_another_site,
    by_a_form_of_the_same_site,
    by_a_link_to_the_form,
    by_eves_callback,
    by_the_callback_of_eves_link,
)
