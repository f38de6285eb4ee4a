"""Time stamps of checkpoints by an authority outside (RFC 3161), where one is configured.

``TSA_URL`` is the authority's address, ``TSA_ROOTS`` a PEM file with the certificates that its own
must go back to. A stamp on one checkpoint covers all before it, so only the newest is stamped.
"""

import os
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import select

from data.engine import reading, transaction
from data.models import LedgerCheckpoint, LedgerTimestamp
from services import events
from services.actor import operator
from services.events import EventType
from services.installation.alerts import alert

_PATIENCE = 10.0
_MOST_BYTES = 1 << 16


def stamp_newest(now: datetime) -> bool:
    """Have the newest checkpoint stamped unless it is; return whether it is.

    Whatever the authority does, nothing is raised: the operator is alerted, and the next seal asks
    again.
    """
    url = os.environ.get("TSA_URL")
    if not url:
        return False
    with reading() as db:
        newest = db.scalar(
            select(LedgerCheckpoint).order_by(LedgerCheckpoint.number.desc()).limit(1)
        )
        if newest is None:
            return False
        if db.get(LedgerTimestamp, newest.number) is not None:
            return True
    try:
        answer, stamped_at = _ask(url, newest.note.encode())
    except (httpx.HTTPError, httpx.InvalidURL, VerificationError, ValueError, OSError) as error:
        alert(
            f"第 {newest.number} 號檢查點未取得時戳，下次封存時再試。",
            cause=f"{type(error).__name__}: {str(error)[:200]}",
        )
        return False
    with transaction() as db:
        db.add(
            LedgerTimestamp(checkpoint_number=newest.number, stamped_at=stamped_at, answer=answer)
        )
        events.write(
            db,
            operator(now),
            EventType.LEDGER_SEALED,
            about=("ledger", newest.number),
            outcome="stamped",
            stamped_at=stamped_at.isoformat(),
        )
    return True


def _ask(url: str, content: bytes) -> tuple[bytes, datetime]:
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    with httpx.stream(
        "POST",
        url,
        content=request.as_bytes(),
        headers={"Content-Type": "application/timestamp-query"},
        timeout=_PATIENCE,
    ) as response:
        response.raise_for_status()
        answer = b""
        for chunk in response.iter_bytes():
            answer += chunk
            if len(answer) > _MOST_BYTES:
                raise ValueError("the answer is longer than any time stamp")
    return answer, verify(answer, content, request.nonce)


def verify(answer: bytes, content: bytes, nonce: int | None = None) -> datetime:
    """Return the time that a stamp gives ``content``.

    Raises VerificationError or ValueError when it is another's, altered, or of an authority that
    does not go back to ``TSA_ROOTS``.
    """
    roots = x509.load_pem_x509_certificates(Path(os.environ.get("TSA_ROOTS", "")).read_bytes())
    response = decode_timestamp_response(answer)
    VerifierBuilder(roots=roots, nonce=nonce).build().verify_message(response, content)
    stamped_at: datetime = response.tst_info.gen_time
    return stamped_at
