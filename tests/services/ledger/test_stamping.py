"""Time stamps: verified before they are kept, asked for again, and never in the way."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.engine import reading
from data.models import Event, LedgerTimestamp
from services.actor import operator
from services.ledger import checkpoints
from services.ledger.sealing import Sealed, seal
from services.ledger.verification import verify_ledger
from tests.services.ledger.authority import STAMPED_AT, Authority, serving
from tests.services.ledger.helpers import run, use
from tests.world import NOW, World

OURS = Authority()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    OURS.asked.clear()
    OURS.change, OURS.spoil, OURS.status = lambda asked: asked, lambda answer: answer, 200
    with serving(OURS) as url:
        monkeypatch.setenv("TSA_URL", url)
        monkeypatch.setenv("TSA_ROOTS", str(OURS.roots_file(tmp_path)))
        yield OURS


def seal_now(world: World) -> Sealed:
    use(world, 3)
    return seal(operator(NOW))


def stamps() -> list[LedgerTimestamp]:
    with reading() as db:
        return list(db.scalars(select(LedgerTimestamp).order_by(LedgerTimestamp.checkpoint_number)))


def test_the_newest_checkpoint_is_stamped(world: World, authority: Authority) -> None:
    assert seal_now(world).stamped
    (stamp,) = stamps()
    assert (stamp.checkpoint_number, stamp.stamped_at) == (1, STAMPED_AT)
    with reading() as db:
        note = checkpoints.stored(db)[0].note
        assert db.scalars(select(Event).where(Event.outcome == "stamped")).one().object_id == "1"
    assert authority.asked[0][0] == hashlib.sha256(note.encode()).digest()
    found = verify_ledger(operator(NOW))
    assert found.ok and found.stamped == 1


def test_without_an_authority_nothing_is_asked(world: World) -> None:
    assert not seal_now(world).stamped
    assert stamps() == []


def test_every_question_has_a_nonce_of_its_own(world: World, authority: Authority) -> None:
    for _ in range(3):
        seal_now(world)
    assert len({nonce for _, nonce in authority.asked}) == 3
    assert [stamp.checkpoint_number for stamp in stamps()] == [1, 2, 3]


WRONG: dict[str, Callable[[Authority], object]] = {
    "another nonce": lambda a: setattr(a, "change", lambda asked: (asked[0], asked[1] ^ 1)),
    "another imprint": lambda a: setattr(a, "change", lambda asked: (bytes(32), asked[1])),
    "a flipped bit": lambda a: setattr(
        a, "spoil", lambda answer: answer[:-9] + bytes([answer[-9] ^ 1]) + answer[-8:]
    ),
    "a refusal": lambda a: setattr(a, "spoil", lambda answer: b"\x30\x05\x30\x03\x02\x01\x02"),
    "no ASN.1": lambda a: setattr(a, "spoil", lambda answer: b"<html>"),
    "nothing": lambda a: setattr(a, "spoil", lambda answer: b""),
    "too much": lambda a: setattr(a, "spoil", lambda answer: b"x" * 100_000),
    "an error": lambda a: setattr(a, "status", 503),
    "an earlier answer": lambda a: setattr(
        a, "spoil", lambda answer: a._granted(hashlib.sha256(b"another note").digest(), 5)
    ),
}


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_not_kept_and_stops_nothing(
    world: World, authority: Authority, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    WRONG[name](authority)
    result = seal_now(world)
    assert (result.number, result.stamped) == (1, False)
    assert stamps() == [] and "未取得時戳" in caplog.text
    assert verify_ledger(operator(NOW)).ok


@pytest.mark.attack("ledger")
def test_another_authority_is_not_believed(
    world: World, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TSA_ROOTS", str(Authority().roots_file(tmp_path)))
        assert not seal_now(world).stamped
    assert seal_now(world).stamped


def test_a_dead_authority_stops_nothing_and_is_asked_again(
    world: World,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TSA_URL", "http://127.0.0.1:9/none")
        assert seal_now(world).number == 1
        assert "未取得時戳" in caplog.text
    # The seal has nothing new but its own event; the stamp covers the checkpoint before as well.
    assert seal(operator(NOW + timedelta(days=1))).stamped
    assert [stamp.checkpoint_number for stamp in stamps()] == [2]


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://127.0.0.1/x", "http://[", "\0"])
def test_a_wrong_address_stops_nothing(
    world: World, authority: Authority, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "\0" not in address:
        monkeypatch.setenv("TSA_URL", address)
    else:
        monkeypatch.setenv("TSA_ROOTS", "/nowhere/roots.pem")
    result = seal_now(world)
    assert (result.number, result.stamped) == (1, False)


@pytest.mark.attack("ledger")
def test_a_touched_stamp_is_named(world: World, authority: Authority) -> None:
    seal_now(world)
    seal_now(world)
    run("UPDATE ledger_timestamps SET stamped_at = :then", then=NOW.replace(tzinfo=None))
    assert "時戳與所記的時間不同" in str(verify_ledger(operator(NOW)).first_fault)
    first, second = (stamp.answer for stamp in stamps())
    run("UPDATE ledger_timestamps SET answer = :answer WHERE checkpoint_number = 1", answer=second)
    assert "第 1 號檢查點的時戳驗證不過" in str(verify_ledger(operator(NOW)).first_fault)
    assert first != second


@pytest.mark.attack("ledger")
@pytest.mark.parametrize("gone", ["", " WHERE checkpoint_number = 1"])
def test_a_stamp_that_was_removed_is_named(world: World, authority: Authority, gone: str) -> None:
    """Whoever means to seal everything anew takes the stamps away first: they cannot be had again."""
    for _ in range(2):
        seal_now(world)
    assert verify_ledger(operator(NOW)).ok
    run("DELETE FROM ledger_timestamps" + gone)
    found = verify_ledger(operator(NOW))
    assert found.first_fault == "系統紀錄有第 1 號檢查點的時戳，資料庫卻沒有；時戳已遭刪除。"
    assert found.stamped == (0 if not gone else 1)


@pytest.mark.attack("ledger")
def test_a_stamp_that_another_one_took_the_place_of_is_named(
    world: World, authority: Authority
) -> None:
    """The authority itself may stamp the same checkpoint once more, later; the first time was recorded."""
    seal_now(world)
    with reading() as db:
        note = checkpoints.stored(db)[0].note.encode()
    later = STAMPED_AT + timedelta(days=30)
    answer = authority._granted(hashlib.sha256(note).digest(), 7, later)
    run(
        "UPDATE ledger_timestamps SET answer = :answer, stamped_at = :later",
        answer=answer,
        later=later.replace(tzinfo=None),
    )
    assert "第 1 號檢查點的時戳與系統紀錄所載的時間不同" in str(
        verify_ledger(operator(NOW)).first_fault
    )


def test_verifying_stamps_needs_the_roots(
    world: World, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_now(world)
    monkeypatch.delenv("TSA_ROOTS")
    assert "TSA_ROOTS" in str(verify_ledger(operator(NOW)).first_fault)
