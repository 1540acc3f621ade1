"""A user's browser: keeps cookies as browsers do, follows redirects, fills in forms, and records all of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPException
from urllib.parse import urlencode, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from workbook.flow.addresses import leads_to, opened, short
from workbook.flow.messages import APP, BROWSER, Message

from .cookies import Cookie, Cookies
from .wire import Wire

# How long a user waits before they say "it hangs" (seconds).
PATIENCE = 5.0
MOST_REDIRECTS = 20  # Chromium's and Firefox's own limit

_LIKE_A_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


class NoAnswer(Exception):
    """A server did not respond: it is silent, gone, or redirects the browser without end. The text says which."""


@dataclass(frozen=True)
class Form:
    """A form of a page, filled in as it came, and the names of its buttons."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]
    buttons: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """The page in the browser: its URL, and every response on the way there, the last one included."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    answers: tuple[Message, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """The path of its URL, without host and query string."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """The query string of its URL."""
        return urlsplit(self.url).query

    @cached_property
    def words(self) -> str:
        """The text that a user reads on the page."""
        readable = LexborHTMLParser(self.text)
        readable.strip_tags(["script", "style", "template"])
        return " ".join(readable.root.text(separator=" ").split()) if readable.root else ""

    def element(self, id: str) -> str | None:
        """The text of the element with that id, unchanged; None where there is none."""
        found = next((node for node in self._tree.css("[id]") if node.id == id), None)
        return found.text() if found else None

    def forms(self) -> list[Form]:
        """Its forms, as they came."""
        return [self._form(node) for node in self._tree.css("form")]

    def links(self) -> list[str]:
        """The URLs of its links."""
        return [leads_to(self.url, node.attributes["href"] or "") for node in self._tree.css("a[href]")]

    @cached_property
    def _tree(self) -> LexborHTMLParser:
        """The page as browsers read it, whatever its content (Lexbor follows the HTML standard)."""
        return LexborHTMLParser(self.text)

    def _form(self, form: LexborNode) -> Form:
        fields = [
            (name, value)
            for node in form.css("input, textarea, select")
            if (name := node.attributes.get("name")) and "disabled" not in node.attributes
            for value in _values(node)
        ]
        buttons = [
            node.attributes.get("name") or "" for node in form.css("button, input") if _is_button(node)
        ]
        # Any other method means GET (HTML standard, form submission).
        method = "POST" if (form.attributes.get("method") or "").lower() == "post" else "GET"
        action = leads_to(self.url, form.attributes.get("action") or "")
        return Form(method, action, tuple(fields), tuple(buttons))


def _values(node: LexborNode) -> list[str]:
    """The values of a form's field as it came; none if it is not ticked, or is a button."""
    if node.tag == "select":
        options = node.css("option")
        chosen = [option for option in options if "selected" in option.attributes]
        if "multiple" not in node.attributes:
            chosen = chosen[-1:] or options[:1]
        return [_value(option) for option in chosen]
    if node.tag == "textarea":
        return [node.text()]
    kind = (node.attributes.get("type") or "text").lower()
    if kind in ("submit", "button", "image", "reset"):
        return []
    if kind in ("radio", "checkbox"):
        told = "value" in node.attributes
        return [node.attributes["value"] or "" if told else "on"] if "checked" in node.attributes else []
    return [node.attributes.get("value") or ""]


def _value(option: LexborNode) -> str:
    if "value" in option.attributes:
        return option.attributes["value"] or ""
    return " ".join(option.text().split())


def _is_button(node: LexborNode) -> bool:
    return node.tag == "button" or (node.attributes.get("type") or "").lower() == "submit"


# The URLs under which students open their app. The lab's browser uses the same two, whatever port the app really has,
# so that requests and messages have the URLs that the student knows.
HOME = "http://localhost:5000"
_HOST = "localhost"
_ALSO_HOME = "http://127.0.0.1:5000"
# A lab has no other machines: the browser sends nothing to a real host, and reports a redirect to one.
_THIS_MACHINE = ("localhost", "127.0.0.1")
ELSEWHERE = "and that is not on this machine"


