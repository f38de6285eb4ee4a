"""The city's own identity provider (OpenID Connect), as this installation is told of it.

The settings come from the environment. Streamlit, which speaks the protocol, reads a file of its own;
`streamlit_secrets` writes it for as long as the server runs.
"""

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.errors import Invalid
from services.installation import keys

CALLBACK = "/oauth2callback"
_DISCOVERY = "/.well-known/openid-configuration"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Provider:
    """Where the provider is, who we are there, and which of its claims names an account."""

    metadata_url: str
    issuer: str
    """Empty where only the address of the metadata is given: then what that says counts."""
    client_id: str
    client_secret: str = field(repr=False)
    claim: str
    public_url: str


def configured_provider() -> Provider | None:
    """Return the provider of the environment, or None where none is set.

    Raises Invalid for settings that are incomplete or would send secrets over plain HTTP.
    """
    issuer = os.environ.get("OIDC_ISSUER", "").strip()
    metadata_url = os.environ.get("OIDC_METADATA_URL", "").strip()
    if not (issuer or metadata_url):
        return None
    client_id = os.environ.get("OIDC_CLIENT_ID", "").strip()
    client_secret = os.environ.get("OIDC_CLIENT_SECRET", "").strip()
    public_url = os.environ.get("PUBLIC_URL", "").strip().rstrip("/")
    if not (client_id and client_secret and public_url):
        raise Invalid(
            "設定了市府登入服務，但缺少 OIDC_CLIENT_ID、OIDC_CLIENT_SECRET 或 PUBLIC_URL；三者都要設定。"
        )
    metadata_url = metadata_url or issuer.rstrip("/") + _DISCOVERY
    addresses = {"OIDC_METADATA_URL": metadata_url, "PUBLIC_URL": public_url}
    for name, address in (addresses | ({"OIDC_ISSUER": issuer} if issuer else {})).items():
        _require_safe(name, address)
    return Provider(
        metadata_url=metadata_url,
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        claim=os.environ.get("OIDC_CLAIM", "").strip() or "preferred_username",
        public_url=public_url,
    )


@contextmanager
def streamlit_secrets() -> Iterator[Path | None]:
    """Give the path of the file that tells Streamlit of the provider, while it exists.

    It stands in a directory of its own outside the repository that only its owner may enter, and is
    gone when the server ends. None where no provider is set.
    """
    provider = configured_provider()
    if provider is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cadastre-") as folder:
        path = Path(folder) / "secrets.toml"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_as_toml(provider))
        yield path


def _as_toml(provider: Provider) -> str:
    scope = "openid profile email" if provider.claim == "email" else "openid profile"
    shared = {
        "redirect_uri": provider.public_url + CALLBACK,
        "cookie_secret": _identity_cookie_key(),
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "server_metadata_url": provider.metadata_url,
    }
    # A session that ended because its person was away must not be had back by whoever sits there
    # now: the provider asks for its credentials every time.
    client = {"scope": scope, "prompt": "login"}
    return "[auth]\n" + _lines(shared) + "[auth.client_kwargs]\n" + _lines(client)


def _lines(values: dict[str, str]) -> str:
    # A basic string of TOML is written like one of JSON.
    return "".join(
        f"{name} = {json.dumps(text, ensure_ascii=False)}\n" for name, text in values.items()
    )


def _identity_cookie_key() -> str:
    """A key of its own for Streamlit's cookie, made of ours: neither can stand in for the other."""
    label = b"streamlit identity cookie"
    return hmac.new(keys.cookie_key().encode(), label, hashlib.sha256).hexdigest()


def _require_safe(name: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    plain_but_here = parts.scheme == "http" and host in _LOOPBACK
    if not host or not (parts.scheme == "https" or plain_but_here):
        raise Invalid(
            f"{name} 應為 https:// 開頭的網址（本機測試可用 http://127.0.0.1），不是「{address}」。"
        )
