"""Replacing the key of stored secrets."""

import tracemalloc

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from data import files
from data.engine import reading, transaction
from data.models import Event, KeptDocument, OutgoingMail, SecondFactor
from services.actor import operator
from services.errors import Conflict, Invalid, Refused
from services.identity.factor_setup import begin_own_enrolment
from services.identity.second_factor import unseal
from services.installation import keys
from services.operation.rotation import rotate_secrets
from services.papers.viewing import open_paper
from tests.kept_files import lose, overwrite
from tests.services.papers.helpers import kept, pdf
from tests.services.papers.helpers import stored as stored_content
from tests.world import NOW, World

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def old_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_KEYS", OLD)


@pytest.fixture
def secrets(world: World) -> dict[int, str]:
    """Two second factors and two messages under the old key; one message is sent and emptied."""
    held = {}
    for who in ("clerk", "clerk2"):
        held[world.accounts[who]] = begin_own_enrolment(world.actor(who)).secret
    with transaction() as db:
        for body in (keys.data_cipher().encrypt("密".encode()).decode(), ""):
            db.add(
                OutgoingMail(
                    recipient="a@example.gov.taipei",
                    subject="s",
                    body=body,
                    created_at=NOW,
                    next_try_at=NOW,
                )
            )
    return held


def stored() -> tuple[dict[int, str], list[str]]:
    with reading() as db:
        factors = {row.account_id: row.secret for row in db.scalars(select(SecondFactor))}
        return factors, list(db.scalars(select(OutgoingMail.body).order_by(OutgoingMail.id)))


def rotations() -> list[dict[str, int]]:
    with reading() as db:
        wanted = select(Event).where(Event.type == "secrets_rotated")
        return [event.detail for event in db.scalars(wanted)]


def test_everything_is_encrypted_anew_with_the_first_key(
    secrets: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = stored()
    monkeypatch.setenv("DATA_KEYS", f"{NEW},{OLD}")
    assert rotate_secrets(operator(NOW)) == {"second_factors": 2, "mail": 1, "documents": 0}
    assert rotations() == [{"second_factors": 2, "mail": 1, "documents": 0}]

    monkeypatch.setenv("DATA_KEYS", NEW)
    factors, mail = stored()
    assert {account: unseal(text) for account, text in factors.items()} == secrets
    assert keys.data_cipher().decrypt(mail[0].encode()).decode() == "密"
    assert mail[1] == ""
    assert all(factors[account] != before[account] for account in before)

    monkeypatch.setenv("DATA_KEYS", OLD)
    with pytest.raises(Conflict, match="DATA_KEYS"):
        unseal(factors[min(factors)])


def test_without_the_old_key_nothing_changes(
    secrets: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored()
    for given, error in ((NEW, Conflict), ("no key", Invalid), (",", Invalid)):
        monkeypatch.setenv("DATA_KEYS", given)
        with pytest.raises(error, match="DATA_KEYS"):
            rotate_secrets(operator(NOW))
    assert stored() == before
    assert rotations() == []


def test_one_secret_under_a_lost_key_stops_all(
    secrets: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as db:
        last = db.get_one(SecondFactor, max(secrets))
        last.secret = Fernet(NEW).encrypt(b"another").decode()
    before = stored()
    third = Fernet.generate_key().decode()
    monkeypatch.setenv("DATA_KEYS", f"{third},{OLD}")
    with pytest.raises(Conflict, match=f"帳號編號 {max(secrets)} "):
        rotate_secrets(operator(NOW))
    assert stored() == before


def test_who_may_rotate(world: World) -> None:
    for who in ("clerk", "agency_manager", "auditor"):
        with pytest.raises(Refused):
            rotate_secrets(world.actor(who))
    assert rotate_secrets(world.actor("system_manager")) == {
        "second_factors": 0,
        "mail": 0,
        "documents": 0,
    }


def test_kept_documents_are_encrypted_anew_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [kept(world, "clerk", mark=str(number)) for number in range(3)]
    before = {paper: stored_content(paper) for paper in papers}
    destroyed = papers.pop()
    lose(KeptDocument, destroyed)
    monkeypatch.setenv("DATA_KEYS", f"{NEW},{OLD}")
    assert rotate_secrets(operator(NOW))["documents"] == 2
    monkeypatch.setenv("DATA_KEYS", NEW)
    for number, paper in enumerate(papers):
        assert stored_content(paper) != before[paper]
        assert open_paper(world.actor("unit_manager"), paper).content == pdf(str(number))
    assert stored_content(destroyed) is None


def test_one_document_under_a_lost_key_stops_all(
    world: World, secrets: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [kept(world, "clerk", mark=str(number)) for number in range(3)]
    lost = Fernet(Fernet.generate_key()).encrypt(b"lost")
    overwrite(KeptDocument, papers[1], lost)
    before = (stored(), [stored_content(paper) for paper in papers])
    monkeypatch.setenv("DATA_KEYS", f"{NEW},{OLD}")
    with pytest.raises(Conflict, match=f"編號 {papers[1]} 的文件"):
        rotate_secrets(operator(NOW))
    assert (stored(), [stored_content(paper) for paper in papers]) == before


def test_a_disk_that_fails_halfway_leaves_all_that_a_key_opens(
    world: World, secrets: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [kept(world, "clerk", mark=str(number)) for number in range(3)]
    before, true = stored(), files.write
    written: list[str] = []

    def full(sha256: str, content: bytes) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(sha256)
        true(sha256, content)

    monkeypatch.setenv("DATA_KEYS", f"{NEW},{OLD}")
    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        with pytest.raises(Conflict, match=r"No space.*部分檔案已改用新金鑰.*保留"):
            rotate_secrets(operator(NOW))
    assert (stored(), rotations(), len(written)) == (before, [], 1)
    for number, paper in enumerate(papers):
        assert open_paper(world.actor("unit_manager"), paper).content == pdf(str(number))
    assert rotate_secrets(operator(NOW))["documents"] == 3


def test_no_two_documents_are_in_memory_at_once(world: World) -> None:
    """A document may be 20 MB, and there may be thousands."""
    size = 4 * 1024 * 1024

    def peak() -> int:
        tracemalloc.start()
        rotate_secrets(operator(NOW))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    kept(world, "clerk", content=pdf("0").ljust(size, b" "))
    one = peak()
    for number in range(1, 5):
        kept(world, "clerk", content=pdf(str(number)).ljust(size, b" "))
    assert peak() < one + size
