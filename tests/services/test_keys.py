"""The installation's keys: from the environment, or made once; a malformed one is a sentence."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.errors import Invalid
from services.installation import keys

NAMES = ("COOKIE_KEY", "DATA_KEYS", "LEDGER_KEY", "LEDGER_PUBLIC_KEY")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(keys, "ROOT", tmp_path)
    return tmp_path


def test_keys_that_are_not_given_are_made_once_for_their_owner_only(nothing_set: Path) -> None:
    first = (keys.cookie_key(), keys.ledger_public_key().public_bytes_raw())
    sealed = keys.data_cipher().encrypt(b"secret")
    assert (keys.cookie_key(), keys.ledger_public_key().public_bytes_raw()) == first
    assert keys.data_cipher().decrypt(sealed) == b"secret"
    files = list((nothing_set / "var").iterdir())
    assert sorted(file.name for file in files) == ["cookie.key", "data.key", "ledger.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_many_that_make_a_key_at_once_get_the_same_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.cookie_key(), range(40)))
    assert len(set(made)) == 1
    assert len(made[0]) == 64


def test_a_fresh_set_of_keys_fits_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = keys.new_keys()
    assert set(fresh) == set(NAMES)
    for name, value in fresh.items():
        monkeypatch.setenv(name, value)
    private = keys.ledger_key()
    assert private is not None
    keys.ledger_public_key().verify(private.sign(b"checkpoint"), b"checkpoint")
    assert keys.cookie_key() == fresh["COOKIE_KEY"]
    assert Fernet(fresh["DATA_KEYS"]).decrypt(keys.data_cipher().encrypt(b"x")) == b"x"
    assert keys.new_keys() != fresh


def test_where_only_the_public_key_stands_nothing_can_be_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    monkeypatch.setenv("LEDGER_PUBLIC_KEY", base64.b64encode(public).decode())
    assert keys.ledger_key() is None
    assert keys.ledger_public_key().public_bytes_raw() == public


def test_an_older_key_still_decrypts_and_a_foreign_one_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new, foreign = (Fernet.generate_key().decode() for _ in range(3))
    monkeypatch.setenv("DATA_KEYS", old)
    kept = keys.data_cipher().encrypt(b"secret")
    monkeypatch.setenv("DATA_KEYS", f"{new}, {old}")
    assert keys.data_cipher().decrypt(kept) == b"secret"
    monkeypatch.setenv("DATA_KEYS", foreign)
    with pytest.raises(InvalidToken):
        keys.data_cipher().decrypt(kept)


@pytest.mark.parametrize("wrong", ["x", "a" * 44, "=", "長", base64.b64encode(b"1" * 31).decode()])
def test_a_malformed_key_is_a_sentence_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    for name in NAMES[1:]:
        monkeypatch.setenv(name, wrong)
    for use in (keys.data_cipher, keys.ledger_key, keys.ledger_public_key):
        with pytest.raises(Invalid, match="不是可用的金鑰") as caught:
            use()
        assert wrong == "x" or wrong not in str(caught.value)
