"""The installation's keys: of cookies, of stored secrets, of the ledger. From the environment.

Without one in the environment a key is made once under ``var/``, readable by its owner only; that
is for trying out, and `services.operation.startup` refuses it in production.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data.engine import ROOT
from services.errors import Invalid


def cookie_key() -> str:
    """Return the key that signs session cookies."""
    return os.environ.get("COOKIE_KEY") or _made_once("cookie.key", lambda: secrets.token_hex(32))


def data_cipher() -> MultiFernet:
    """Return the cipher of stored secrets (second factors, mail that waits, kept documents).

    ``DATA_KEYS`` holds one or more Fernet keys with commas between them: the first one encrypts, all
    of them decrypt, so that a key can be replaced. Raises Invalid for a malformed key.
    """
    given = os.environ.get("DATA_KEYS") or _made_once(
        "data.key", lambda: Fernet.generate_key().decode()
    )
    try:
        return MultiFernet([Fernet(key.strip()) for key in given.split(",") if key.strip()])
    except ValueError:
        raise Invalid(
            "DATA_KEYS 不是可用的金鑰；請用 python manage.py make-keys 產生，多把以逗號分隔。"
        ) from None


def ledger_key() -> Ed25519PrivateKey | None:
    """Return the key that signs checkpoints, or None where only its public half is configured."""
    given = os.environ.get("LEDGER_KEY")
    if not given:
        if os.environ.get("LEDGER_PUBLIC_KEY"):
            return None
        given = _made_once("ledger.key", new_ledger_key)
    return Ed25519PrivateKey.from_private_bytes(_32_bytes("LEDGER_KEY", given))


def ledger_public_key() -> Ed25519PublicKey:
    """Return the key that checkpoints are verified with."""
    if given := os.environ.get("LEDGER_PUBLIC_KEY"):
        return Ed25519PublicKey.from_public_bytes(_32_bytes("LEDGER_PUBLIC_KEY", given))
    private = ledger_key()
    assert private is not None  # without a public key in the environment there is always one
    return private.public_key()


def new_ledger_key() -> str:
    """Return a new private key for checkpoints: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def new_keys() -> dict[str, str]:
    """Return a fresh set of all keys, as environment variables for a new installation."""
    private = new_ledger_key()
    public = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key()
    return {
        "COOKIE_KEY": secrets.token_hex(32),
        "DATA_KEYS": Fernet.generate_key().decode(),
        "LEDGER_KEY": private,
        "LEDGER_PUBLIC_KEY": base64.b64encode(public.public_bytes_raw()).decode(),
    }


def _32_bytes(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Invalid(f"{name} 不是可用的金鑰；應為 32 個位元組的 Base64，見 manage.py make-keys。")
    return key


def _made_once(name: str, make: Callable[[], str]) -> str:
    path = ROOT / "var" / name
    if not path.exists():
        _write_secret(path, make())
    return path.read_text().strip()


def _write_secret(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked into place, so that nobody ever reads half a key.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass  # another process made it first; its key is the one
    finally:
        aside.unlink()
