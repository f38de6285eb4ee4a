"""Invented people: names put together from tables of our own, and identity numbers nobody was given."""

from collections.abc import Iterator
from random import Random

_SURNAMES = (
    "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴徐周葉蘇莊呂江何蕭羅高簡朱鍾彭游詹胡施沈余趙盧顏柯"
)
_FIRST = "芷昀沛宥岑聿亭語穎采品睿翊承禹羽晏苡暐渝澐鈺芮紹昱珞"
_LAST = "甯棠樺澄蓁霖叡岳謙緹芸昕妤彤廷瑄綸筑蔚璿霏嵐澔芃"

_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_LETTER_Y = (3, 1)
"""The code of the letter Y, 陽明山管理局, which has given out no numbers since 1974."""


def invented_names(random: Random) -> Iterator[str]:
    """Yield different personal names in an order fixed by ``random``; some twenty-five thousand."""
    size = len(_SURNAMES) * len(_FIRST) * len(_LAST)
    for pick in random.sample(range(size), size):  # nosec B311  # invents the demo city; nothing rests on its secrecy
        rest, last = divmod(pick, len(_LAST))
        surname, first = divmod(rest, len(_FIRST))
        yield _SURNAMES[surname] + _FIRST[first] + _LAST[last]


def invented_identity(serial: int, woman: bool) -> str:
    """Return a number with a valid check digit from a range that was never given out (Y19…, Y29…)."""
    digits = (2 if woman else 1, 9, *(int(digit) for digit in f"{serial:06d}"))
    total = sum(w * d for w, d in zip(_WEIGHTS, (*_LETTER_Y, *digits), strict=False))
    return "Y" + "".join(map(str, digits)) + str(-total % 10)
