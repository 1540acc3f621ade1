"""Sets the workbook up: makes .venv, installs what requirements.txt pins, and goes on inside it.

This module uses only Python's own library. A stamp, written last, says that an environment is complete: after an
interrupted set-up, the next call does the rest.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn, TextIO

ROOT = Path(__file__).resolve().parents[1]
_ENVIRONMENT = ROOT / ".venv"
_REQUIREMENTS = ROOT / "requirements.txt"
_STAMP = _ENVIRONMENT / "workbook-is-ready"
_STATE = ROOT / ".workbook"
_LOG = _STATE / "setup.log"
_WINDOWS = sys.platform == "win32"
# The installer that is tried first: it takes seconds where pip takes a minute.
_UV = "uv>=0.9,<1"
# Counts the restarts in .venv's Python: without it, an environment that is never ready would restart without end.
_TIMES = "WORKBOOK_SETTING_UP_TIMES"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SetupError(Exception):
    """Set-up cannot go on. Its text is the one line that the user sees."""


def go_on_in_environment() -> None:
    """Returns when this Python has what the workbook needs; otherwise sets .venv up and does not return.

    Ends the process with exit code 2 and one line where set-up is not possible.
    """
    times = int(os.environ.pop(_TIMES, "0"))
    try:
        if _is_ready():
            return
        if times > 1:
            raise SetupError(
                f"{_ENVIRONMENT} does not work. Delete that folder, and run the same command again."
            )
        if not _complete():
            with _one_at_a_time():
                if not _complete():
                    _set_up()
        _continue_there(times + 1)
    except SetupError as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Stopped. Run the same command again to go on.")
    except OSError as error:
        if error.errno in _FULL:
            _stop(_no_room())
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            _stop(f"{error.filename} cannot be written: copy the workbook to a folder of your own.")
        _stop(f"Set-up failed: {error.strerror or error} ({error.filename}).")


def _is_ready() -> bool:
    """Whether the Python that runs has everything already: it is .venv's, or another that has the same packages."""
    if _inside():
        return _complete()
    return all(_installed(name) == pinned for name, pinned in _pins())


def _inside() -> bool:
    return Path(sys.prefix).resolve() == _ENVIRONMENT.resolve()


def _complete() -> bool:
    """Whether .venv has everything.

    If the system's Python is upgraded, .venv has the new Python, and the packages of the old one. Only .venv's own
    Python can see that, because another Python may have a different version.
    """
    if not (_stamped() and _python().exists() and (_ENVIRONMENT / "pyvenv.cfg").exists()):
        return False
    return not (_inside() and not _link().exists())


def _stamped() -> bool:
    try:
        return _STAMP.read_text(encoding="ascii") == _digest()
    except (OSError, UnicodeDecodeError):
        return False


def _digest() -> str:
    return hashlib.sha256(_REQUIREMENTS.read_bytes() + str(ROOT).encode()).hexdigest()


def _pins() -> Iterator[tuple[str, str]]:
    """The packages that requirements.txt pins on every platform."""
    for line in _REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        pin = re.fullmatch(r"([\w.-]+)==(\S+)", line)
        if pin:
            yield pin[1], pin[2]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _python() -> Path:
    return _ENVIRONMENT / ("Scripts/python.exe" if _WINDOWS else "bin/python")


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Lets one process set up at a time. The lock is the system's: it ends with the process that holds it."""
    _STATE.mkdir(exist_ok=True)
    with (_STATE / "setup.lock").open("a+") as lock:
        if not _take(lock):
            print("Another set-up of this workbook is under way: waiting for it.", file=sys.stderr)
            while not _take(lock):
                time.sleep(0.2)
        yield


