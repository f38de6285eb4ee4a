"""Notes: one text a checkpoint, and no other signature than that of the key."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.note import Checkpoint, is_signed, key_id, read, short, sign, signer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
MOMENT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHECKPOINT = Checkpoint(5, 1337, bytes(range(32)), 1300, 1302, 37, 37, MOMENT)
NOTE = sign(CHECKPOINT, KEY)


def test_the_note_is_what_the_format_says() -> None:
    lines = NOTE.split("\n")
    assert lines[:7] == [
        "cadastre-ledger",
        "1337",
        base64.b64encode(bytes(range(32))).decode(),
        "number 5",
        "usage 1300 1302",
        "events 37 37",
        "sealed 2026-11-23T02:00:00.000000+00:00",
    ]
    assert lines[7] == "" and lines[8].startswith("— cadastre-ledger ") and lines[9:] == [""]
    KEY.public_key().verify(
        base64.b64decode(lines[8].split()[2])[4:], "".join(f"{x}\n" for x in lines[:7]).encode()
    )
    assert signer(NOTE) == key_id(KEY.public_key()).hex()


def test_a_note_is_read_as_it_was_written() -> None:
    assert read(NOTE) == CHECKPOINT
    assert is_signed(NOTE, KEY.public_key())
    assert short(CHECKPOINT.root) == "0001 0203 0405 0607"


@pytest.mark.attack("ledger")
@given(place=st.integers(0, len(NOTE.encode()) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_is_signed(place: int, bit: int) -> None:
    changed = bytearray(NOTE.encode())
    changed[place] ^= 1 << bit
    assert not is_signed(changed.decode("utf-8", "replace"), KEY.public_key())


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    "forged",
    [
        sign(CHECKPOINT, OTHER),
        NOTE.replace("1337", "1338"),
        NOTE + NOTE.split("\n\n")[1],
        NOTE.split("\n\n")[0] + "\n",
        NOTE.replace(NOTE.split()[-1], base64.b64encode(key_id(KEY.public_key())).decode()),
        sign(replace(CHECKPOINT, number=6), KEY).split("\n\n")[0] + "\n\n" + NOTE.split("\n\n")[1],
        NOTE.replace("— cadastre-ledger", "— other"),
        "",
    ],
)
def test_forged_notes_are_not_signed(forged: str) -> None:
    assert not is_signed(forged, KEY.public_key())


@pytest.mark.attack("ledger")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1337", "01337"),
        ("1337", "-1"),
        ("number 5", "number  5"),
        ("+00:00", "Z"),
        (".000000", ""),
        ("cadastre-ledger\n1", "other\n1"),
        ("usage 1300 1302\n", ""),
        ("Hh8=", "Hh9="),
    ],
)
def test_only_one_form_is_a_checkpoint(old: str, new: str) -> None:
    assert old in NOTE
    with pytest.raises(ValueError):
        read(NOTE.replace(old, new, 1))
