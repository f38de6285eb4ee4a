"""The recovery codes, shown for the only time."""

from collections.abc import Callable

import streamlit as st

from pages.shared.downloads import followed_download


def show_codes(username: str, codes: tuple[str, ...], file: Callable[[], bytes]) -> bool:
    """Show the codes until their owner says that they are kept; return True then.

    ``file`` writes them as a file and records that, when it is asked for.
    """
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
    followed_download(
        "下載復原碼（文字檔）",
        file,
        "recovery_codes.file",
        file_name=f"recovery-codes-{username}.txt",
        mime="text/plain",
        icon=":material/download:",
    )
    saved = st.checkbox("我已保存復原碼", key="recovery_codes.saved")
    return st.button(
        "繼續",
        type="primary",
        icon=":material/arrow_forward:",
        disabled=not saved,
        key="recovery_codes.go_on",
    )
