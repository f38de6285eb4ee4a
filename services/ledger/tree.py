"""RFC 6962 Merkle trees over hashes: roots, proofs of inclusion and of consistency. No database.

A tree is known here only through a function that gives the root of a range of its leaves, so that
the same code proves from a list in a test and from stored tiles.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

RangeRoot = Callable[[int, int], bytes]
"""Gives the root of the leaves from the first number up to, without, the second."""


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + content).digest()


def leaf_hashes(contents: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of many leaves; the loop that a verification spends its time in."""
    sha256 = hashlib.sha256
    return [sha256(b"\0" + content).digest() for content in contents]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes (or over the roots of equally large subtrees)."""
    sha256, row = hashlib.sha256, list(hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # The one without a partner goes up as it is: that is RFC 6962's split at a power of two.
        alone = row[len(row) & ~1 :]
        row = [
            sha256(b"\1" + left + right).digest()
            for left, right in zip(row[0::2], row[1::2], strict=False)
        ] + alone
    return row[0]


def split_point(size: int) -> int:
    """Return the largest power of two below ``size`` (at least 2): where a tree divides."""
    return 1 << (size - 1).bit_length() - 1


class CompactRange:
    """The roots of the complete subtrees that a growing tree consists of, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[tuple[int, bytes]] = []

    def add(self, root: bytes, leaves: int = 1) -> None:
        """Append a complete subtree of ``leaves``, a power of two that divides the present size."""
        if leaves < 1 or leaves & leaves - 1 or self.size % leaves:
            raise ValueError(f"a subtree of {leaves} leaves does not fit after {self.size}")
        self.size += leaves
        while self._roots and self._roots[-1][0] == leaves:
            root, leaves = node_hash(self._roots.pop()[1], root), leaves * 2
        self._roots.append((leaves, root))

    def root(self, rest: Sequence[bytes] = ()) -> bytes:
        """Return the root of the tree with the leaf hashes ``rest`` after it.

        ``rest`` must be fewer leaves than the smallest subtree held.
        """
        roots = [root for _, root in self._roots] + ([root_of(rest)] if rest else [])
        if not roots:
            return EMPTY_ROOT
        whole = roots.pop()
        while roots:
            whole = node_hash(roots.pop(), whole)
        return whole


def inclusion_proof(index: int, size: int, range_root: RangeRoot) -> list[bytes]:
    """Return the path from leaf ``index`` to the root of the first ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + split_point(high - low)
        if index < middle:
            path.append(range_root(middle, high))
            high = middle
        else:
            path.append(range_root(low, middle))
            low = middle
    return path[::-1]


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` proves that ``leaf`` is number ``index`` of the ``size`` leaves of ``root``."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *path):
        return False
    first, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(step, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, step)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(old: int, new: int, range_root: RangeRoot) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is the beginning of the one of ``new``."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {old} leaves cannot have grown to {new}")
    path, low, high, whole = [], 0, new, True
    while old < high:
        middle = low + split_point(high - low)
        if old <= middle:
            path.append(range_root(middle, high))
            high = middle
        else:
            path.append(range_root(low, middle))
            low, whole = middle, False
    if not whole:
        path.append(range_root(low, high))
    return path[::-1]


def is_consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether ``path`` proves that the old tree is the beginning of the new one."""
    if not 0 < old <= new or not _are_hashes(old_root, new_root, *path):
        return False
    if old == new:
        return not path and old_root == new_root
    steps = list(path) if old & old - 1 else [old_root, *path]
    if not steps:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            now = node_hash(now, step)
        first, last = first >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _are_hashes(*given: bytes) -> bool:
    # An empty or short hash would be concatenated like any other and shift the bytes after it.
    return all(len(hash_) == HASH_BYTES for hash_ in given)
