"""Sign-in by the city's identity provider: from what it says of a person to an account here.

Streamlit has verified the token before we see its claims: signature, issuer, nonce and times (see
docs/operating.md). Here it is decided whose account that is. The first time, a claim has to name one
active account; from then on the provider's own identifier of the person (issuer and subject) counts
alone, so that a user name given to somebody else later inherits nothing. No account is made here.

Streamlit keeps the claims in a cookie of thirty days. A token therefore lets in once, and only within
minutes of its making: the cookie alone lets nobody in.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.engine import transaction
from data.models import Account, ExternalIdentity, OneTimeLink
from services import events
from services.actor import Actor
from services.errors import Refused
from services.events import EventType
from services.identity.entering import Entering, Method
from services.identity.people import as_actor, load_account
from services.identity.provider import Provider
from services.regulation.roles import AccountStatus

FRESH = timedelta(minutes=5)
"""How old a token may be when it lets somebody in."""
SKEW = timedelta(minutes=2)
"""How far the provider's clock may be ahead of ours."""
PURPOSE = "oidc"
_LONGEST = {"iss": 200, "sub": 255, "nonce": 500}

MISMATCH = "市府登入服務的回應與本系統的設定不符，無法登入；請洽系統管理者。"
UNKNOWN = "您的市府帳號在本系統沒有對應的帳號，無法登入；請先依規定申請帳號，或洽您的管理者。"
NOT_ACTIVE = "您在本系統的帳號目前不是使用中，不能登入；請洽您的管理者。"
AMBIGUOUS = "您的市府帳號同時對應到多個帳號，無法判斷是哪一個；請洽系統管理者。"
UNVERIFIED = "市府登入服務沒有確認您的帳號識別資料，無法登入；請洽市府登入服務的管理者。"
BOUND_ELSE = (
    "這個帳號已綁定另一個市府身分，不能以您目前的市府帳號登入；"
    "若是市府帳號重新建立，請洽系統管理者解除綁定。"
)


@dataclass(frozen=True)
class Token:
    """What the provider said, as far as it counts here."""

    issuer: str
    subject: str
    mark: str
    """A hash of issuer and nonce: which of all sign-ins at the provider this was."""
    issued_at: datetime
    claim: str
    """The value of the claim that names an account; empty when it is missing or not confirmed."""
    confirmed: bool


def mark_of(claims: Mapping[str, Any]) -> str:
    """Return which sign-in at the provider these claims come from."""
    text = f"{claims.get('iss')}\n{claims.get('nonce')}"
    return hashlib.sha256(text.encode()).hexdigest()


def is_fresh(claims: Mapping[str, Any], now: datetime) -> bool:
    """Whether the claims were made within the last minutes; older ones are only a left-over cookie."""
    made = claims.get("iat")
    if not isinstance(made, int | float) or isinstance(made, bool):
        return False
    return (now - FRESH).timestamp() <= made <= (now + SKEW).timestamp()


def recognise(
    provider: Provider, claims: Mapping[str, Any], address: str, now: datetime
) -> Entering | None:
    """Return the way in of the account that belongs to the person of ``claims``.

    None when the claims are old or have let somebody in before: whoever wants in signs in anew.
    Raises Refused, recorded as a failed sign-in, when they lead to no account that may be used.
    """
    if not is_fresh(claims, now):
        return None
    try:
        return _enter(_read(provider, claims), address, now)
    except Refused as refusal:
        _record_failure(claims, address, now, str(refusal))
        raise


def _read(provider: Provider, claims: Mapping[str, Any]) -> Token:
    """Take what counts out of the claims; Streamlit checked them, except for whom they are."""
    texts = {name: claims.get(name) for name in _LONGEST}
    for name, most in _LONGEST.items():
        value = texts[name]
        if not isinstance(value, str) or not 0 < len(value) <= most or "\x00" in value:
            raise Refused(MISMATCH)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if provider.client_id not in audiences or provider.issuer not in ("", texts["iss"]):
        raise Refused(MISMATCH)
    named = claims.get(provider.claim)
    confirmed = claims.get(f"{provider.claim}_verified", provider.claim != "email") is True
    return Token(
        issuer=str(texts["iss"]),
        subject=str(texts["sub"]),
        mark=mark_of(claims),
        issued_at=_moment(claims["iat"]),
        claim=named if isinstance(named, str) and "\x00" not in named else "",
        confirmed=confirmed,
    )


