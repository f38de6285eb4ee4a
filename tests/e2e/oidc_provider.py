"""A small OpenID provider on loopback, with Authlib and joserfc doing the cryptography.

It signs in whoever is named on its page. `Provider.fault` makes it lie, one lie at a time.
"""

import base64
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "cadastre", "a secret of the test"


@dataclass
class Provider:
    """What the provider knows, was asked, and is to say."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "now"}))
    wrong_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "now"}))
    claims: dict[str, Any] = field(default_factory=dict)
    """Of the next person: at least ``sub`` and ``preferred_username``."""
    fault: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The parameters of every call of the authorisation page."""
    signed_out: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def id_token(self, asked: dict[str, str]) -> str:
        """Return the token for the person of `claims`, or the lie of `fault`."""
        now = int(time.time())  # noqa: TID251 - the provider is another machine with its own clock
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims
        lies: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://evil.example"},
            "audience": {"aud": "another", "azp": CLIENT_ID},
            "nonce": {"nonce": "of another sign-in"},
            "expired": {"iat": now - 9000, "exp": now - 8000},
        }
        said |= lies.get(self.fault, {})
        if self.fault == "no signature":
            parts = ({"alg": "none"}, said)
            packed = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
            return ".".join(part.rstrip(b"=").decode() for part in packed) + "."
        key = self.wrong_key if self.fault == "key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "now"}, said, key)


class _Pages(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            self._json(self.provider.metadata())
        elif url.path == "/jwks":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif url.path == "/authorize":
            self.provider.asked.append(asked)
            self._page(f'<a href="/consent?{html.escape(url.query)}">sign me in</a>')
        elif url.path == "/consent":
            code = secrets.token_urlsafe(16)
            self.provider.codes[code] = asked
            back = {"code": code, "state": asked["state"]}
            self._redirect(f"{asked['redirect_uri']}?{urlencode(back)}")
        elif url.path == "/end":
            self.provider.signed_out += 1
            self._redirect(asked["post_logout_redirect_uri"])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.provider.codes.pop(form.get("code", ""), None)
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if (
            asked is None
            or self.headers["Authorization"] != f"Basic {credentials}"
            or create_s256_code_challenge(form["code_verifier"]) != asked["code_challenge"]
        ):
            self.send_error(400)
            return
        token = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer"}
        self._json(token | {"id_token": self.provider.id_token(asked)})

    def _json(self, content: dict[str, Any]) -> None:
        self._send(json.dumps(content), "application/json")

    def _page(self, body: str) -> None:
        self._send(f"<!doctype html><title>provider</title>{body}", "text/html; charset=utf-8")

    def _send(self, text: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the test's output is the test's."""


def start_provider() -> tuple[Provider, ThreadingHTTPServer]:
    """Start a provider on a free port of loopback."""
    provider = Provider()
    pages = type("Pages", (_Pages,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return provider, server
