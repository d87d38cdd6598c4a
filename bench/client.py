"""A client that costs little: keep-alive connections, ready-made requests, and no more reading than must be."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import cycle
from random import Random
from time import perf_counter

import msgspec

from bench.filling import AREAS, answers
from bench.place import Town

CONNECTIONS = 24
BODIES = 500
FEED = 1000
PATIENCE = 30.0


class FeedPage(msgspec.Struct, frozen=True):
    """What a reader of the feed looks at: how many events, the cursor, whether there are more."""

    items: list[msgspec.Raw]
    next: str
    more: bool


class Line(asyncio.Protocol):
    """One connection: sends a request, and calls back with status and time to the answer's last byte."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()
        self._said = b""
        self._then: Callable[[int, float], None] = lambda _status, _seconds: None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(exc)

    def ask(self, request: bytes, then: Callable[[int, float], None]) -> None:
        self._said, self._then, self._sent = b"", then, perf_counter()
        self.transport.write(request)

    @property
    def body(self) -> bytes:
        """The last answer's body."""
        return self._said.partition(b"\r\n\r\n")[2]

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, blank, body = self._said.partition(b"\r\n\r\n")
        if blank:
            _before, _name, after = head.lower().partition(b"content-length:")
            if len(body) >= int(after.partition(b"\r\n")[0] or b"0"):
                self._then(int(head[9:12]), perf_counter() - self._sent)


async def open_cases(town: Town, seconds: float) -> float:
    """Open cases over the API for so long; return how many a second. Each is a new request with a key of its own."""
    settings, requests = town.settings, _openings(town)
    lines = [await connect(settings.host, settings.port) for _ in range(CONNECTIONS)]
    loop, done = asyncio.get_running_loop(), 0
    faults: list[int] = []
    idle: list[asyncio.Future[None]] = [loop.create_future() for _ in lines]
    began = perf_counter()
    end = began + seconds

    def run(line: Line, ended: asyncio.Future[None]) -> None:
        def answered(status: int, _seconds: float) -> None:
            nonlocal done
            if status != 201:
                faults.append(status)
            if perf_counter() >= end or faults:
                ended.set_result(None)
                return
            done += 1
            line.ask(next(requests), answered)

        line.ask(next(requests), answered)

    for line, ended in zip(lines, idle, strict=True):
        run(line, ended)
    await asyncio.wait_for(_all_or_lost(idle, lines), seconds + PATIENCE)
    for line in lines:
        line.transport.close()
    if faults:
        msg = f"opening a case was answered with {faults[0]}"
        raise RuntimeError(msg)
    return done / seconds


async def read_feed(town: Town, seconds: float) -> float:
    """Read the change feed from its beginning for so long, page after page as one reader does, and again where it ends; return events a second."""
    line = await connect(town.settings.host, town.settings.port)
    given, after, began = 0, "", perf_counter()
    while perf_counter() - began < seconds:
        asked: asyncio.Future[tuple[int, float]] = asyncio.get_running_loop().create_future()
        line.ask(
            head(town, "GET", f"/api/v1/events?size={FEED}&after={after}") + f"Authorization: Bearer {town.token}\r\n\r\n".encode(),
            partial(tell, asked),
        )
        status, _seconds = await asyncio.wait_for(asked, PATIENCE)
        if status != 200:
            msg = f"the feed was answered with {status}"
            raise RuntimeError(msg)
        page = msgspec.json.decode(line.body, type=FeedPage)
        given, after = given + len(page.items), page.next if page.more else ""
    took = perf_counter() - began
    line.transport.close()
    return given / took


async def time_pages(town: Town, paths: list[str]) -> list[float]:
    """Ask for pages as the signed-in clerk, one after the other; return the seconds that each took."""
    line = await connect(town.settings.host, town.settings.port)
    took: list[float] = []
    for path in paths:
        asked: asyncio.Future[tuple[int, float]] = asyncio.get_running_loop().create_future()
        request = head(town, "GET", path) + f"Cookie: session={town.session}\r\n\r\n".encode()
        line.ask(request, partial(tell, asked))
        status, seconds = await asyncio.wait_for(asked, PATIENCE)
        if status != 200:
            msg = f"{path} was answered with {status}"
            raise RuntimeError(msg)
        took.append(seconds)
    line.transport.close()
    return took


def tell(asked: asyncio.Future[tuple[int, float]], status: int, seconds: float) -> None:
    asked.set_result((status, seconds))


def _openings(town: Town) -> Iterator[bytes]:
    """Yield requests that open a case: bodies made before, keys made now."""
    chance = Random(secrets.randbits(32))
    start = head(town, "POST", "/api/v1/cases") + f"Authorization: Bearer {town.token}\r\nContent-Type: application/json\r\n".encode()
    bodies = []
    for _ in range(BODIES):
        district, area = chance.choice(tuple(AREAS.items()))
        body = msgspec.json.encode({"type": "tickets.request", "district": district, "data": answers(chance, area)})
        bodies.append(b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
    for body in cycle(bodies):
        yield start + b"Idempotency-Key: " + secrets.token_hex(16).encode() + body


def head(town: Town, method: str, path: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {town.settings.host}:{town.settings.port}\r\n".encode()


async def connect(host: str, port: int) -> Line:
    _transport, line = await asyncio.get_running_loop().create_connection(Line, host, port)
    return line


async def _all_or_lost(idle: list[asyncio.Future[None]], lines: list[Line]) -> None:
    """Wait for all, or raise where a connection goes away."""
    every: Awaitable[object] = asyncio.gather(*idle)
    losses = [line.lost for line in lines]
    finished, _ = await asyncio.wait([asyncio.ensure_future(every), *losses], return_when=asyncio.FIRST_COMPLETED)
    if any(loss in finished for loss in losses):
        msg = "the web server closed a connection"
        raise RuntimeError(msg)
