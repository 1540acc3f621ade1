"""The server responds to all requests, or ends the connection, and ends on request."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask import Flask, Response, request

from workbook.lab.browser import Browser
from workbook.providers.people import PEOPLE
from workbook.providers.server import ProvidersServer
from workbook.providers.serving import HANG_UP, LONGEST_BODY, LONGEST_HEADERS, Server

from .facebook_client import FacebookClient
from .github_client import GitHubClient
from .google_client import GoogleClient
from .oauth2 import Client

# Longer than anything takes on a slow machine (seconds).
LONG = 60.0
THREADS = 4
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Waiting:
    """Requests that wait until they are let go."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.left = threading.Semaphore(0)

    def wait(self) -> str:
        self.arrived.release()
        self.let_go.wait(LONG)
        self.left.release()
        return "waited"

    def have_arrived(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=LONG)


def an_app(waiting: Waiting) -> Flask:
    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def index() -> str:
        return f"{request.method} {len(request.get_data())}"

    @app.get("/exit")
    def end() -> str:
        sys.exit(1)

    @app.get("/interrupt")
    def interrupt() -> str:
        raise KeyboardInterrupt

    @app.get("/hang-up")
    def hang_up() -> str:
        request.environ[HANG_UP]()
        return "nobody hears this"

    @app.get("/hang-up-twice")
    def hang_up_twice() -> str:
        request.environ[HANG_UP]()
        request.environ[HANG_UP]()
        return "nobody hears this"

    @app.get("/begun")
    def begun() -> Response:
        def parts() -> Iterator[str]:
            yield "begun"
            sys.exit(1)

        return Response(parts())

    @app.get("/wait")
    def wait() -> str:
        return waiting.wait()

    return app


@contextmanager
def serving(application: Any, **more: Any) -> Iterator[Server]:
    """A server of that application, stopped in the end."""
    server = Server(application, threads=THREADS, **more)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(LONG)
        assert not thread.is_alive()


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    waiting = Waiting()
    yield waiting
    waiting.let_go.set()


@pytest.fixture
def server(waiting: Waiting) -> Iterator[Server]:
    with serving(an_app(waiting)) as server:
        yield server


