"""The recovery codes, shown for the only time."""

from datetime import datetime

import streamlit as st

from pages.shared.layout import APP_TITLE
from services.rocdate import local_date, roc_date


def show_codes(username: str, codes: tuple[str, ...], now: datetime) -> bool:
    """Show the codes until their owner says that they are kept; return True then."""
    st.success("設定完成。", icon=":material/verified_user:")
    st.markdown("**請保存復原碼**")
    st.warning(
        "手機不在身邊或遺失時，可用一組復原碼代替驗證碼，每組只能用一次。"
        "復原碼只顯示這一次，離開後無法再看到；請列印或抄下後收在安全的地方，不要與密碼放在一起。",
        icon=":material/key:",
    )
    half = (len(codes) + 1) // 2
    left, right = st.columns(2)
    left.code("\n".join(codes[:half]), language=None)
    right.code("\n".join(codes[half:]), language=None)
    st.download_button(
        "下載復原碼（文字檔）",
        _text(username, codes, now),
        file_name=f"recovery-codes-{username}.txt",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
    )
    saved = st.checkbox("我已保存復原碼", key="recovery_codes.saved")
    return st.button(
        "繼續",
        type="primary",
        icon=":material/arrow_forward:",
        disabled=not saved,
        key="recovery_codes.go_on",
    )


def _text(username: str, codes: tuple[str, ...], now: datetime) -> str:
    lines = [
        f"{APP_TITLE}　復原碼",
        f"帳號：{username}　產生日期：{roc_date(local_date(now))}",
        "每組只能用一次；產生新的一組後，這一份即失效。請勿交給他人。",
        "",
        *(f"{number:>2}. {code}" for number, code in enumerate(codes, 1)),
    ]
    return "\r\n".join(lines) + "\r\n"
