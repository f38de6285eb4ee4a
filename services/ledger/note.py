"""A checkpoint as a signed note (C2SP): a few lines that a person can read, and an Ed25519 signature.

cadastre-ledger              the log's name
1337                         leaves in the tree
base64                       the root
number 5                     the fifth checkpoint
usage 1300 1302              usage records sealed so far: how many, up to which number
events 37 37                 the same of events
sealed 2026-11-23T02:00:00.000000+00:00

- cadastre-ledger base64     (the line begins with an em dash) four bytes of key id, signature
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORIGIN = "cadastre-ledger"
_ED25519 = b"\x01"
_FORM = re.compile(
    rf"{ORIGIN}\n(\d+)\n([A-Za-z0-9+/]{{43}}=)\nnumber (\d+)\nusage (\d+) (\d+)\n"
    r"events (\d+) (\d+)\nsealed (\S+)\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """What a note says."""

    number: int
    size: int
    root: bytes
    usage_count: int
    usage_through: int
    event_count: int
    event_through: int
    sealed_at: datetime

    @property
    def text(self) -> str:
        """The signed lines."""
        return (
            f"{ORIGIN}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
            f"number {self.number}\nusage {self.usage_count} {self.usage_through}\n"
            f"events {self.event_count} {self.event_through}\n"
            f"sealed {self.sealed_at.astimezone(UTC).isoformat(timespec='microseconds')}\n"
        )


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the whole note; the signature is checked before anybody gets it."""
    signature = key.sign(checkpoint.text.encode())
    line = base64.b64encode(key_id(key.public_key()) + signature).decode()
    note = f"{checkpoint.text}\n— {ORIGIN} {line}\n"
    if read(note) != checkpoint or not is_signed(note, key.public_key()):
        raise ValueError("the signature made just now does not hold")
    return note


def read(note: str) -> Checkpoint:
    """Return what a note says, signed or not; ValueError when it is no note of ours."""
    text, _, _ = note.partition("\n\n")
    found = _FORM.fullmatch(text + "\n")
    if found is None:
        raise ValueError("no checkpoint")
    size, number, used, used_through, happened, happened_through = map(
        int, found.group(1, 3, 4, 5, 6, 7)
    )
    root, sealed_at = base64.b64decode(found[2]), datetime.fromisoformat(found[8])
    checkpoint = Checkpoint(
        number, size, root, used, used_through, happened, happened_through, sealed_at
    )
    # One checkpoint has one text: no leading zeros, no other zone, no loose bits of base64.
    if checkpoint.text != text + "\n":
        raise ValueError("no checkpoint in its one form")
    return checkpoint


def is_signed(note: str, key: Ed25519PublicKey) -> bool:
    """Whether the note carries exactly one signature, by this key, over this text."""
    text, _, signed = note.partition("\n\n")
    found = re.fullmatch(rf"— {ORIGIN} ([A-Za-z0-9+/]+=*)\n", signed)
    if found is None:
        return False
    try:
        given = base64.b64decode(found[1], validate=True)
        if base64.b64encode(given).decode() != found[1] or given[:4] != key_id(key):
            return False
        key.verify(given[4:], f"{text}\n".encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def signer(note: str) -> str:
    """Return the key id that a note names, in hexadecimal, or nothing."""
    found = re.search(r"\n— \S+ (\S+)\n$", note)
    try:
        return base64.b64decode(found[1])[:4].hex() if found else ""
    except ValueError:
        return ""


def key_id(key: Ed25519PublicKey) -> bytes:
    """Return the four bytes by which a note names its key (C2SP signed note)."""
    return hashlib.sha256(f"{ORIGIN}\n".encode() + _ED25519 + key.public_bytes_raw()).digest()[:4]


def short(root: bytes) -> str:
    """Return a root as people compare it: its first 16 hexadecimal digits, in fours."""
    digits = root.hex()[:16]
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))