@contextmanager
def connected(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    """A connection after some sent bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as connection:
        connection.sendall(data)
        yield connection


def everything(connection: socket.socket) -> bytes:
    """All bytes until the server ends the connection."""
    parts = []
    try:
        while part := connection.recv(64 * 1024):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def one_answer(connection: socket.socket) -> bytes:
    """The next response, which has a short body of a known length."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + stream.read(length)


def is_fine(port: int) -> bool:
    """Whether the server responds."""
    return requests.get(f"http://127.0.0.1:{port}/", timeout=LONG).text == "GET 0"


@pytest.mark.parametrize("path", ["exit", "interrupt", "hang-up", "hang-up-twice"])
def test_an_end_without_an_answer(
    server: Server,
    path: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """As under `flask run`: the connection ends, and the server goes on, with all its threads."""
    for _ in range(2 * THREADS):
        with connected(server.port, GET.replace(b"/ ", f"/{path} ".encode())) as connection:
            assert everything(connection) == b""
    assert is_fine(server.port)
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_an_end_in_the_middle_of_an_answer(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with connected(server.port, GET.replace(b"/ ", b"/begun ")) as connection:
        assert b"0\r\n\r\n" not in everything(connection), "the answer is not whole"
    assert is_fine(server.port)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_body_that_is_too_long_is_413(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    with connected(server.port, head % (LONGEST_BODY + 1)) as connection:
        assert everything(connection).startswith(b"HTTP/1.1 413 ")
    longest = requests.post(f"http://127.0.0.1:{server.port}/", b"x" * (LONGEST_BODY - 1), timeout=LONG)
    assert longest.text == f"POST {LONGEST_BODY - 1}"


def test_headers_that_are_too_long_are_431(server: Server) -> None:
    begin = b"GET / HTTP/1.1\r\nX: "
    with connected(server.port, begin + b"x" * (LONGEST_HEADERS - len(begin))) as connection:
        assert everything(connection).startswith(b"HTTP/1.0 431 ")
    long = {"X": "x" * (LONGEST_HEADERS // 2)}
    assert requests.get(f"http://127.0.0.1:{server.port}/", headers=long, timeout=LONG).status_code == 200


NONSENSE = (
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
    b"\0" * 100 + b"\r\n\r\n",
)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=ascii)
def test_nonsense_is_a_400(server: Server, nonsense: bytes) -> None:
    with connected(server.port, nonsense) as connection:
        assert everything(connection).split()[1] == b"400"
    assert is_fine(server.port)


def test_half_sent_requests_keep_nobody_waiting(server: Server) -> None:
    half, rest = GET[:20], GET[20:]
    body = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nfive "
    with connected(server.port, half) as first, connected(server.port, body) as second:
        for _ in range(2 * THREADS):
            with connected(server.port, half), connected(server.port, body):
                assert is_fine(server.port)
        first.sendall(rest)
        second.sendall(b"bytes")
        assert one_answer(first).endswith(b"GET 0") and one_answer(second).endswith(b"POST 10")


def test_more_requests_than_threads_are_answered_one_after_the_other(
    server: Server, waiting: Waiting
) -> None:
    with ThreadPoolExecutor(3 * THREADS) as pool:
        url = f"http://127.0.0.1:{server.port}/wait"
        asked = [pool.submit(requests.get, url, timeout=LONG) for _ in range(3 * THREADS)]
        waiting.have_arrived(THREADS)
        assert not waiting.arrived.acquire(blocking=False), "no more than it has threads at a time"
        waiting.let_go.set()
        assert [one.result(LONG).text for one in asked] == ["waited"] * 3 * THREADS


def test_a_kept_connection_is_answered_again_and_again_and_ends_with_the_server(server: Server) -> None:
    with connected(server.port) as connection:
        for _ in range(3):
            connection.sendall(GET)
            assert one_answer(connection).endswith(b"GET 0")
        server.stop()
        assert everything(connection) == b""


def test_a_browser_goes_on_where_a_server_has_begun_again(waiting: Waiting) -> None:
    with serving(an_app(waiting)) as server:
        browser = Browser(server.port)
        assert browser.open("/").text == "GET 0"
    with serving(an_app(waiting), port=server.port):
        assert browser.open("/").text == "GET 0"
    browser.close()


def test_stop_ends_what_waits_and_frees_the_port(waiting: Waiting, caplog: pytest.LogCaptureFixture) -> None:
    with serving(an_app(waiting)) as server:
        port = server.port
        get = GET.replace(b"/ ", b"/wait ")
        connections = [
            socket.create_connection(("127.0.0.1", port), timeout=LONG) for _ in range(2 * THREADS)
        ]
        for connection in connections:
            connection.sendall(get)
        waiting.have_arrived(THREADS)
        server.stop()
        server.stop()
        for connection in connections:
            assert everything(connection) == b""
            connection.close()
        assert not waiting.let_go.is_set(), "nothing was waited for"
    with serving(an_app(waiting), port=port):
        assert is_fine(port)
        # The unfinished responses come too late, and go nowhere.
        waiting.let_go.set()
        assert all(waiting.left.acquire(timeout=LONG) for _ in range(THREADS))
        assert is_fine(port)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_what_is_soon_answered_is_answered_before_it_stops(waiting: Waiting) -> None:
    with (
        serving(an_app(waiting)) as server,
        connected(server.port, GET.replace(b"/ ", b"/wait ")) as connection,
    ):
        waiting.have_arrived(1)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        waiting.let_go.set()
        assert waiting.left.acquire(timeout=LONG)
        stopping.join(LONG)
        everything(connection)


def test_a_server_that_is_stopped_at_once(waiting: Waiting) -> None:
    for _ in range(10):
        with serving(an_app(waiting)) as server:
            server.stop()


def test_a_socket_that_listens_already_is_served(waiting: Waiting) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    with connected(port, GET) as early, serving(an_app(waiting), listening=listening) as server:
        assert server.port == port and one_answer(early).endswith(b"GET 0")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=LONG)


def test_it_has_its_name_or_none(waiting: Waiting) -> None:
    for name in ("tfe", None):
        with serving(an_app(waiting), name=name) as server, connected(server.port, GET) as connection:
            head = one_answer(connection).lower()
            assert (b"server: tfe\r\n" in head) == (name is not None) and b"waitress" not in head


# Two servers in one process, of different people, with different keys: they share the pages, but each shows its own
# data.
ADA, OTHER = PEOPLE[0], replace(PEOPLE[0], key="other", name="Somebody Else")


@pytest.fixture
def two() -> Iterator[list[ProvidersServer]]:
    with ProvidersServer(seed=1, people=[ADA]) as one, ProvidersServer(seed=2, people=[OTHER]) as other:
        yield [one, other]


CLIENTS: list[Callable[[ProvidersServer], Client]] = [FacebookClient, GoogleClient, GitHubClient]


def shows_its_own(client: Client) -> bool:
    """Whether the consent screen accepts this server's client, and shows this server's person."""
    answer = requests.get(client.page(), timeout=LONG)
    assert answer.status_code == 200, answer.text
    (person,) = client.providers.people
    names = {one.name for one in (ADA, OTHER) if one.name in answer.text}
    return names == {person.name}


def is_not_known_to(client: Client, other: ProvidersServer) -> bool:
    """Whether another server rejects a client of this one."""
    address = client.page().replace(client.providers.url, other.url, 1)
    answer = requests.get(address, timeout=LONG, allow_redirects=False)
    return answer.status_code != 200 or 'type="radio"' not in answer.text


@pytest.mark.parametrize("kind", CLIENTS)
def test_two_servers_serve_the_same_pages_and_do_not_mix(
    two: list[ProvidersServer], kind: Callable[[ProvidersServer], Client]
) -> None:
    one, other = clients = [kind(server) for server in two]
    for _ in range(2):
        assert all(shows_its_own(client) for client in clients)
        assert is_not_known_to(one, two[1]) and is_not_known_to(other, two[0])
        two[0].faults.set(one.provider, "all", "error")
        assert requests.get(one.page(), timeout=LONG).status_code == 503
        assert shows_its_own(other)
        # The first server forgets all messages; the second one does not.
        heard = len(two[1].messages)
        two[0].begin_anew()
        assert (two[0].messages, len(two[1].messages), two[0].faults.on()) == ([], heard, {})


def test_two_servers_do_not_mix_what_is_asked_at_the_same_time(two: list[ProvidersServer]) -> None:
    """Each server is in the middle of a request while the other server handles one."""
    clients = [kind(server) for server in two for kind in CLIENTS]
    first = clients[0]
    two[0].faults.set(first.provider, "all", "slow", seconds=LONG)
    with ThreadPoolExecutor(8) as pool:
        slow = pool.submit(shows_its_own, first)
        others = [pool.submit(shows_its_own, client) for client in clients[1:] * 5]
        assert all(other.result(LONG) for other in others)
        assert not slow.done()
        two[1].begin_anew()
        assert shows_its_own(clients[-1])
        two[0].faults.clear()
        assert slow.result(LONG)


def test_what_is_still_being_answered_when_all_begins_anew_is_about_the_old_world(
    two: list[ProvidersServer],
) -> None:
    client = FacebookClient(two[0])
    two[0].faults.set("facebook", "all", "slow", seconds=LONG)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shows_its_own, client)
        while not two[0].messages:
            assert not slow.done()
        two[0].begin_anew()
        assert slow.result(LONG)
    assert two[0].messages == []


def test_what_is_made_beforehand_leaves_a_process_that_can_be_forked() -> None:
    """Forking is sound only without threads."""
    said = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import threading, workbook.providers.beforehand; print(threading.active_count())",
        ],
        capture_output=True,
        text=True,
    )
    assert (said.stdout, said.returncode) == ("1\n", 0), said.stderr
