"""A person's browser: keeps cookies as browsers do, follows redirects, fills in forms, and writes all of it down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPException
from urllib.parse import quote, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from workbook.flow.messages import APP, BROWSER, Message

from .cookies import Cookie, Cookies
from .wire import Wire

# What a person would take for "it hangs" (seconds).
PATIENCE = 5.0
MOST_REDIRECTS = 20  # Chromium's and Firefox's own limit

_LIKE_A_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}
# What stays as it is in a path or a query: all that has a meaning there, and what is percent-encoded already.
_KEPT = "!#$%&'()*+,/:;=?@[]~"


class NoAnswer(Exception):
    """A server did not answer: it is silent, gone, or sends the browser in circles. The text says which."""


@dataclass(frozen=True)
class Form:
    """A form of a page, filled in as it came, and the names of its buttons."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]
    buttons: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """What the browser shows: where it ended up, and every answer on the way there, the last one included."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    answers: tuple[Message, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """The path of its address, without host and query."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """The query of its address."""
        return urlsplit(self.url).query

    @cached_property
    def words(self) -> str:
        """What a person reads on it."""
        readable = LexborHTMLParser(self.text)
        readable.strip_tags(["script", "style", "template"])
        return " ".join(readable.root.text(separator=" ").split()) if readable.root else ""

    def element(self, id: str) -> str | None:
        """The text of the element with that id, as it stands there; None where there is none."""
        found = next((node for node in self._tree.css("[id]") if node.id == id), None)
        return found.text() if found else None

    def forms(self) -> list[Form]:
        """Its forms, as they came."""
        return [self._form(node) for node in self._tree.css("form")]

    def links(self) -> list[str]:
        """The addresses that its links lead to."""
        return [urljoin(self.url, node.attributes["href"] or "") for node in self._tree.css("a[href]")]

    @cached_property
    def _tree(self) -> LexborHTMLParser:
        """The page as browsers read it, whatever stands in it (Lexbor follows the HTML standard)."""
        return LexborHTMLParser(self.text)

    def _form(self, form: LexborNode) -> Form:
        fields = []
        for node in form.css("input, textarea"):
            name, kind = node.attributes.get("name"), (node.attributes.get("type") or "text").lower()
            chosen = kind not in ("radio", "checkbox") or "checked" in node.attributes
            if name and chosen and kind not in ("submit", "button", "image", "reset"):
                told = "value" in node.attributes or kind != "checkbox"
                fields.append((name, node.attributes.get("value") or "" if told else "on"))
        buttons = [
            node.attributes.get("name") or "" for node in form.css("button, input") if _is_button(node)
        ]
        method = (form.attributes.get("method") or "get").upper()
        action = urljoin(self.url, form.attributes.get("action") or "")
        return Form(method, action, tuple(fields), tuple(buttons))


def _is_button(node: LexborNode) -> bool:
    return node.tag == "button" or (node.attributes.get("type") or "").lower() == "submit"


# Where students have their app. The lab's browser finds it under the same two names, whatever port it really has:
# what the app is told, and what is said of it, is then what the student knows.
HOME = "http://localhost:5000"
_HOST = "localhost"
_ALSO_HOME = "http://127.0.0.1:5000"
# A lab has no other machines: whoever sends a browser to a real site is told so, and nothing goes there.
_THIS_MACHINE = ("localhost", "127.0.0.1")
ELSEWHERE = "and that is not on this machine"


class Browser:
    """One person's browser, with cookies of its own.

    `port` is where the app really listens; it is opened as http://localhost:5000, or http://127.0.0.1:5000, which
    is another site with other cookies. `sink` is given the messages between browser and app. Those with a provider
    are not written down here: the providers see them all themselves.
    """

    def __init__(self, port: int, sink: Callable[[Message], None] = lambda message: None) -> None:
        self.page: Page | None = None
        self._sink = sink
        self._cookies = Cookies()
        self._wire = Wire({urlsplit(home).netloc: ("127.0.0.1", port) for home in (HOME, _ALSO_HOME)})

    def close(self) -> None:
        """Ends the connections that it keeps. It may go on: then it opens new ones."""
        self._wire.close()

    def cookie(self, name: str) -> str | None:
        """The value of a cookie of the app; None where it set none of that name."""
        return self._cookies.get(name, _HOST)

    def set_cookie(self, name: str, value: str) -> None:
        """Puts a cookie of the app into the browser, as its owner can with any browser."""
        self._cookies.set(Cookie(name, value, _HOST))

    def open(self, address: str, *, follow: bool = True) -> Page:
        """Types an address, or a path of the app, and follows where it leads; NoAnswer where that ends nowhere."""
        return self._go("GET", urljoin(HOME, address), (), came_from=None, follow=follow)

    def click(self, link: str, *, follow: bool = True) -> Page:
        """Follows a link of the page that is open, to an address or a path."""
        assert self.page is not None
        return self._go("GET", urljoin(self.page.url, link), (), came_from=self.page.url, follow=follow)

    def submit(self, form: Form, *, follow: bool = True, **filled_in: str) -> Page:
        """Sends a form of the page that is open, with some fields filled in and the button's name and value."""
        assert self.page is not None
        kept = [(name, value) for name, value in form.fields if name not in filled_in]
        fields = (*kept, *filled_in.items())
        return self._go(form.method, form.action, fields, came_from=self.page.url, follow=follow)

    def follow(self) -> Page:
        """Goes where the redirect leads that was not followed, and no further."""
        assert self.page is not None
        location = self.page.answers[-1].header("Location")
        assert location, f"{self.page.url} does not lead anywhere else"
        address = urldefrag(urljoin(self.page.url, location)).url
        return self._go("GET", address, (), came_from=self.page.url, follow=False)

    def _go(
        self,
        method: str,
        url: str,
        fields: tuple[tuple[str, str], ...],
        *,
        came_from: str | None,
        follow: bool = True,
    ) -> Page:
        answers: list[Message] = []
        # What counts is who sent the browser on its way; redirects on the way do not, in Chromium as it is.
        begun_at = urlsplit(came_from).hostname if came_from else None
        while True:
            crossed = begun_at not in (None, urlsplit(url).hostname)
            answer = self._ask(method, url, fields, came_from=came_from, crossed=crossed)
            answers.append(answer)
            location = answer.header("Location")
            if not (follow and answer.status in (301, 302, 303, 307, 308) and location):
                break
            if len(answers) > MOST_REDIRECTS:
                raise NoAnswer(f"{MOST_REDIRECTS} redirects and no end, the last one to {location}")
            try:
                url = urldefrag(urljoin(url, location)).url
            except ValueError:
                raise NoAnswer(f"the redirect to {location!r}, which is no address") from None
            if answer.status not in (307, 308):
                method, fields = "GET", ()
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
        crossed: bool,
    ) -> Message:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise NoAnswer(
                f"{method} {_short(url)} got no answer: that is no address that a browser can open"
            )
        if parts.hostname not in _THIS_MACHINE:
            raise NoAnswer(f"the browser was sent to {_short(url)}, {ELSEWHERE}")
        sent = urlencode(fields)
        if method == "GET" and sent:
            parts, sent = parts._replace(query="&".join(filter(None, [parts.query, sent]))), ""
        url = urlunsplit(
            parts._replace(path=quote(parts.path or "/", _KEPT), query=quote(parts.query, _KEPT))
        )
        headers = {"Host": parts.netloc.rpartition("@")[2], **_LIKE_A_BROWSER}
        if came_from:
            headers["Referer"] = came_from
        if method != "GET":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(sent))}
        cookies = self._cookies.header(url, method, from_another_site=crossed)
        if cookies:
            headers["Cookie"] = cookies
        asked = Message(
            sender=BROWSER,
            receiver=APP,
            time=time.monotonic(),
            method=method,
            url=url,
            headers=tuple(headers.items()),
            body=sent,
        )
        ours = at_home(url)
        if ours:
            self._sink(asked)
        try:
            status, received, body = self._wire.ask(method, url, headers, sent.encode(), PATIENCE)
        except TimeoutError:
            raise NoAnswer(f"{method} {_short(url)} got no answer within {PATIENCE:g} seconds") from None
        except ConnectionRefusedError:
            raise NoAnswer(f"{method} {_short(url)} got no answer: nothing listens there") from None
        except (OSError, HTTPException):
            raise NoAnswer(f"{method} {_short(url)} got no answer: the connection was closed") from None
        self._cookies.hear(url, (value for name, value in received if name.lower() == "set-cookie"))
        answer = Message(
            sender=APP,
            receiver=BROWSER,
            time=time.monotonic(),
            method=method,
            url=url,
            status=status,
            headers=received,
            body=body,
        )
        if ours:
            self._sink(answer)
        return answer


def at_home(url: str) -> bool:
    """Whether an address is one of the app's."""
    return urlsplit(url).netloc in (urlsplit(HOME).netloc, urlsplit(_ALSO_HOME).netloc)


def _short(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
