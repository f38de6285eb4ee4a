"""RFC 6962 trees: known answers, all small sizes against the recursive definition, flipped bits."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.tree import (
    EMPTY_ROOT,
    CompactRange,
    RangeRoot,
    consistency_proof,
    includes,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_of,
)

# The eight leaves that the Certificate Transparency implementations share as their test tree.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m: int, hashes: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2, word for word."""
    if m == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, hashes[:k], whole), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], False), naive_root(hashes[:k])]


def ranges(hashes: Sequence[bytes]) -> RangeRoot:
    return lambda low, high: root_of(hashes[low:high])


def hashes_of(size: int) -> list[bytes]:
    return leaf_hashes(str(number).encode() for number in range(size))


def test_known_answers() -> None:
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
    hashes = leaf_hashes(LEAVES)
    assert [root_of(hashes[:size]).hex() for size in range(1, 9)] == ROOTS
    assert leaf_hash(b"").hex() == ROOTS[0] and root_of([]) == EMPTY_ROOT


def test_a_known_path() -> None:
    hashes = leaf_hashes(LEAVES)
    path = inclusion_proof(5, 8, ranges(hashes))
    assert [step.hex() for step in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_small_tree_is_that_of_the_definition() -> None:
    for size in range(66):
        hashes, grown = hashes_of(size), CompactRange()
        for hash_ in hashes:
            grown.add(hash_)
        assert root_of(hashes) == naive_root(hashes) == grown.root()
        assert grown.size == size


def test_a_compact_range_takes_subtrees_and_a_rest() -> None:
    hashes = hashes_of(1000)
    grown = CompactRange()
    for start in range(0, 768, 256):
        for size in range(start, start + 256):
            assert grown.root(hashes[start:size]) == root_of(hashes[:size])
        grown.add(root_of(hashes[start : start + 256]), 256)
    assert grown.root(hashes[768:]) == naive_root(hashes)
    for wrong in (0, 3, 512, -256):
        with pytest.raises(ValueError):
            grown.add(hashes[0], wrong)


def test_every_proof_of_every_small_tree() -> None:
    for size in range(1, 34):
        hashes = hashes_of(size)
        root = root_of(hashes)
        for index in range(size):
            path = inclusion_proof(index, size, ranges(hashes))
            assert path == naive_path(index, hashes)
            assert includes(hashes[index], index, size, path, root)
        for old in range(1, size + 1):
            path = consistency_proof(old, size, ranges(hashes))
            assert path == naive_subproof(old, hashes, True)
            assert is_consistent(old, size, root_of(hashes[:old]), root, path)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (9, 5)])
def test_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError):
        inclusion_proof(index, size, lambda low, high: EMPTY_ROOT)
    assert not includes(EMPTY_ROOT, index, size, [], EMPTY_ROOT)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_no_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError):
        consistency_proof(old, new, lambda low, high: EMPTY_ROOT)
    assert not is_consistent(old, new, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not is_consistent(old, new, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT])


def flipped(hash_: bytes, bit: int) -> bytes:
    changed = bytearray(hash_)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


sizes = st.integers(1, 70)
bits = st.integers(0, 255)


@pytest.mark.attack("ledger")
@given(data=st.data(), size=sizes, bit=bits)
def test_no_flipped_bit_passes_as_included(data: st.DataObject, size: int, bit: int) -> None:
    hashes = hashes_of(size)
    index = data.draw(st.integers(0, size - 1))
    root = root_of(hashes)
    path = inclusion_proof(index, size, ranges(hashes))
    assert includes(hashes[index], index, size, path, root)
    assert not includes(flipped(hashes[index], bit), index, size, path, root)
    assert not includes(hashes[index], index, size, path, flipped(root, bit))
    for place in range(len(path)):
        wrong = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
        assert not includes(hashes[index], index, size, wrong, root)
        assert not includes(hashes[index], index, size, path[:place] + path[place + 1 :], root)
        assert not includes(hashes[index], index, size, [*path[:place], b"", *path[place:]], root)
    assert not includes(hashes[index], index, size, [*path, root], root)
    other = data.draw(st.integers(0, size + 3).filter(lambda number: number != index))
    assert not includes(hashes[index], other, size, path, root)


@pytest.mark.attack("ledger")
@given(data=st.data(), new=sizes, bit=bits)
def test_no_flipped_bit_passes_as_consistent(data: st.DataObject, new: int, bit: int) -> None:
    hashes = hashes_of(new)
    old = data.draw(st.integers(1, new))
    was, now = root_of(hashes[:old]), root_of(hashes)
    path = consistency_proof(old, new, ranges(hashes))
    assert is_consistent(old, new, was, now, path)
    assert not is_consistent(old, new, flipped(was, bit), now, path)
    assert not is_consistent(old, new, was, flipped(now, bit), path)
    for place in range(len(path)):
        wrong = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
        assert not is_consistent(old, new, was, now, wrong)
        assert not is_consistent(old, new, was, now, path[:place] + path[place + 1 :])
    assert not is_consistent(old, new, was, now, [*path, now])
    assert not is_consistent(old, new, was, now, [*path, b""])


@pytest.mark.attack("ledger")
def test_a_node_does_not_pass_as_a_leaf() -> None:
    hashes = hashes_of(2)
    assert node_hash(*hashes) != leaf_hash(hashes[0] + hashes[1])
