"""The server of the local providers: one port, a path for each."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect

from workbook.flow.messages import APP, BROWSER, Message
from workbook.flow.recording import Recorder

from .callbacks import CALLBACKS, list_callback
from .control import Tickets, control_pages
from .doors import refused
from .faults import Faults
from .pages import STATIC, Pages, about, pages_of, with_blueprint
from .people import PEOPLE, People, Person
from .provider import Provider
from .registry import PROVIDERS, UNSEEN, Registered
from .said import Said
from .serving import Server
from .world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


# The longest request that the providers accept (bytes). Those of logins have less than 4000 bytes, but a browser sends
# them the cookies of every app on this machine.
LONGEST_HEADERS = 32 * 1024
LONGEST_BODY = 16 * 1024
# How long `stop` waits for the thread that serves (seconds). No request keeps that thread.
_PATIENCE = 10


class PortInUse(Exception):
    """Another program listens on the port, `port`."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use")
        self.port = port


class ProvidersServer(Registered):
    """The local providers, serving in a thread on the loopback address from the moment that it is made.

    With `port` 0 the server takes a free port; PortInUse where another program has the port. `seed`, `clock` and `keys`
    are World's. Only with a `control_key` can faults be switched over HTTP (control.py). The accounts are those of
    `people`, and change from then on by `server.people` only. The server has the `providers`. With `with_fifth` it has
    UNSEEN, too. It handles as many requests at a time as it has `threads`: a request to a silent provider keeps a
    thread, and so does a page that waits for news. `on_message` is given each message as it comes. `messages`, and each
    provider's attempts, are the newest `most_messages`, and no more of them than MOST_BYTES. None keeps all, as
    verdicts need them.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
        keys: dict[str, str] | None = None,
        control_key: str | None = None,
        people: Iterable[Person] = PEOPLE,
        providers: Iterable[Provider[Any]] = PROVIDERS,
        with_fifth: bool = False,
        threads: int = 8,
        most_messages: int | None = None,
    ) -> None:
        self._accounts = tuple(people)
        self._providers = (*providers, *(UNSEEN if with_fifth else ()))
        self._control_key = control_key
        self._tickets = Tickets()
        self.on_message: Callable[[Message], None] | None = None
        self._lock = threading.Lock()
        self._making_pages = threading.Lock()
        self._mounted: dict[str, WSGIApplication] = {}
        if port and _is_taken(port):
            raise PortInUse(port)
        self._server = Server(
            self._dispatch,
            port=port,
            threads=threads,
            name="tfe",
            longest_headers=LONGEST_HEADERS,
            longest_body=LONGEST_BODY,
        )
        self._begin(World(seed, clock, dict(keys or {}), most_messages))
        self._thread = threading.Thread(target=self._server.run, name="providers", daemon=True)
        self._thread.start()

    def _begin(self, world: World) -> None:
        """Everything that the providers know, in a world without messages."""
        self.world = world
        self.people = People(self._accounts)
        self._states = {
            provider: provider.state(world, self.people, self.url) for provider in self._providers
        }
        for state in self._states.values():
            state.people_list_callbacks = self._control_key is not None
        self._named = {self.state(provider).name: provider for provider in self._providers}
        self.faults = Faults({name: provider.faults for name, provider in self._named.items()})
        self._pages: dict[str, Pages] = {}
        self._messages = Said(world.most_messages)
        # A response that is unfinished when a new world begins is recorded in the old world.
        self._recorded: WSGIApplication = Recorder(
            self._serve,
            partial(self._heard, self._messages),
            sender=self._who_asks,
            receiver=self._who_is_asked,
        )

    def begin_anew(self) -> None:
        """Forgets all messages and logins, as if the providers had just been made: at the same URL, for the same apps,
        with the same keys. No provider may be one that is named anew, because its URL would change."""
        assert not any(provider.named_anew for provider in self._providers)
        self.faults.end()
        with self._making_pages, self._lock:
            self._begin(replace(self.world))

    def __enter__(self) -> ProvidersServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The URL that all providers' URLs begin with."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def names(self) -> tuple[str, ...]:
        """The providers' names, which are their paths below `url`."""
        return tuple(self._named)

    @property
    def faults_page(self) -> str | None:
        """The URL of the page where faults are switched, with its key; None where there is no such page."""
        return f"{self.url}/control/faults?key={self._control_key}" if self._control_key else None

    def entrance(self) -> str:
        """A URL of the root page for a browser that is opened now. The first browser that opens it can open the faults
        page from then on, without a key in the URL."""
        return (
            f"{self.url}/control/enter?ticket={self._tickets.new()}" if self._control_key else f"{self.url}/"
        )

    @property
    def messages(self) -> list[Message]:
        """The messages to and from the providers so far."""
        with self._lock:
            return self._messages.all()

    def environment(self) -> dict[str, str]:
        """The environment variables by which an app finds the providers."""
        # oauthlib rejects OAuth 2 over plain HTTP, even on loopback, without this setting.
        every = {"OAUTHLIB_INSECURE_TRANSPORT": "1"}
        for provider in self._providers:
            every |= self.state(provider).environment()
        return every

    def label(self, name: str) -> str:
        """A provider's name as people write it, by its name in URLs; KeyError where there is none."""
        label: str = self.state(self._named[name]).label
        return label

    def list_callback(self, callback: str) -> None:
        """Lists a redirect URI of the app at every provider; ValueError says why it cannot be one."""
        for provider in self._providers:
            list_callback(self.state(provider), callback)

    def mount(self, path: str, application: WSGIApplication) -> None:
        """Serves another application at a path where no provider is; "/" means all other paths."""
        self._mounted[path] = application

    def stop(self) -> None:
        """Stops serving and frees the port, also under requests that wait. A second call is harmless."""
        self.faults.end()
        self._server.stop()
        self._thread.join(_PATIENCE)

    def _pages_of(self, name: str) -> Pages:
        """The pages below /NAME. They are made at the first request, because most checks need one provider or two."""
        with self._making_pages:
            if name not in self._pages:
                provider = self._named.get(name)
                if provider is not None:
                    self._pages[name] = pages_of(provider, self.state(provider), self.faults)
                elif self._control_key and name == "control":
                    blueprint = control_pages(self.faults, self._control_key, self.label, self._tickets)
                    self._pages[name] = with_blueprint(blueprint)
                else:
                    self._pages[name] = with_blueprint(None)
            return self._pages[name]

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        name = _first_part(environ)
        about(self._states, self.faults)
        return self._pages_of(name if name in self._below else "")(environ, start_response)

    def _dispatch(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refusal = refused(environ)
        if refusal is not None:
            return refusal(environ, start_response)
        if _first_part(environ) in (*self._below, STATIC[1:]):
            return self._recorded(environ, start_response)
        path = environ.get("PATH_INFO", "/")
        owner = self._owner_at_root(path)
        if owner is not None:
            return self._at_root(owner, environ, start_response)
        return self._mounted.get(path, self._mounted.get("/", self._serve))(environ, start_response)

    @property
    def _below(self) -> tuple[str, ...]:
        """The paths below which there are pages."""
        return (*self._named, "control")

    def _heard(self, messages: Said, message: Message) -> None:
        with self._lock:
            messages.add(message)
        if self.on_message:
            self.on_message(message)

    def _who_asks(self, path: str, accept: str) -> str | None:
        """Browsers request pages, apps everything else. A request that accepts HTML is a browser's also where there is
        no such page. The pages about a provider are no part of a login."""
        name, _, rest = path.lstrip("/").partition("/")
        provider = self._named.get(name)
        if provider is None or rest in ("", "logout", CALLBACKS[1:]):
            return None
        page = provider.asked_by_browser(self.state(provider), f"/{rest}")
        return BROWSER if page or "text/html" in accept else APP

    def _who_is_asked(self, path: str) -> str | None:
        name = path.lstrip("/").partition("/")[0]
        return name if name in self._named else None

    def _owner_at_root(self, path: str) -> str | None:
        """The name of the provider that has that path at the root of the server, too; None where there is none."""
        owners = (name for name, provider in self._named.items() if path.startswith(provider.at_root))
        return next(owners, None)

    def _at_root(
        self, owner: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Responds as below the provider's name. Browsers are redirected there, because the provider's cookie is for
        those paths."""
        path = f"/{owner}{environ['PATH_INFO']}"
        if environ["REQUEST_METHOD"] == "GET" and self._who_asks(path, accept="") == BROWSER:
            query = environ.get("QUERY_STRING")
            return redirect(f"{path}?{query}" if query else path)(environ, start_response)
        return self._recorded({**environ, "PATH_INFO": path}, start_response)


def _first_part(environ: WSGIEnvironment) -> str:
    """The first part of the request's path: NAME of /NAME/oauth/authorize."""
    path: str = environ.get("PATH_INFO", "/")
    return path.partition("/")[2].partition("/")[0]


def _is_taken(port: int) -> bool:
    """Whether the port is in use. Werkzeug itself would end the process then."""
    with socket.socket() as probe:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return True
    return False
