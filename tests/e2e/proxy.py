"""Debian's nginx on loopback with the very file of deploy/nginx, in front of something."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NGINX_FILE = Path(__file__).parents[2] / "deploy" / "nginx" / "cadastre.conf"
NAME = "cadastre.localhost"
CLIENT = "127.0.0.9"
"""Where `relay` calls from: Streamlit gives no address for 127.0.0.1."""


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its two ports and its log."""

    http: int
    https: int
    certificate: Path
    log: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.https}"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_nginx() -> str:
    """Return nginx; fail with a sentence when there is none."""
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if path is None:
        pytest.fail("No nginx: apt-get install nginx-light, or leave it out with -m 'not browser'.")
    return path


def substituted(folder: Path, upstream: int, http: int, https: int) -> str:
    """Return the file with names, paths and ports of this test; fail if one was not found."""
    text = NGINX_FILE.read_text(encoding="utf-8")
    for pattern, instead in (
        (r"cadastre\.example\.gov\.tw", NAME),
        (r"127\.0\.0\.1:8501", f"127.0.0.1:{upstream}"),
        (r"listen 80\b", f"listen 127.0.0.1:{http}"),
        (r"listen 443\b", f"listen 127.0.0.1:{https}"),
        (r"https://\$host\$", f"https://$host:{https}$"),
        (r"/etc/ssl/cadastre/fullchain\.pem", str(folder / "certificate.pem")),
        (r"/etc/ssl/cadastre/privkey\.pem", str(folder / "key.pem")),
        (r"/var/log/nginx/cadastre\.log", str(folder / "access.log")),
    ):
        text, found = re.subn(pattern, instead, text)
        assert found, f"{pattern} is not in {NGINX_FILE.name}"
    return text


@contextmanager
def running_nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run nginx in ``folder`` before the server on port ``upstream``."""
    http, https = free_port(), free_port()
    _write_certificate(folder)
    (folder / "cadastre.conf").write_text(substituted(folder, upstream, http, https))
    user = "user root;\n" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nworker_processes 1;\n"
        "events { worker_connections 2048; }\n"
        f"http {{\n{paths}\naccess_log off;\ninclude {folder}/cadastre.conf;\n}}\n"
    )
    log = folder / "error.log"
    process = subprocess.Popen(
        [find_nginx(), "-c", str(folder / "nginx.conf"), "-e", str(log), "-p", str(folder)]
    )
    try:
        _wait_for(https, process, log)
        yield Proxy(http, https, folder / "certificate.pem", folder / "access.log")
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"nginx did not come up:\n{log.read_text(errors='replace')}", pytrace=False)


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextmanager
def relay(to: int) -> Iterator[int]:
    """Pass connections on to port ``to`` from the address `CLIENT`; yields the relay's port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", to), source_address=(CLIENT, 0))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()
