"""Who owns the invented register: some people own one thing, some several, the city its roads."""

from collections.abc import Iterator
from random import Random

from services.demo.names import invented_identity

Owner = tuple[str, str, str]
"""Name, identity number, address."""

_STREETS = (
    "中正區羅斯福路一段",
    "大安區信義路四段",
    "松山區八德路三段",
    "士林區中正路",
    "文山區木柵路一段",
    "中山區民權東路二段",
    "新北市板橋區文化路一段",
    "新北市中和區景平路",
)


class Owners:
    """Hands out owners in an order fixed by ``random``."""

    def __init__(self, random: Random, names: Iterator[str]) -> None:
        self.random = random
        self._names = names
        self._known: list[Owner] = []

    def person(self) -> Owner:
        """Return a new owner, or, one time in six, one who owns something already."""
        if self._known and self.random.random() < 1 / 6:
            return self.random.choice(self._known)
        serial = len(self._known) + 1
        street = self.random.choice(_STREETS)
        owner = (
            next(self._names),
            invented_identity(serial, woman=self.random.random() < 0.5),
            f"{'' if street.startswith('新北') else '臺北市'}{street}{self.random.randint(1, 300)}號",
        )
        self._known.append(owner)
        return owner

    def city(self) -> Owner:
        """Return the city, owner of roads and parks; it has no identity number."""
        return ("臺北市", "", "臺北市信義區市府路1號")
