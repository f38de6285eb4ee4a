"""How a finding goes from 請說明 to 結案: a picture and a table, both drawn from the table of the rule."""

import streamlit as st

from services.regulation.finding_diagram import dot, steps_in_words


def show_flow() -> None:
    """Show the picture and the table."""
    st.markdown(
        "地政局複核發現疑義時，請機關提供佐證資料說明；確有缺失者，函請限期改善，"
        "並提報機關首長議懲處、通報政風單位（第七點（二）2.）。"
        "誤辦的步驟由辦理的一方收回，兩個步驟都留存。"
    )
    st.graphviz_chart(dot(), width="content", alt="缺失辦理流程圖，內容同下表")
    st.caption("藍色：輪到地政局；黃色：輪到機關；綠色：辦結。")
    st.dataframe(steps_in_words(), hide_index=True, height="content", alt="缺失辦理步驟")