def _enter(token: Token, address: str, now: datetime) -> Entering | None:
    try:
        with transaction() as db:
            bound = db.get(ExternalIdentity, (token.issuer, token.subject))
            found = bound.account_id if bound else _named_account(db, token).id
            account = load_account(db, found)
            assert account is not None  # a foreign key holds it
            # A suspended person comes in as far as the application for reinstatement (`entering`).
            if account.status == AccountStatus.CANCELLED:
                raise Refused(NOT_ACTIVE)
            if not _spend(db, token, account.id, now):
                return None
            actor = as_actor(account, now, address=address)
            if bound is None:
                _bind(db, actor, token, account)
            elif token.claim not in (account.username, account.staff_no):
                events.write(
                    db,
                    actor,
                    EventType.IDENTITY_CLAIM_CHANGED,
                    about=("account", account.id),
                    claim=token.claim[:100],
                )
    except IntegrityError:
        return None  # the same token, or the same person for the first time, twice at once
    return Entering(account.id, Method.OIDC, now)


def _named_account(db: Session, token: Token) -> Account:
    """Return the one account whose user name or staff number the claim is, letter for letter."""
    if not token.claim:
        raise Refused(UNKNOWN)
    if not token.confirmed:
        raise Refused(UNVERIFIED)
    named = or_(Account.username == token.claim, Account.staff_no == token.claim)
    found = db.scalars(select(Account).where(named).with_for_update()).all()
    # An account that a person had before is not meant where the person has one in use.
    in_use = {one.staff_no for one in found if one.status != AccountStatus.CANCELLED}
    found = [
        one for one in found if one.status != AccountStatus.CANCELLED or one.staff_no not in in_use
    ]
    if not found:
        raise Refused(UNKNOWN)
    if len(found) > 1:
        raise Refused(AMBIGUOUS)
    return found[0]


def _bind(db: Session, actor: Actor, token: Token, account: Account) -> None:
    other = select(ExternalIdentity.subject).where(ExternalIdentity.account_id == account.id)
    if db.scalar(other) is not None:
        raise Refused(BOUND_ELSE)
    db.add(
        ExternalIdentity(
            issuer=token.issuer,
            subject=token.subject,
            account_id=account.id,
            bound_at=actor.now,
        )
    )
    events.write(
        db,
        actor,
        EventType.IDENTITY_BOUND,
        about=("account", account.id),
        issuer=token.issuer,
        subject=token.subject,
        claim=token.claim,
    )


def _spend(db: Session, token: Token, account_id: int, now: datetime) -> bool:
    """Mark the token as used; False when it was. Marks of tokens too old to count are dropped."""
    if db.get(OneTimeLink, token.mark) is not None:
        return False
    old = (OneTimeLink.purpose == PURPOSE, OneTimeLink.expires_at < now - FRESH)
    db.execute(delete(OneTimeLink).where(*old))
    db.add(
        OneTimeLink(
            token_hash=token.mark,
            purpose=PURPOSE,
            account_id=account_id,
            issued_at=token.issued_at,
            expires_at=token.issued_at + FRESH,
            used_at=now,
        )
    )
    db.flush()
    return True


def _record_failure(claims: Mapping[str, Any], address: str, now: datetime, sentence: str) -> None:
    nobody = Actor(
        now=now, account_id=None, username="", name="（未登入）", role=None, address=address
    )
    with transaction() as db:
        events.write(
            db,
            nobody,
            EventType.SIGN_IN_FAILED,
            about=("identity", str(claims.get("sub"))),
            outcome="refused",
            issuer=str(claims.get("iss"))[:200],
            sentence=sentence,
        )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
