"""保密切結書（附件一）: the pledge of whoever gets an account, in words of our own (clauses 2, 6.3)."""

from services.documents.application_form import FOOTER, SYSTEM, FormData, follow_code
from services.documents.paper import Align, Box, Facts, Field, Line, Paper, Points, Signatures
from services.errors import Invalid
from services.regulation.clauses import clause_words
from services.rocdate import roc_date

CLAUSES = (
    ("2", "查得之地籍資料只用於承辦公務，並予保密；如有不當之蒐集、處理或利用，願負法律責任。"),
    ("6.3.1", "帳號及密碼僅由本人使用，不借予任何人（職務代理人亦同），也不替別人查詢。"),
    ("6.3.2", "每次查詢均據實填寫案件號、公文號或查詢原因，並接受稽查。"),
    (
        "6.3.3",
        "列印或下載之資料，歸入案卷、妥為保管或銷毀，不以任何方式複製給他人；用畢立即登出系統。",
    ),
    (
        "6.3.4",
        "離職或調整職務前，先行申請註銷或異動權限；逾期未辦而致逾越查詢範圍、個資外洩或他人受損者，自負其責。",
    ),
    (
        "6.3.5",
        "違反規定致機關或民眾權益受損者，願受機關議處，並配合政風單位查察及補救；涉及不法者，依法負責。",
    ),
)
"""The clause and what it asks, one line each."""


def pledge(data: FormData) -> Paper:
    """Return the pledge of the applicant; raises Invalid for an application that needs none."""
    if not data.workflow.needs_pledge:
        raise Invalid(f"{data.role.label}的{data.kind.label}不需要保密切結書。")
    return Paper(
        title="保密切結書",
        above=SYSTEM,
        number=data.number,
        corner=("附件一", f"申請編號：{data.number}", f"申請日期：{roc_date(data.submitted_on)}"),
        qr_code=follow_code(data),
        footer=FOOTER,
        parts=(
            Line(
                f"立切結書人 {data.name} 因業務需要，申請「{SYSTEM}」{data.role.label}帳號，"
                "已詳閱臺北市政府各機關使用地籍資料管理作業規範，並切結遵守下列事項："
            ),
            Points(tuple(f"{duty}（{clause_words(clause)}）" for clause, duty in CLAUSES)),
            Line("此致"),
            Line(data.agency, large=True, strong=True),
            Facts(
                (
                    Field("機關名稱", data.agency),
                    Field("單位名稱", data.unit),
                    Field("立切結書人", data.name),
                    Field("職稱", data.title),
                    Field("員工編號", data.staff_no),
                    Field("聯絡電話", data.phone),
                )
            ),
            Signatures("簽章欄", (Box("立切結書人", "簽名或蓋章"),)),
            Line("中華民國　　　　　　年　　　　　　月　　　　　　日", Align.CENTER, large=True),
        ),
    )
