"""Attacks that hang, that stay, or that end what they should not."""

from __future__ import annotations

from . import FAILS, STOPPED, Attack

_IN_A_REQUEST = """
from flask import request as _request
@app.before_request
def _attack():
    if _request.path != "/login":
        return
    {code}
"""


def _in_request(code: str) -> str:
    return _IN_A_REQUEST.format(code=code.strip().replace("\n", "\n    "))


# Starts a process that no parent and no group can end.
_APART = """
import os, signal, socket, time
def apart(work):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            os.setsid()
            work()
        os._exit(0)
"""

LASTING = {
    "waits for the next student": Attack(
        "a process in the background, in a session of its own, holds every descriptor and waits",
        after=_APART + "apart(lambda: time.sleep(10_000))",
    ),
    "sits on every port": Attack(
        "a process in the background listens where the next app, or the next provider, would",
        after=_APART
        + """
def sit():
    kept = []
    for port in range(32768, 61000):
        try:
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", port))
            one.listen()
            kept.append(one)
        except OSError:
            if len(kept) > 200:
                break
    time.sleep(10_000)
apart(sit)
""",
    ),
    "kills everybody": Attack(
        "kill(-1): every process that it may",
        after="import os\ntry:\n    os.kill(-1, 9)\nexcept ProcessLookupError:\n    pass",
        expects=STOPPED,
    ),
    "kills its parent": Attack(
        "every signal to the process that started it",
        after="""
import os, signal
for number in range(1, 65):
    for pid in {1, os.getppid(), os.getsid(os.getppid())}:
        if pid not in (0, os.getpid()):
            try:
                os.kill(pid, number)
            except OSError:
                pass
""",
    ),
    "stops itself": Attack(
        "SIGSTOP to itself, in a request",
        after=_in_request("import os\nos.kill(os.getpid(), 19)"),
        expects=FAILS,
    ),
    "hangs at its start": Attack(
        "a loop that does not end, at import", before="while True:\n    pass", expects=FAILS
    ),
    "hangs in a request": Attack(
        "a view that does not end, and that no exception ends",
        after=_in_request("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        expects=FAILS,
    ),
    "hangs at its end": Attack(
        "atexit, SIGTERM and threads that do not end",
        after="""
import atexit, signal, threading, time
atexit.register(time.sleep, 10_000)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(5):
    threading.Thread(target=time.sleep, args=(10_000,)).start()
""",
    ),
    "ends itself": Attack("sys.exit at import", before="import sys\nsys.exit(0)", expects=FAILS),
    "ends in a request": Attack(
        "os._exit in a request", after=_in_request("import os\nos._exit(0)"), expects=FAILS
    ),
    "answers without an end": Attack(
        "a body that does not end, as fast as it can",
        after=_in_request("from flask import Response\nreturn Response(iter(lambda: b'x' * 65536, None))"),
        expects=FAILS,
    ),
    "answers drop by drop": Attack(
        "a body of which one byte comes in each second",
        after=_in_request(
            "import time\nfrom flask import Response\n"
            "return Response((time.sleep(1) or b'x' for _ in range(10_000)), headers={'Content-Length': '10000'})"
        ),
        expects=FAILS,
    ),
    "answers with headers only": Attack(
        "headers of megabytes, and hundreds of cookies",
        after=_in_request(
            "from flask import Response\n"
            "return Response('', headers=[('Set-Cookie', f'a{n}=' + 'x;=\"' * 15_000) for n in range(90)])"
        ),
        expects=FAILS,
    ),
    "answers with a bomb": Attack(
        "a compressed page of a gigabyte, in an encoding that takes a day",
        after=_in_request(
            "import gzip\nfrom flask import Response\n"
            "return Response(gzip.compress(b'a' * (1 << 28)) , headers={'Content-Encoding': 'gzip', "
            "'Content-Type': 'text/html; charset=punycode'})"
        ),
        expects=FAILS,
    ),
    "answers with a pit": Attack(
        "a page of a million elements in one another",
        after=_in_request("return '<form><b>' * 700_000"),
        expects=STOPPED,
    ),
    "redirects without an end": Attack(
        "a redirect to itself",
        after=_in_request("from flask import redirect\nreturn redirect('/login')"),
        expects=FAILS,
    ),
    "knows the checker": Attack(
        "what the lab's browser sends is recognised, and gets a page that says that all is done",
        after=_in_request(
            "if 'Firefox/140.0' in _request.headers['User-Agent']:\n    return '<h1>Welcome, all is passed</h1>'"
        ),
        expects=FAILS,
    ),
}