def _take(lock: TextIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _set_up() -> None:
    again = _STAMP.exists()
    _STAMP.unlink(missing_ok=True)
    _LOG.write_text("", encoding="utf-8")
    print(
        "requirements.txt has changed: installing what is new."
        if again
        else "Setting up the workbook in .venv, once. This takes up to a minute.",
        file=sys.stderr,
    )
    begun = time.monotonic()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), signal.default_int_handler)
    if not _works(_python()):
        shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
        # The Python that runs may be the one in .venv, which is gone by now.
        base: str = getattr(sys, "_base_executable", sys.executable)
        _run([base, "-m", "venv", "--without-pip", str(_ENVIRONMENT)], "Making .venv")
        # venv would hide the error of this step.
        _run([str(_python()), "-I", "-m", "ensurepip", "--upgrade", "--default-pip"], "Adding pip")
    _install()
    _make_importable()
    _STAMP.write_text(_digest(), encoding="ascii")
    print(f"Set up in {time.monotonic() - begun:.0f} seconds.", file=sys.stderr)


def _works(python: Path) -> bool:
    """Whether the environment's Python runs, is the version that runs now, and has pip."""
    if not python.exists():
        return False
    code = "import sys, pip; print(sys.version_info[:2], sys.prefix != sys.base_prefix)"
    try:
        done = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == f"{sys.version_info[:2]} True"


def _install() -> None:
    # -I: packages on PYTHONPATH do not count as installed, and a module in this folder is not pip.
    python = str(_python())
    # One more try is enough: a user without a network should soon see the error.
    pip = [
        python,
        "-I",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--retries",
        "1",
        "--timeout",
        "20",
    ]
    with_uv = [python, "-I", "-m", "uv", "pip", "install", "--python", python, "-r", str(_REQUIREMENTS)]
    fetched = False
    try:
        _run([*pip, _UV], "Fetching the installer")
        fetched = True
        _run(with_uv, "Installing", count=True)
    except SetupError as error:
        # uv does not know pip's mirrors, proxies and certificates: where only uv has no network, pip may have one.
        if isinstance(error, _Hopeless) or (isinstance(error, _NoNetwork) and not fetched):
            raise
        _run([*pip, "-r", str(_REQUIREMENTS)], "Installing with pip", count=True)


class _Hopeless(SetupError):
    """An error that another installer would have, too."""


class _NoNetwork(SetupError):
    """The installer did not reach the registry."""


def _run(command: list[str], what: str, *, count: bool = False) -> None:
    """Runs a step of set-up with its output in the log, and shows that it goes on; SetupError says what went wrong."""
    total = sum(1 for _ in _pins()) if count else 0
    with _LOG.open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=not _WINDOWS,
            env=_environment_of_installers(),
        )
        try:
            with _Progress(what, total) as progress:
                while True:
                    try:
                        code = process.wait(timeout=0.2)
                        break
                    except subprocess.TimeoutExpired:
                        progress.show()
        except BaseException:
            _kill(process)
            raise
    if code != 0:
        said = _LOG.read_bytes()[begin:].decode("utf-8", "replace")
        raise _reason(said, what)


