"""Step 3: what the import would do, every row that cannot be stored, and the first that can."""

from collections.abc import Callable

import streamlit as st

from pages.importing.mapping import headings
from pages.importing.notices import show_late, show_sheets, show_unmapped
from pages.importing.task import Task
from pages.shared.export import export_button
from pages.shared.paging import Pager
from pages.shared.tables import with_times
from pages.shared.text import plain
from services.actor import Actor
from services.regulation.items import Item, UsageAction
from services.regulation.purpose import FLAG_LABELS
from services.usage.importing.cells import GoodRow, RejectedRow
from services.usage.importing.preview import Preview
from services.usage.importing.scan import letter
from services.usage.importing.service import ImportResult

_PAGE_ROWS = 100


def show_counts(counted: Preview | ImportResult, stored_label: str) -> None:
    """Show the four counts side by side."""
    with st.container(horizontal=True):
        st.metric("讀取", f"{counted.read:,} 列", border=True)
        st.metric(stored_label, f"{counted.stored:,} 列", border=True)
        st.metric(
            "重複",
            f"{counted.duplicates:,} 列",
            border=True,
            help="檔案裡重複的列，以及先前已經匯入的列；不會再存一次。",
        )
        st.metric("不能匯入", f"{counted.rejected:,} 列", border=True)


def show_flags(preview: Preview) -> None:
    """Say how many of the rows to be stored carry which flag."""
    if preview.flags:
        counts = "、".join(
            f"{FLAG_LABELS[flag]} {count:,} 列" for flag, count in sorted(preview.flags.items())
        )
        st.info(
            f"將存入的列中有註記者：{counts}。查詢確實發生過，所以仍會存入並加註，供稽核查明。",
            icon=":material/flag:",
        )


def show_rejected(actor: Actor, task: Task, preview: Preview, key: object) -> None:
    """Show every rejected row with its reason and its cells, a page at a time, and its export."""
    if not preview.rejected:
        return
    names = _names(task, preview)
    several = len(preview.headings) > 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**不能匯入的列**　{preview.rejected:,} 列")
        export_button(
            actor,
            "匯出不能匯入的列",
            "import-rejected",
            [*_places(several), "原因", *_columns(names)],
            _export_rows(preview, names),
        )
    pager = Pager("import.rejected", key, _PAGE_ROWS)
    start = pager.cursor or 0
    page = preview.rejected_rows.page(start, _PAGE_ROWS)
    st.dataframe(
        [
            dict(zip(_places(several), _place(row, several), strict=True))
            | {"原因": row.reason}
            | dict(zip(names[row.sheet], row.cells, strict=False))
            for row in page
        ],
        hide_index=True,
        column_config={"原因": st.column_config.TextColumn(width="large")},
    )
    following = start + _PAGE_ROWS
    pager.controls(following if following < preview.rejected else None, preview.rejected)


def _names(task: Task, preview: Preview) -> dict[str, list[str]]:
    """Return a name for every column of every sheet; where sheets differ, the heading without its letter."""
    if len(set(preview.headings.values())) == 1:
        return dict.fromkeys(preview.headings, headings(task))
    return {
        sheet: [cell or letter(index) for index, cell in enumerate(cells)]
        for sheet, cells in preview.headings.items()
    }


def _columns(names: dict[str, list[str]]) -> list[str]:
    return list(dict.fromkeys(name for of_sheet in names.values() for name in of_sheet))


def _places(several: bool) -> list[str]:
    return ["工作表", "檔案列號"] if several else ["檔案列號"]


def _place(row: RejectedRow | GoodRow, several: bool) -> list[object]:
    return [row.sheet, row.number] if several else [row.number]


def _export_rows(
    preview: Preview, names: dict[str, list[str]]
) -> Callable[[], list[tuple[object, ...]]]:
    columns = _columns(names)
    several = len(preview.headings) > 1

    def rows() -> list[tuple[object, ...]]:
        made = []
        for row in preview.rejected_rows:
            cells = dict(zip(names[row.sheet], row.cells, strict=False))
            said = (cells.get(name, "") for name in columns)
            made.append((*_place(row, several), row.reason, *said))
        return made

    return rows


def show_good(preview: Preview) -> None:
    """Show the first rows that would be stored, as they were understood."""
    if not preview.good_rows:
        return
    several = len(preview.headings) > 1
    with st.expander(f"將存入的前 {len(preview.good_rows)} 列", icon=":material/fact_check:"):
        st.dataframe(
            with_times(
                [
                    dict(zip(_places(several), _place(row, several), strict=True))
                    | {
                        "時間": row.occurred_at,
                        "使用者": f"{row.person_name}（{row.user_code}）",
                        "單位": preview.unit_names[row.unit_id],
                        "項目": Item(row.item).label,
                        "作業": UsageAction(row.action).label,
                        "標的": row.target,
                        "案件號": row.case_no,
                        "公文號": row.document_no,
                        "原因": row.reason,
                        "註記": "、".join(FLAG_LABELS[flag] for flag in row.flags.split()),
                    }
                    for row in preview.good_rows
                ]
            ),
            hide_index=True,
        )


def show_result(result: ImportResult, file_name: str) -> None:
    """Say what was stored, with the way to see it."""
    sentence = (
        f"已匯入「{plain(file_name)}」，存入 {result.stored:,} 列。"
        if result.stored
        else f"「{plain(file_name)}」的紀錄先前都已匯入，這次沒有存入新的列。"
    )
    st.success(sentence, icon=":material/check_circle:")
    show_counts(result, "已存入")
    show_sheets(result.sheets)
    show_unmapped(result.unmapped, stored=True)
    show_late(result.late)
    st.page_link(
        "pages/usage/page.py",
        label="到使用統計查看",
        icon=":material/monitoring:",
        query_params={"source": result.source_code},
    )
