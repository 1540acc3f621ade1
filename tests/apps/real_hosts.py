"""Stand-ins for the real providers' hosts on this machine: no request leaves it.

The app does not change. Its environment names a proxy, and a certificate to trust; the proxy accepts each connection to
one of the hosts itself, and responds over TLS, as that host.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from workbook.flow.messages import APP, Message

# The content type and the body of a host's response; None where the host has no such page.
Answer = tuple[str, str] | None


class RealHosts:
    """Stands in for `hosts` ("github.com") until the `with` ends. `answer` makes the response to a request.

    `requests` are those that came. `elsewhere` are the other hosts of requests, which the proxy rejects.
    """

    def __init__(self, hosts: Iterable[str], answer: Callable[[Message], Answer]) -> None:
        self.hosts = frozenset(hosts)
        self.answer = answer
        self.requests: list[Message] = []
        self.elsewhere: list[str] = []

    def __enter__(self) -> RealHosts:
        self._folder = tempfile.TemporaryDirectory(prefix="real-hosts-")
        self._certificate = Path(self._folder.name) / "certificate.pem"
        key = Path(self._folder.name) / "key.pem"
        _write_certificate(self.hosts, self._certificate, key)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self._certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Proxy,), {"ours": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def environment(self) -> dict[str, str | None]:
        """The environment that leads an app here, whichever HTTP library it uses."""
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        trusted = str(self._certificate)
        return {
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy),
            **{"NO_PROXY": None, "no_proxy": None},
            **{"SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted},
        }


class _Proxy(BaseHTTPRequestHandler):
    """One connection: CONNECT, and then, over TLS, the requests to that host."""

    ours: RealHosts
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if host not in self.ours.hosts or port != "443":
            self._elsewhere(self.path)
            return
        self.send_response(200)
        self.end_headers()
        self.host = host
        self.connection = self.request = self.ours.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        if not self.host:
            self._elsewhere(self.path)  # over plain HTTP
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Message(
            sender=APP,
            receiver=self.host,
            time=time.monotonic(),
            method=self.command,
            url=f"https://{self.headers['Host']}{self.path}",
            headers=tuple(self.headers.items()),
            body=body.decode(),
        )
        self.ours.requests.append(request)
        answer = self.ours.answer(request)
        content_type, text = answer or ("text/plain", "There is no such page.")
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        self.do_GET()

    def _elsewhere(self, where: str) -> None:
        self.ours.elsewhere.append(where)
        self.send_error(403)

    def log_message(self, format: str, *arguments: object) -> None:
        """Logs nothing."""


def _write_certificate(hosts: Iterable[str], certificate: Path, key: Path) -> None:
    """Writes a certificate for these hosts, which signs itself, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The workbook's tests")])
    now = datetime.now(timezone.utc)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in sorted(hosts)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True)
        .add_extension(identifier, False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)
        .sign(private, SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
