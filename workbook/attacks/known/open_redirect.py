"""A link to the app's login ends at Eve's website.

Eve writes a link to the app's own login, with the URL of her website as `next`. Ada sees that the link leads to the
app, and clicks. She logs in at the provider as always. Then the app redirects her browser to `next`, and Ada is on
Eve's page, which looks like the app's and says: "Your password, please." The app must redirect only to pages of its
own.

An app that looks at `next` before it redirects can be deceived by a spelling. Browsers read a backslash as a slash,
drop tabs, and read everything before an @ as a user's name (WHATWG URL standard). So Eve tries many spellings. An app
that goes back to the page in the header `Referer` needs no `next` at all.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from workbook.flow.messages import split
from workbook.lab.browser import HOME, Browser, NoAnswer, Page
from workbook.lab.visits import NotAsked, decide_on

from ..outcomes import Outcome, withstood, works
from ..scene import LOGIN, Scene, label
from ..server import EVIL

_HERS = split(EVIL).netloc
_APP = split(HOME).netloc
SPELLINGS = (
    # Nothing looks at it.
    f"http://{_HERS}/",
    # next.startswith("/")
    f"//{_HERS}/",
    # A second character that is no slash.
    f"/\\{_HERS}/",
    f"/\t/{_HERS}/",
    f"/\n/{_HERS}/",
    # urlsplit(next).netloc is empty.
    f"///{_HERS}/",
    # The same, and urlunsplit writes fewer slashes than it has read.
    f"////{_HERS}/",
    f"/////{_HERS}/",
    f"http:///{_HERS}/",
    f"https:{_HERS}/",
    f"\\\\{_HERS}/",
    f"\x01//{_HERS}/",
    f" //{_HERS}/",
    # The app's own name is at the beginning, at the end, or somewhere.
    f"http://{_APP}@{_HERS}/",
    f"http://localhost.{_HERS}/",
    f"http://{_HERS}.localhost/",
    f"http://{_HERS}/{_APP}",
    f"//{_HERS}/welcome",
    # urlsplit finds another host than browsers do.
    f"http://{_HERS}\\@{_APP}/",
    f"http://{_HERS}#@{_APP}/",
    # In capitals, and encoded once more.
    f"HTTPS://{_HERS.upper()}/",
    f"%2F%2F{_HERS}/",
    f"/%5C{_HERS}/",
)


def next_at_the_login(scene: Scene) -> Outcome:
    """`next` in a link to the login, in every spelling, with every provider."""
    for provider, start in scene.ways_in.items():
        scene.sign_in(scene.ada(), "ada", provider)
        for spelling in SPELLINGS:
            link = f"{start}?next={quote(spelling, safe='')}"
            if _ends_at_eves(scene, provider, link):
                return works(_evidence(scene, link, spelling, provider))
    return withstood(
        f"Ada's browser stayed at the app with each of the {len(SPELLINGS)} spellings of Eve's URL in `next`."
    )


def next_at_the_front_page(scene: Scene) -> Outcome:
    """The same for an app whose front page hands `next` on to its login."""
    scene.sign_in(scene.ada(), "ada")
    for spelling in SPELLINGS:
        link = f"/?next={quote(spelling, safe='')}"
        if _ends_at_eves(scene, scene.first_way_in(), link):
            return works(_evidence(scene, link, spelling, scene.first_way_in()))
    return withstood("And it stayed there with each of them in `next` of the front page.")


def referrer(scene: Scene) -> Outcome:
    """No `next`: the app may go back to the page that the browser came from."""
    for provider, start in scene.ways_in.items():
        scene.sign_in(scene.ada(), "ada", provider)
        if _ends_at_eves(scene, provider, start):
            return works(
                f"Eve's page links to {start}. Ada logged in there with {label(provider)}, and the app redirected "
                "her browser back to Eve's page, which it knew from the header Referer."
            )
    return withstood("The app redirects to no page that the header Referer names.")


def _ends_at_eves(scene: Scene, provider: str, link: str) -> bool:
    """Whether Ada's browser ends at Eve's website after Ada has clicked on a link to the app and logged in."""
    scene.begin()
    ada = scene.ada()
    scene.server.show_link(HOME + link)
    page = ada.open(EVIL)
    scene.server.arrived.clear()
    # An app may reject the link, too.
    with suppress(NotAsked, NoAnswer):
        page = _at_the_login(ada, ada.click(page.links()[0]), provider)
        decide_on(ada, page, "ada", "allow")
    return bool(scene.server.arrived)


def _at_the_login(ada: Browser, page: Page, provider: str) -> Page:
    """Clicks on the front page's link to the login, where the link led to the front page."""
    if page.path != "/":
        return page
    starts = [link for link in page.links() if split(link).path.startswith(LOGIN)]
    chosen = next((link for link in starts if split(link).path.endswith(provider)), (starts or [LOGIN])[0])
    return ada.click(chosen)


def _evidence(scene: Scene, link: str, spelling: str, provider: str) -> str:
    return (
        f"Ada clicked on {HOME}{link} and logged in with {label(provider)}. The app redirected her browser to "
        f"{spelling!a}, and so the browser asked {_HERS} for {scene.server.arrived[-1].path}."
    )


# The header first: a link on Eve's page has it, too, whatever `next` says.
WAYS = (referrer, next_at_the_login, next_at_the_front_page)
