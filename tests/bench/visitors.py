"""People at the real server's websocket, without browsers: each opens a page, thinks, and opens another."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 120
"""Seconds that an answer may take before the run fails."""


@dataclass(frozen=True)
class Visitor:
    """Somebody with a cookie, and the addresses of the pages they go to in turn, ``?step=…`` and all."""

    cookie: str
    pages: Sequence[str]


FIRST = ""
"""The address of the first page, 待辦."""
STRANGER = Visitor("", (FIRST,))


@dataclass(frozen=True)
class Waits:
    """How long reruns took, in seconds."""

    reruns: int
    median: float
    p95: float


def waits_of(taken: Sequence[float]) -> Waits:
    cuts = quantiles(taken, n=20)
    return Waits(len(taken), cuts[9], cuts[18])


def in_turn(
    ours: str, visitors: Mapping[str, Visitor], peer: str, rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    """Let each visitor's first page and the peer's take turns; return what both took, by visitor."""
    return asyncio.run(_in_turn(ours, visitors, peer, rounds))


async def _in_turn(
    ours: str, visitors: Mapping[str, Visitor], peer: str, rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    found = {}
    for name, visitor in visitors.items():
        async with _connected(ours, visitor) as page, _connected(peer, STRANGER) as empty:
            await _ask(page, FIRST)
            await _ask(empty, FIRST)
            took: tuple[list[float], list[float]] = ([], [])
            for round_ in range(-1, rounds):  # the first one warms up
                for stream, what, times in (
                    (page, visitor.pages[0], took[0]),
                    (empty, FIRST, took[1]),
                ):
                    begun = time.perf_counter()
                    await _ask(stream, what)
                    if round_ >= 0:
                        times.append(time.perf_counter() - begun)
            found[name] = took
    return found


def visit(
    address: str, visitors: Sequence[Visitor], seconds: float, think: tuple[float, float]
) -> list[float]:
    """Let all of them work for so many seconds at once; return what every rerun took."""
    return asyncio.run(_visit(address, visitors, seconds, think))


async def _visit(
    address: str, visitors: Sequence[Visitor], seconds: float, think: tuple[float, float]
) -> list[float]:
    taken: list[float] = []
    chances = (random.Random(number) for number in range(len(visitors)))
    await asyncio.gather(
        *(
            _one(address, visitor, seconds, think, chance, taken)
            for visitor, chance in zip(visitors, chances, strict=True)
        )
    )
    return taken


async def _one(
    address: str,
    visitor: Visitor,
    seconds: float,
    think: tuple[float, float],
    chance: random.Random,
    taken: list[float],
) -> None:
    end = time.perf_counter() + seconds
    await asyncio.sleep(chance.uniform(0, min(think[1], seconds / 2)))
    async with _connected(address, visitor) as stream:
        await _ask(stream, FIRST)  # signing in and the first page are no rerun
        place = 0
        while time.perf_counter() < end:
            begun = time.perf_counter()
            await _ask(stream, visitor.pages[place % len(visitor.pages)])
            taken.append(time.perf_counter() - begun)
            place += 1
            await asyncio.sleep(chance.uniform(*think))


def _connected(address: str, visitor: Visitor) -> connect:
    return connect(
        address.replace("http://", "ws://") + "/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": visitor.cookie} if visitor.cookie else {},
        max_size=None,
        ping_interval=None,  # a server that is late with an answer is measured, not left
    )


async def _ask(stream: ClientConnection, page: str) -> None:
    message = BackMsg()
    message.rerun_script.SetInParent()
    path, _, query = page.partition("?")
    if path:
        message.rerun_script.page_script_hash = calc_hash(path)
        message.rerun_script.query_string = query
    await stream.send(message.SerializeToString())
    answer = ForwardMsg()
    while answer.WhichOneof("type") != "script_finished":
        answer.ParseFromString(await asyncio.wait_for(stream.recv(decode=False), PATIENCE))
