"""Files that are no table although their names say so: what they are, and how to save them."""

import re

from services.errors import Invalid
from services.usage.importing.workbook import ACCEPTED

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|meta|style|body|div|table|tr|td|th)\b")
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HOW = "請用 Excel 或 LibreOffice Calc 開啟，另存成 XLSX 或 CSV（UTF-8）再匯入"


def refuse_foreign(start: bytes) -> None:
    """Raise Invalid with a sentence when a file that begins so is known to be something else.

    Many systems give their web page or XML the name .xls, which spreadsheets then open with a warning.
    """
    if start.startswith(_OLD_OFFICE):
        raise Invalid(f"這是舊版 XLS 或加密的檔案，請解除密碼並另存成 XLSX；{ACCEPTED}")
    if start.startswith(b"%PDF-"):
        raise Invalid(f"這是 PDF，不是試算表；請向來源系統索取 CSV 或 XLSX。{ACCEPTED}")
    codec = next((codec for bom, codec in _BOMS if start.startswith(bom)), "utf-8")
    text = start.decode(codec, "ignore").lstrip("\ufeff \t\r\n").lower()
    if text.startswith("mime-version:"):
        raise Invalid(f"這個檔案裡面是網頁封存檔（MHTML），不是試算表；{_HOW}。")
    if not text.startswith("<"):
        return
    if "urn:schemas-microsoft-com:office:spreadsheet" in text or "excel.sheet" in text:
        raise Invalid(f"這個檔案裡面是 XML 試算表（Excel 2003 的格式），不是 XLS 或 XLSX；{_HOW}。")
    if "urn:oasis:names:tc:opendocument" in text:
        raise Invalid(f"這是單一 XML 檔的開放文件試算表（FODS）；請另存成 ODS 或 XLSX。{ACCEPTED}")
    if _HTML.search(text):
        raise Invalid(f"這個檔案裡面是網頁（HTML），只是檔名像試算表；{_HOW}。")
    if text.startswith("<?xml"):
        raise Invalid(f"這個檔案裡面是 XML，不是試算表；{_HOW}。")
