"""The scene of an attack: the app with its providers, Ada's browser, Eve's browser, and Eve's server.

A scene knows of the app only what the chapters promise: the paths of pages and forms, and that its pages greet a user
who is logged in by name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType

from selectolax.lexbor import LexborHTMLParser

from workbook.flow.drawn import PROVIDER_LABELS
from workbook.flow.messages import BROWSER, EVE, EVES_SERVER, EVES_SITE, Flow, split
from workbook.lab.browser import Browser, Form, NoAnswer, Page, at_home
from workbook.lab.site import Site
from workbook.lab.visits import ACCOUNT, NotAsked, form_to, sign_in
from workbook.providers.people import Person

from .outcomes import CannotTry
from .server import BESIDE, EvesServer

# Where a login begins, as the chapters promise.
LOGIN, LOGOUT, WELCOME = "/login", "/logout", "/welcome"
# The providers that speak OAuth 1.0a. The others speak OAuth 2.
OAUTH1 = ("twitter",)
# Names of Eve's that look like the app's.
LOOKALIKES = (f"localhost.{EVES_SITE}", f"{EVES_SITE}.localhost")
# The elements that a browser shows as lines of their own.
_LINES = "title, h1, h2, h3, h4, p, li, dt, dd, td, th, summary, legend, label"
_LONGEST_QUOTE = 90


class Scene:
    """The place of one way of an attack: an app without users. `folder` has its source, which anybody may
    read. A flow begins where `begin` was called last; what was said before is not drawn."""

    def __init__(self, folder: Path, make_site: Callable[[], Site], server: EvesServer) -> None:
        self.folder = folder
        self.server = server
        self._make_site = make_site
        self.site = make_site()
        self._since = 0

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.close()

    def begin_anew(self) -> None:
        """An app without users again, as for the first way of the attack."""
        self.server.begin_anew()
        self._since = 0
        if not self.site.begin_anew():
            self.site.close()
            self.site = self._make_site()

    def begin(self) -> None:
        """The story that is drawn begins here."""
        self._since = len(self.site.messages()) + len(self.server.messages)

    def flow(self, title: str) -> Flow:
        """The messages of the story."""
        every = Flow.of(title, [*self.site.messages(), *self.server.messages]).messages
        return Flow(title, every[self._since :], every[: self._since])

    def browser(self, name: str = BROWSER) -> Browser:
        """A new browser: Ada's, or that of somebody else by name. Eve's website is there for it, too."""
        browser = self.site.browser(name=name)
        for host in (EVES_SITE, *LOOKALIKES, split(BESIDE).netloc):
            browser.know(host, self.server.port, EVES_SERVER)
        return browser

    def ada(self) -> Browser:
        """A browser of the victim's."""
        return self.browser()

    def eve(self) -> Browser:
        """A browser of the attacker's."""
        return self.browser(EVE)

    def person(self, key: str) -> Person:
        """A person with their present accounts."""
        return self.site.providers.people[key]

    @property
    def ways_in(self) -> dict[str, str]:
        """Where a login begins, by the provider that it leads to. CannotTry where there is no login."""
        if isinstance(self._ways_in, CannotTry):
            raise CannotTry(str(self._ways_in))
        return self._ways_in

    @cached_property
    def _ways_in(self) -> dict[str, str] | CannotTry:
        """The same, or why there is none: an app that does not respond is asked once."""
        scout = self.browser()
        try:
            links = [split(link).path for link in scout.open("/").links()]
            promised = [LOGIN, *(f"{LOGIN}/{name}" for name in self.site.providers.names)]
            paths = dict.fromkeys([path for path in links if path.startswith(LOGIN)] + promised)
            found: dict[str, str] = {}
            for path in paths:
                provider = self._provider(scout.open(path, follow=False))
                if provider:
                    found.setdefault(provider, path)
        except NoAnswer as error:
            return CannotTry(f"The app did not respond: {error}.")
        if not found:
            return CannotTry("The app has no login: none of its links leads to a provider.")
        return {name: found[name] for name in self.site.providers.names if name in found}

    def _provider(self, page: Page) -> str | None:
        """The provider that a response redirects to."""
        location = split(page.answers[-1].header("Location") or "")
        first = location.path.lstrip("/").partition("/")[0]
        there = location.netloc == split(self.site.providers.url).netloc
        return first if there and first in self.site.providers.names else None

    def way_in(self, provider: str) -> str:
        """Where a login with that provider begins; CannotTry where there is none."""
        if provider not in self.ways_in:
            raise CannotTry(f"The app has no login with {label(provider)}.")
        return self.ways_in[provider]

    def first_way_in(self) -> str:
        """The provider of the app's first login."""
        return next(iter(self.ways_in))

    def oauth2(self) -> list[str]:
        """The app's providers that speak OAuth 2."""
        return [provider for provider in self.ways_in if provider not in OAUTH1]

    def sign_in(self, browser: Browser, person: str, provider: str | None = None) -> Page:
        """A user logs in to the app; CannotTry where the app does not greet them then."""
        chosen = provider or self.first_way_in()
        name = self.person(person).name
        try:
            page = sign_in(browser, person, start=self.way_in(chosen))
        except (NotAsked, NoAnswer) as error:
            raise CannotTry(f"{name} could not log in with {label(chosen)}: {error}.") from None
        if self.greeting(browser, person) is None:
            raise CannotTry(f"{name} logged in with {label(chosen)}, and no page of the app has that name.")
        return page

    def greeting(self, browser: Browser, person: str) -> str | None:
        """The line of the front page, or else of the welcome page, with that person's name; None where neither has one.
        It comes as words of evidence: `/ shows “You are signed in as Ada Okafor”`."""
        for path in ("/", WELCOME):
            page = browser.open(path)
            shown = quote_of(page, self.person(person))
            if shown:
                return f"{page.path} shows “{shown}”"
        return None

    def log_out(self, browser: Browser) -> None:
        """A user logs out, by the button on the front page; CannotTry where there is none."""
        form = form_to(browser.open("/"), LOGOUT)
        if form is None:
            raise CannotTry(f"The front page has no button that logs out (a form to {LOGOUT}).")
        browser.submit(form)

    def account(self, browser: Browser) -> Page:
        """The account page of a user who is logged in; CannotTry where there is none."""
        page = browser.open(ACCOUNT)
        if page.status != 200 or page.path != ACCOUNT:
            raise CannotTry(f"The app has no page {ACCOUNT}.")
        return page

    def forms_of(self, browser: Browser) -> list[Form]:
        """The forms by POST that a user who is logged in has, on the front page and on the account page."""
        pages = [browser.open("/"), browser.open(ACCOUNT)]
        return [form for page in pages for form in page.forms() if form.method == "POST"]


def label(provider: str) -> str:
    """A provider's name as people write it."""
    return PROVIDER_LABELS.get(provider, provider.title())


def quote_of(page: Page, person: Person) -> str | None:
    """The line of a page of the app that has a person's name, or their screen name; None where there is none. (A
    provider's page has the names of all who could log in there.)"""
    if not at_home(page.url):
        return None
    names = person.name, f"@{person.twitter.screen_name}"
    lines = [" ".join(node.text().split()) for node in LexborHTMLParser(page.text).css(_LINES)]
    found = [line for line in lines if any(name in line for name in names)]
    if not found and not any(name in page.words for name in names):
        return None
    line = min(found, key=len) if found else page.words
    first = next((part for part in line.split(". ") if any(name in part for name in names)), line)
    return first.removesuffix(".")[:_LONGEST_QUOTE]