class Browser:
    """One user's browser, with cookies of its own.

    The app really listens on `port`; the browser opens it as http://localhost:5000, or as http://127.0.0.1:5000, which
    is another site with other cookies. `sink` gets the messages between browser and app. The providers record those
    with a provider themselves. `name` names the user, where a flow has two browsers; then `at_providers` has, in pairs,
    the times between which it sent a provider a request.
    """

    def __init__(
        self, port: int, sink: Callable[[Message], None] = lambda message: None, name: str = BROWSER
    ) -> None:
        self.page: Page | None = None
        self.name = name
        self.at_providers: list[tuple[float, float]] = []
        self._sink = sink
        self._cookies = Cookies()
        self._made_up: dict[str, tuple[str, int]] = {}
        self._called: dict[str, str] = {}
        self.move_to(port)

    def move_to(self, port: int) -> None:
        """From now on http://localhost:5000 is on another port, as behind a server with more than one process. Cookies
        and page stay."""
        self._port = port
        known = {urlsplit(home).netloc: ("127.0.0.1", port) for home in (HOME, _ALSO_HOME)}
        self._wire = Wire(known, self._made_up)

    def know(self, host: str, port: int, name: str) -> None:
        """From now on a made-up host ("evil.example") is a server on this machine, which listens on `port`. `name` is
        its name in flows."""
        self._made_up[host] = "127.0.0.1", port
        self._called[host] = name
        self.close()
        self.move_to(self._port)

    def close(self) -> None:
        """Closes the connections that it keeps. The next request opens a new one."""
        self._wire.close()

    def cookie(self, name: str) -> str | None:
        """The value of a cookie of the app; None where the app set none of that name."""
        return self._cookies.get(name, _HOST)

    def cookies(self) -> dict[str, str]:
        """The cookies of the app that it keeps, whatever path they are for: their values by their names."""
        return self._cookies.of(_HOST)

    def set_cookie(self, name: str, value: str) -> None:
        """Puts a cookie of the app into the browser, as its owner can with any browser."""
        self._cookies.set(Cookie(name, value, _HOST))

    def open(self, address: str, *, follow: bool = True) -> Page:
        """Opens a URL, or a path of the app, and follows redirects; NoAnswer where no response ends them."""
        return self._go("GET", leads_to(HOME, address), (), came_from=None, follow=follow)

    def click(self, link: str, *, follow: bool = True) -> Page:
        """Follows a link of the open page, to a URL or a path."""
        assert self.page is not None
        return self._go("GET", leads_to(self.page.url, link), (), came_from=self.page.url, follow=follow)

    def submit(self, form: Form, *, follow: bool = True, **filled_in: str) -> Page:
        """Sends a form of the open page, with some fields filled in and the button's name and value."""
        assert self.page is not None
        kept = [(name, value) for name, value in form.fields if name not in filled_in]
        fields = (*kept, *filled_in.items())
        action = form.action
        if form.method == "GET":
            # The fields replace the action's query string (HTML standard, "mutate action URL").
            action, fields = f"{re.split('[?#]', action)[0]}?{urlencode(fields)}", ()
        return self._go(form.method, action, fields, came_from=self.page.url, follow=follow)

    def send_json(self, address: str, value: object, headers: Mapping[str, str]) -> Page:
        """Sends JSON by POST, as a script of the open page can, and follows redirects. The script adds `headers`."""
        assert self.page is not None
        added = {"Content-Type": "application/json", **headers}
        url = leads_to(self.page.url, address)
        return self._go("POST", url, (), came_from=self.page.url, body=json.dumps(value), added=added)

    def follow(self) -> Page:
        """Follows the one redirect that the browser did not follow, and no further one."""
        assert self.page is not None
        location = self.page.answers[-1].header("Location")
        assert location, f"{self.page.url} does not lead anywhere else"
        address = leads_to(self.page.url, location)
        return self._go("GET", address, (), came_from=self.page.url, follow=False)

    def _go(
        self,
        method: str,
        url: str,
        fields: tuple[tuple[str, str], ...],
        *,
        came_from: str | None,
        follow: bool = True,
        body: str | None = None,
        added: Mapping[str, str] | None = None,
    ) -> Page:
        answers: list[Message] = []
        while True:
            answer = self._ask(method, url, fields, came_from=came_from, body=body, added=added)
            answers.append(answer)
            location = answer.header("Location")
            if not (follow and answer.status in (301, 302, 303, 307, 308) and location):
                break
            if len(answers) > MOST_REDIRECTS:
                raise NoAnswer(f"{MOST_REDIRECTS} redirects and no end, the last one to {location}")
            url = leads_to(url, location)
            if answer.status not in (307, 308):
                method, fields, body, added = "GET", (), None, None
        assert answer.status is not None
        self.page = Page(answer.url, answer.status, answer.headers, answer.body, tuple(answers))
        return self.page

    def _ask(
        self,
        method: str,
        url: str,
        fields: tuple[tuple[str, str], ...],
        *,
        came_from: str | None,
        body: str | None = None,
        added: Mapping[str, str] | None = None,
    ) -> Message:
        parts = opened(url)
        if parts is None:
            raise NoAnswer(f"{method} {short(url)} got no response: a browser cannot open that URL")
        if parts.hostname not in _THIS_MACHINE and parts.netloc not in self._made_up:
            raise NoAnswer(f"the browser was sent to {short(url)}, {ELSEWHERE}")
        url, sent = urlunsplit(parts), urlencode(fields) if body is None else body
        # Only the page that sent the browser counts, not the redirects on the way, as in Chromium.
        crossed = came_from is not None and urlsplit(came_from).hostname != parts.hostname
        headers = {"Host": parts.netloc, **_LIKE_A_BROWSER}
        if came_from:
            headers["Referer"] = came_from
        if method != "GET":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(sent))}
        headers |= added or {}
        cookies = self._cookies.header(url, method, from_another_site=crossed)
        if cookies:
            headers["Cookie"] = cookies
        receiver = self._called.get(parts.netloc, APP)
        asked = Message(
            sender=self.name,
            receiver=receiver,
            time=time.monotonic(),
            method=method,
            url=url,
            headers=tuple(headers.items()),
            body=sent,
        )
        ours = at_home(url) or parts.netloc in self._called
        if ours:
            self._sink(asked)
        try:
            status, received, text = self._wire.ask(method, url, headers, sent.encode(), PATIENCE)
        except TimeoutError:
            raise NoAnswer(f"{method} {short(url)} got no response within {PATIENCE:g} seconds") from None
        except ConnectionRefusedError:
            raise NoAnswer(f"{method} {short(url)} got no response: nothing listens there") from None
        except (OSError, HTTPException):
            raise NoAnswer(f"{method} {short(url)} got no response: the connection was closed") from None
        self._cookies.hear(url, (value for name, value in received if name.lower() == "set-cookie"))
        answer = Message(
            sender=receiver,
            receiver=self.name,
            time=time.monotonic(),
            method=method,
            url=url,
            status=status,
            headers=received,
            body=text,
        )
        if ours:
            self._sink(answer)
        elif self.name != BROWSER:
            self.at_providers.append((asked.time, answer.time))
        return answer


def at_home(url: str) -> bool:
    """Whether a URL is one of the app's."""
    return urlsplit(url).netloc in (urlsplit(HOME).netloc, urlsplit(_ALSO_HOME).netloc)
