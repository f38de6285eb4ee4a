"""How a clause is cited on paper: ``6.3.1`` is 第六點（三）1."""

_NUMERALS = "〇一二三四五六七八九"


def numeral(number: int) -> str:
    """Return a whole number from 1 to 99 as documents count: 一, 十, 十一, 二十, 二十一."""
    if not 1 <= number <= 99:
        raise ValueError(f"{number} 不在 1 至 99 之間。")
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens]}十"
    return head + (_NUMERALS[ones] if ones else "")


def clause_words(clause: str) -> str:
    """Return a clause id (point, paragraph, item) in words: ``5.1.2`` is 第五點（一）2."""
    point, *rest = clause.split(".")
    words = f"第{numeral(int(point))}點"
    if rest:
        words += f"（{numeral(int(rest[0]))}）"
    return words + "".join(rest[1:])
