"""A script that Eve wrote runs in a page of the app.

Eve writes markup where the app shows what comes from outside: into a name at a provider, into the `error_description`
of a callback, into `next`, or into the URL itself. If the app puts this text into its page without escaping it, a
script in it runs as if the app had written it: it reads the page, sends its forms with the right CSRF tokens, and logs
in for Ada. Jinja escapes {{ … }} in templates, and neither |safe nor Markup(…) nor a page that is put together from
strings.

A Content-Security-Policy without 'unsafe-inline' is a second wall: then browsers run no script that is written in a
page.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from selectolax.lexbor import LexborHTMLParser

from workbook.flow.messages import split
from workbook.lab.browser import HOME, Browser, Page
from workbook.lab.visits import ACCOUNT, issuer_of, sign_in

from ..frames import runs_inline_scripts
from ..outcomes import Outcome, withstood, works
from ..scene import LOGIN, OAUTH1, WELCOME, Scene, label
from ..server import EVIL

_MARK = "steal()"
_SCRIPT = f"<script>{_MARK}</script>"
# As text of a page, out of an attribute's quotes, and as one more attribute where the app drops < and >.
_TEXTS = (f"{_SCRIPT}\">{_SCRIPT}'>{_SCRIPT}", f'" onfocus="{_MARK}')
_PAGES = ("/", WELCOME, ACCOUNT)


def in_a_name(scene: Scene) -> Outcome:
    """The name and the email address at the provider have a script in them."""
    people = scene.site.providers.people
    for provider in scene.ways_in:
        scene.begin()
        people.change(
            "ada",
            name=f"Ada {_SCRIPT}",
            **{provider: {"email": f"{_SCRIPT}@example.org"}},
        )
        ada = scene.ada()
        pages = [sign_in(ada, "ada", start=scene.way_in(provider)), *map(ada.open, _PAGES)]
        found = _with_script(pages)
        if found:
            return works(f"The name of an account at {label(provider)} has a script in it, and {found}.")
    return withstood("A name and an email address with a script in them stayed text.")


def in_a_link(scene: Scene) -> Outcome:
    """Ada clicks on a link of Eve's with a script in it, logged in or not."""
    stranger, ada = scene.ada(), scene.ada()
    scene.sign_in(ada, "ada")
    for text in _TEXTS:
        for path in _links(scene, quote(text, safe="")):
            for browser in (stranger, ada):
                scene.begin()
                found = _with_script([_clicked(scene, browser, path), browser.open("/")])
                if found:
                    return works(f"Ada clicked on {HOME}{path} on Eve's page, and {found}.")
    return withstood(
        "A script in a link (in next, error, error_description, denied and the path) stayed text."
    )


def in_an_error(scene: Scene) -> Outcome:
    """A provider ends Ada's own login with an error that has a script in it. Some providers repeat there what a request
    had in it."""
    for provider, start in scene.ways_in.items():
        for text in _TEXTS:
            ada = scene.ada()
            sent = dict(
                parse_qsl(split(ada.open(start, follow=False).answers[-1].header("Location") or "").query)
            )
            error = dict.fromkeys(("error", "error_description", "error_reason"), text)
            named = {"iss": issuer} if (issuer := issuer_of(scene.site, provider)) else {}
            own = {"denied": text} if provider in OAUTH1 else {**error, "state": sent.get("state", "")}
            back = own | named
            scene.begin()
            callback = sent.get("redirect_uri", f"{HOME}/auth/{provider}/callback")
            found = _with_script([ada.open(f"{callback}?{urlencode(back)}"), ada.open("/")])
            if found:
                return works(f"An error of {label(provider)} had a script in it, and {found}.")
    return withstood("A script in a provider's error stayed text.")


def _links(scene: Scene, script: str) -> list[str]:
    """Paths of the app with the script in a place that a page may show."""
    callbacks = [f"/auth/{provider}/callback" for provider in scene.ways_in]
    return [
        f"/?next={script}",
        f"/?next=javascript:{quote(_MARK)}",
        f"/{script}",
        f"{LOGIN}/{script}",
        f"/auth/{script}/callback",
        *(f"{path}?error={script}&error_description={script}&error_reason={script}" for path in callbacks),
        *(f"{path}?denied={script}" for path in callbacks),
    ]


def _clicked(scene: Scene, ada: Browser, path: str) -> Page:
    scene.server.show_link(HOME + path)
    return ada.click(ada.open(EVIL).links()[0])


def _with_script(pages: list[Page]) -> str | None:
    """Which of the pages runs a script of Eve's, in words; None where none does."""
    for page in pages:
        if runs_inline_scripts(page.answers[-1]) and _has_script(page):
            return f"{split(page.url).path} has it as a script: the browser runs {_MARK}"
    return None


def _has_script(page: Page) -> bool:
    if "html" not in (page.answers[-1].header("Content-Type") or ""):
        return False
    for node in LexborHTMLParser(page.text).css("*"):
        if node.tag == "script" and _MARK in node.text():
            return True
        for name, value in node.attributes.items():
            runs = name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
            if runs and _MARK in (value or ""):
                return True
    return False


WAYS = (in_a_name, in_a_link, in_an_error)
