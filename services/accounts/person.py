"""Who an account is for: names, numbers and addresses as they are typed, checked."""

import re
from dataclasses import dataclass, replace

from services.errors import Invalid
from services.regulation.purpose import tidy

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(r"[0-9()+#~ ,-]{6,40}")


@dataclass(frozen=True)
class Person:
    """Whom an account is for, as its holder or a list of people gives it."""

    name: str
    staff_no: str
    username: str
    email: str = ""
    phone: str = ""
    title: str = ""


def checked_login(username: str) -> str:
    """Return an account name as it counts, or raise Invalid."""
    login = tidy(username).lower()
    if not _LOGIN.fullmatch(login):
        raise Invalid("帳號請用 3 至 40 個英文小寫字母、數字、點、底線或連字號，以字母開頭。")
    return login


def checked_name(name: str, staff_no: str) -> tuple[str, str]:
    """Return a person's name and staff number as they count, or raise Invalid."""
    if not 1 <= len(tidy(name)) <= 60 or not 1 <= len(tidy(staff_no)) <= 20:
        raise Invalid("姓名請填 1 至 60 個字，員工編號 1 至 20 個字。")
    return tidy(name), tidy(staff_no)


def checked_person(typed: Person) -> Person:
    """Return the person as it is stored; raise Invalid naming the first thing that is wrong."""
    name, staff_no = checked_name(typed.name, typed.staff_no)
    login = checked_login(typed.username)
    email, phone, title = tidy(typed.email), tidy(typed.phone), tidy(typed.title)
    if not _EMAIL.fullmatch(email) or len(email) > 120:
        raise Invalid("電子郵件的寫法不正確；請輸入如 chen@gov.taipei 的公務信箱，最多 120 個字。")
    if not _PHONE.fullmatch(phone):
        raise Invalid("聯絡電話請填 6 至 40 個數字與符號，例如 02-27208889 分機 1234 寫作 #1234。")
    if len(title) > 40:
        raise Invalid("職稱最多 40 個字。")
    return replace(
        typed,
        name=name,
        staff_no=staff_no,
        username=login,
        email=email.lower(),
        phone=phone,
        title=title,
    )
