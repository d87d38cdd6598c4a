"""A lean client in a process of its own: opens cases over kept connections and prints how many a second.

python -m bench.load PORT TOKEN REQUESTS CONNECTIONS
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from bench.stage import REQUEST


async def main(port: int, token: str, requests: int, connections: int) -> float:
    """Return opened cases a second; RuntimeError for any answer but 201."""
    body = json.dumps({"type": "tickets.request", "district": "east", "data": REQUEST}).encode()
    head = (
        f"POST /api/v1/cases HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {os.getpid()}-"
    ).encode()

    async def open_some(first: int, count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for i in range(first, first + count):
            writer.write(head + b"%d\r\n\r\n" % i + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(answer.decode())
            length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    began, each = time.perf_counter(), requests // connections
    await asyncio.gather(*(open_some(c * each, each) for c in range(connections)))
    return each * connections / (time.perf_counter() - began)


if __name__ == "__main__":
    print(asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
