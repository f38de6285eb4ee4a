"""May this installation serve? In production nothing may be left at its default (附表十)."""

import base64
import itertools
import os
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from data import files, migrate
from data.engine import reading
from services.errors import Held
from services.identity.policy import policy_of
from services.installation import facts
from services.installation.protection import protection_problems, role_problems


class Mode(StrEnum):
    """What an installation is for (``CADASTRE_MODE``)."""

    PRODUCTION = "production"
    TRIAL = "trial"


HOW = "；請用 python manage.py make-keys 產生，並設在服務的環境變數。"
_FEWEST_DIFFERENT = 8
_PLACEHOLDERS = ("changeme", "change-me", "secret", "example", "password", "default", "…")


def startup_problems() -> list[str]:
    """Return why the application must not be served, as sentences; empty when it may be.

    Without ``CADASTRE_MODE`` it counts as production unless demo data is loaded: nothing fails open.
    """
    if not __debug__:
        return ["請勿以 python -O 執行；程式的內部檢查會被略過。"]
    named = os.environ.get("CADASTRE_MODE", "")
    if named not in ("", *Mode):
        return [f"CADASTRE_MODE 是「{named}」；只能是 production（正式）或 trial（試用）。"]
    try:
        behind = migrate.revision() != migrate.head()
        demo = None if behind else facts.demo_scale()
        unprotected = [] if behind else protection_problems()
        mighty = [] if behind else role_problems()
    except (SQLAlchemyError, Held, OSError):
        return ["無法連線到資料庫；請確認 DATABASE_URL 與資料庫服務。"]
    found = ["資料庫不是目前版本；請先執行 python manage.py init。"] if behind else []
    found += unprotected
    if Mode(named or (Mode.TRIAL if demo else Mode.PRODUCTION)) is Mode.TRIAL:
        return found
    if demo:
        found.append(
            "正式環境不得載入示範資料；請改用沒有示範資料的資料庫，或設 CADASTRE_MODE=trial。"
        )
    if not os.environ.get("ALLOWED_HOSTS", "").strip():
        found.append("正式環境必須設定 ALLOWED_HOSTS（本系統的網域名稱，多個以逗號分隔）。")
    return found + mighty + key_problems() + file_problems()


def startup_warnings() -> list[str]:
    """Return what an operator should know though it hinders nothing."""
    with reading() as db:
        policy = policy_of(db)
    if facts.demo_scale() is None and policy.second_factor == 0:
        return ["警告：雙因子驗證已關閉（second_factor = 0）；附表十要求高等級系統採多重認證。"]
    return []


def file_problems() -> list[str]:
    """Return why files cannot be kept where ``FILES_DIR`` says."""
    try:
        files.try_writing()
    except OSError as error:
        return [
            f"檔案資料夾 {files.folder()}（FILES_DIR）無法寫入（{error.strerror}）；"
            "請建立這個資料夾，並交給執行本系統的帳號。"
        ]
    return []


def key_problems() -> list[str]:
    """Return what is wrong with the keys in the environment."""
    found = _problem("COOKIE_KEY", os.environ.get("COOKIE_KEY", ""), _plain)
    data_keys = os.environ.get("DATA_KEYS", "")
    for key in data_keys.split(",") if data_keys else [""]:
        found += _problem("DATA_KEYS", key.strip(), _url_safe)
    private = os.environ.get("LEDGER_KEY", "")
    public = os.environ.get("LEDGER_PUBLIC_KEY", "")
    # The public half alone is fine: then the checkpoints are signed on another machine.
    if private or not public:
        found += _problem("LEDGER_KEY", private, _base64)
    if public:
        found += _problem("LEDGER_PUBLIC_KEY", public, _base64)
    names = ("COOKIE_KEY", "DATA_KEYS", "LEDGER_KEY")
    given = [os.environ[name] for name in names if os.environ.get(name)]
    if len(set(given)) < len(given):
        found.append(f"COOKIE_KEY、DATA_KEYS 與 LEDGER_KEY 必須各不相同{HOW}")
    return found


def _problem(name: str, given: str, read: Callable[[str], bytes]) -> list[str]:
    if not given:
        return [f"正式環境必須設定 {name}{HOW}"]
    try:
        key = read(given)
    except ValueError:
        return [f"{name} 的格式不正確{HOW}"]
    if len(key) < 32:
        return [f"{name} 太短，至少要 32 個位元組{HOW}"]
    if _is_guessable(key) or any(word in given.lower() for word in _PLACEHOLDERS):
        return [f"{name} 是範例值或太容易猜到{HOW}"]
    return []


def _plain(text: str) -> bytes:
    return text.encode()


def _url_safe(text: str) -> bytes:
    return base64.b64decode(text, altchars=b"-_", validate=True)


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _is_guessable(key: bytes) -> bool:
    """Whether the key is a few characters over and over, or counts up or down."""
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    halves = key[: len(key) // 2] == key[len(key) // 2 :]
    return len(set(key)) < _FEWEST_DIFFERENT or len(steps) < _FEWEST_DIFFERENT or halves