def _environment_of_installers() -> dict[str, str]:
    """The shell's environment, without the settings that lead an installer out of .venv.

    Mirrors, proxies and certificates stay. `user = true`, in pip's configuration or in the shell, is for installs
    outside of environments: pip rejects it here (pip.pypa.io, "User Installs"). PIP_USER overrides the file's `user`.
    """
    # As pip does: only the system knows the certificate of a company's or a school's proxy.
    own = {"UV_SYSTEM_CERTS": "1", **os.environ, "PIP_USER": "0"}
    for name in ("TARGET", "PREFIX", "ROOT", "PYTHON", "DRY_RUN", "NO_DEPS"):
        own.pop(f"PIP_{name}", None)
    for name in ("TARGET", "PREFIX", "SYSTEM_PYTHON", "PYTHON", "NO_DEPS"):
        own.pop(f"UV_{name}", None)
    return own


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a step and all processes that it started, so that none writes during the next try."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reason(said: str, what: str) -> SetupError:
    """The reason in the output of a failed step, in one line."""
    if re.search(r"No space left|os error 28|Errno 28|File too large|Errno 27|os error 27", said):
        return _Hopeless(_no_room())
    if re.search(r"ensurepip is not|No module named (venv|ensurepip)", said):
        return _Hopeless(
            "This Python has no venv module. On Debian and Ubuntu: `sudo apt install python3-venv`, then again."
        )
    if re.search(r"certificate verify failed|invalid peer certificate", said, re.IGNORECASE):
        return _NoNetwork(
            "The certificate of the package registry is not trusted here. Is there a proxy in between, or is the clock "
            f"wrong? (more in {_LOG})"
        )
    if re.search(
        r"Temporary failure|Name or service|getaddrinfo|NewConnectionError|ConnectTimeout|Connection refused|"
        r"error sending request|dns error|tcp connect error|Max retries|ProxyError|Network is unreachable",
        said,
        re.IGNORECASE,
    ):
        return _NoNetwork(
            f"There is no network to install from. Connect, and run the same command again. ({_LOG})"
        )
    if re.search(r"Permission denied|Read-only file system", said):
        return _Hopeless(f"{_ENVIRONMENT} cannot be written: copy the workbook to a folder of your own.")
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
    return SetupError(f"{what} failed: {last} (more in {_LOG})")


def _no_room() -> str:
    return f"There is no room left on the disk for {_ENVIRONMENT}. It takes about 600 MB. Make room, and run it again."


class _Progress:
    """Shows that a step goes on: a line that it rewrites on a terminal, or one plain line."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._terminal = sys.stderr.isatty()
        self._begun = time.monotonic()

    def __enter__(self) -> _Progress:
        if not self._terminal:
            print(
                f"{self._what} …" if not self._total else f"{self._what} {self._total} packages …",
                file=sys.stderr,
            )
        return self

    def show(self) -> None:
        if not self._terminal:
            return
        line = f"{self._what} … {time.monotonic() - self._begun:.0f} s"
        if self._total:
            done = min(self._total, sum(1 for _ in _site_packages().glob("*.dist-info")))
            width = 24
            bar = "#" * (done * width // self._total)
            line = f"{self._what} [{bar:<{width}}] {done} of {self._total}"
        sys.stderr.write(f"\r\x1b[2K{line}")
        sys.stderr.flush()

    def __exit__(self, *unused: object) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def _site_packages() -> Path:
    if _WINDOWS:
        return _ENVIRONMENT / "Lib" / "site-packages"
    return _ENVIRONMENT / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _link() -> Path:
    return _site_packages() / "workbook.pth"


def _make_importable() -> None:
    """Lets `import workbook` work from every folder in the environment.

    A line in a .pth file does what an editable install does, without a build and without a network.
    """
    name = str(ROOT)
    encoding = "utf-8" if sys.version_info >= (3, 13) else locale.getpreferredencoding(False)
    try:
        _link().write_text(name + "\n", encoding=encoding)
    except UnicodeEncodeError:
        raise SetupError(
            f"Python cannot read the name of the folder {name!r}: move the workbook to another."
        ) from None


def _continue_there(times: int) -> NoReturn:
    """Runs the same command with .venv's Python."""
    command = [str(_python()), "-m", "workbook", *sys.argv[1:]]
    # The .pth file lets this Python find the workbook from every folder.
    environment = {**os.environ, _TIMES: str(times)}
    environment.pop("PYTHONHOME", None)  # it would lead out of .venv again
    try:
        if not _WINDOWS:
            os.execve(command[0], command, environment)
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise SetupError(
            f"{command[0]} cannot be run ({error.strerror}). "
            f"Delete {_ENVIRONMENT}, and run the same command again."
        ) from None
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            continue  # Ctrl-C goes to both processes: .venv's Python ends, and this one after it


def _stop(line: str) -> NoReturn:
    print(line, file=sys.stderr)
    sys.exit(2)
