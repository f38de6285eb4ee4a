"""Ticket numbers of R. L. Rivest's consistent sampling, and a fast exact way to order by them.

A ticket is the SHA-256 of (hex SHA-256 of the seed string) followed by the id in decimal, written
as a decimal number backwards after ``0.``. Tickets are compared as text, so the order is decided by
the last decimal digits of the hash. Writing all 77 digits of a million hashes is what makes the
published package slow; here the last twelve digits of all of them are computed at once, and the
whole text only for the few records that are drawn or that agree in all twelve.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int64]

KEY_DIGITS = 12
_MINIMUM_DIGITS = 64
# Small enough that a chunk's hashes and their numbers stay in the processor's cache.
_CHUNK = 1 << 12
_MODULUS = 10**KEY_DIGITS
# The value of each of a hash's 32 bytes modulo 10^12. Products and sums stay below 2^53, so the
# floating-point dot product below is exact whatever the order of its additions.
_WEIGHTS = np.array([pow(256, 31 - k, _MODULUS) for k in range(32)], dtype=np.float64)
_REVERSED = np.array([int(f"{n:03d}"[::-1]) for n in range(1000)], dtype=np.int64)


def seed_text(seed: str, frame_hash: str) -> str:
    """Return the seed string of domain.md §4: the seed bound to the frame it was drawn for."""
    return f"{seed}:{frame_hash}"


def seed_prefix(seed: str) -> bytes:
    """Return what is hashed before every id: the hexadecimal SHA-256 of the seed string."""
    return hashlib.sha256(seed.encode()).hexdigest().encode()


def ticket(prefix: bytes, record_id: int) -> str:
    """Return the whole ticket number of one record."""
    digest = hashlib.sha256(prefix + str(record_id).encode()).digest()
    return "0." + str(int.from_bytes(digest)).zfill(_MINIMUM_DIGITS)[::-1]


def ticket_keys(prefix: bytes, ids: Ids) -> Keys:
    """Return the first twelve decimals of every record's ticket as an integer, in the order of ids."""
    parts = [_keys_of_digests(digests) for digests in _digests(prefix, ids)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _digests(prefix: bytes, ids: Ids) -> Iterator[bytes]:
    sha256 = hashlib.sha256
    hashed = prefix + b"%d"
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK].tolist()
        yield b"".join([sha256(hashed % record).digest() for record in chunk])


def _keys_of_digests(digests: bytes) -> Keys:
    limbs = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32).astype(np.float64)
    last = (limbs @ _WEIGHTS).astype(np.int64) % _MODULUS
    key: Keys = np.zeros_like(last)
    for _ in range(KEY_DIGITS // 3):
        last, group = np.divmod(last, 1000)
        key = key * 1000 + _REVERSED[group]
    return key


class TicketOrder:
    """The order in which the tickets of one seed string put the records of a frame."""

    def __init__(self, seed: str, ids: Ids) -> None:
        self._prefix = seed_prefix(seed)
        self._ids = ids
        self._keys = ticket_keys(self._prefix, ids)

    def ticket(self, index: int) -> str:
        """Return the whole ticket of the record at a position of the frame."""
        return ticket(self._prefix, int(self._ids[index]))

    def lowest(self, count: int, among: npt.NDArray[np.int64] | None = None) -> list[int]:
        """Return the positions of the ``count`` lowest tickets, lowest first.

        ``among`` limits the choice to those positions of the frame; default is all of it.
        """
        keys = self._keys if among is None else self._keys[among]
        count = min(count, len(keys))
        if count <= 0:
            return []
        cut = np.partition(keys, count - 1)[count - 1]
        found = np.flatnonzero(keys <= cut)
        positions = found if among is None else among[found]
        return self._sorted(positions)[:count]

    def lowest_of_each(
        self, groups: npt.NDArray[np.int64], among: npt.NDArray[np.int64]
    ) -> list[int]:
        """Return the position of the lowest ticket of every group met in ``among``, lowest first.

        ``groups`` holds the group of every position of the frame, counted from 0.
        """
        keys, group = self._keys[among], groups[among]
        lowest = np.full(int(group.max(initial=0)) + 1, _MODULUS)
        np.minimum.at(lowest, group, keys)
        # Records of one group whose keys agree are all kept here; the sorting tells them apart.
        first: dict[int, int] = {}
        for position in self._sorted(among[keys == lowest[group]]):
            first.setdefault(int(groups[position]), position)
        return list(first.values())

    def ranks(self, positions: list[int]) -> list[int]:
        """Return the rank (1 is the lowest ticket) of each position within the whole frame."""
        keys = self._keys[positions]
        ordered = np.sort(self._keys[self._keys <= keys.max()])
        below = np.searchsorted(ordered, keys, side="left")
        upto = np.searchsorted(ordered, keys, side="right")
        ranks: list[int] = (below + 1).tolist()
        for place in np.flatnonzero(upto - below > 1):
            position = positions[place]
            tied = np.flatnonzero(self._keys == self._keys[position])
            ranks[place] += self._sorted(tied).index(position)
        return ranks

    def _sorted(self, positions: npt.NDArray[np.int64]) -> list[int]:
        """Sort positions by key, and by the whole ticket where keys agree."""
        keys = self._keys[positions]
        order = np.argsort(keys, kind="stable")
        result: list[int] = positions[order].tolist()
        ordered = keys[order]
        start = 0
        for same in np.flatnonzero(ordered[1:] == ordered[:-1]).tolist():
            if same < start:
                continue
            end = int(np.searchsorted(ordered, ordered[same], side="right"))
            result[same:end] = sorted(result[same:end], key=self.ticket)
            start = end
        return result
