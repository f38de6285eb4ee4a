"""A time-stamp authority on loopback that answers as RFC 3161 says, or as it is told to.

No library writes such answers, so the few ASN.1 structures are put together here.
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

STAMPED_AT = dt.datetime(2026, 11, 23, 2, 0, 5, tzinfo=dt.UTC)
Request = tuple[bytes, int]
"""The imprint and the nonce that were asked for."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write one DER element."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(length))) + length + body


def integer(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    body = bytes((40 * first + second,))
    for number in rest:
        digits = [number & 127]
        while number := number >> 7:
            digits.append(128 | number & 127)
        body += bytes(reversed(digits))
    return tlv(6, body)


SEQUENCE, SET, OCTETS, NULL = 0x30, 0x31, 4, tlv(5)
SHA256 = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), NULL)
RSA = tlv(SEQUENCE, oid("1.2.840.113549.1.1.1"), NULL)
TST_INFO = oid("1.2.840.113549.1.9.16.1.4")


class Authority:
    """One authority with a root of its own."""

    def __init__(self) -> None:
        self.root_key, self.key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        self.root = self._certificate("root", self.root_key, "root", ca=True)
        self.certificate = self._certificate("stamps", self.key, "root", ca=False)
        self.asked: list[Request] = []
        self.change: Callable[[Request], Request] = lambda asked: asked
        self.spoil: Callable[[bytes], bytes] = lambda answer: answer
        self.status = 200

    def _certificate(self, name: str, key: rsa.RSAPrivateKey, issuer: str, ca: bool) -> Any:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        made = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(STAMPED_AT - dt.timedelta(days=1))
            .not_valid_after(STAMPED_AT + dt.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            made = made.add_extension(usage, critical=True)
        return made.sign(self.root_key, hashes.SHA256())

    def answer(self, query: bytes) -> bytes:
        """Answer a TimeStampReq of SHA-256 with a nonce, as `rfc3161_client` writes it."""
        start = query.index(SHA256[2:13]) + 11
        start = query.index(b"\x04\x20", start) + 2
        imprint = query[start : start + 32]
        place = start + 32
        length = query[place + 1]
        asked = imprint, int.from_bytes(query[place + 2 : place + 2 + length], "big")
        self.asked.append(asked)
        imprint, nonce = self.change(asked)
        return self.spoil(self._granted(imprint, nonce))

    def _granted(self, imprint: bytes, nonce: int, at: dt.datetime = STAMPED_AT) -> bytes:
        info = tlv(
            SEQUENCE,
            integer(1),
            oid("1.2.3.4.1"),
            tlv(SEQUENCE, SHA256, tlv(OCTETS, imprint)),
            integer(7),
            tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
            integer(nonce),
        )
        content_type = tlv(SEQUENCE, oid("1.2.840.113549.1.9.3"), tlv(SET, TST_INFO))
        digest = tlv(OCTETS, hashlib.sha256(info).digest())
        message = tlv(SEQUENCE, oid("1.2.840.113549.1.9.4"), tlv(SET, digest))
        attributes = content_type + message
        signature = self.key.sign(tlv(SET, attributes), padding.PKCS1v15(), hashes.SHA256())
        issuer = self.certificate.issuer.public_bytes()
        signer = tlv(
            SEQUENCE,
            integer(1),
            tlv(SEQUENCE, issuer, integer(self.certificate.serial_number)),
            SHA256,
            tlv(0xA0, attributes),
            RSA,
            tlv(OCTETS, signature),
        )
        signed = tlv(
            SEQUENCE,
            integer(3),
            tlv(SET, SHA256),
            tlv(SEQUENCE, TST_INFO, tlv(0xA0, tlv(OCTETS, info))),
            tlv(0xA0, self.certificate.public_bytes(serialization.Encoding.DER)),
            tlv(SET, signer),
        )
        token = tlv(SEQUENCE, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed))
        return tlv(SEQUENCE, tlv(SEQUENCE, integer(0)), token)

    def roots_file(self, folder: Path) -> Path:
        """Write the root as the operator would have it."""
        path = folder / f"roots-{id(self)}.pem"
        path.write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        return path


@contextmanager
def serving(authority: Authority) -> Iterator[str]:
    """Serve an authority on loopback and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = authority.answer(query)
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
