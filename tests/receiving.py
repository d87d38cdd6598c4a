"""The other side of messages, real and local: a mail server that somebody else wrote, and a receiver of webhooks that checks every signature."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from standardwebhooks import Webhook


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Mailbox:
    """Takes letters; ``refuses`` maps an address to the answer that it gives instead, ``on_letter`` is called before a letter is answered for."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuses: dict[str, str] = {}
        self.on_letter: Callable[[], None] = lambda: None
        self.port = free_port()
        self._controller: Controller | None = None

    @property
    def address(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.on_letter()
        return "250 OK"

    def open(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[Any]:
        return [m for m in self.letters if m["To"] == address]


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    made.open()
    try:
        yield made
    finally:
        made.close()


def words(letter: Any) -> str:
    """The plain text of a letter."""
    return str(letter.get_body(("plain",)).get_content())


class Receiver:
    """Takes webhooks: each is checked against ``secret`` before it counts. ``answers`` says what is answered, in turn; the last one stays."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.secrets: list[str] = []
        self.answers: list[Any] = [204]
        self.heard: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.signed: list[bool] = []
        self.types: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.on_call: Callable[[], None] = lambda: None
        self.lock = threading.Lock()

    def next_answer(self) -> Any:
        with self.lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """Give a receiver on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with made.lock:
                made.at_once += 1
                made.most_at_once = max(made.most_at_once, made.at_once)
            headers = dict(self.headers.items())
            good = [s for s in made.secrets if _verifies(s, body, headers)]
            with made.lock:
                made.signed.append(len(good) == len(made.secrets) > 0)
                made.heard.append(json.loads(body))
                made.ids.append(headers["webhook-id"])
                made.types.append(headers["content-type"])
            made.on_call()
            answer = made.next_answer()
            with contextlib.suppress(OSError):
                self._answer(answer)
            with made.lock:
                made.at_once -= 1

        def _answer(self, answer: Any) -> None:
            if answer == "hang":
                time.sleep(3)
                return
            if answer == "drip":
                self.send_response(200)
                self.send_header("content-length", "1000000")
                self.end_headers()
                for _ in range(30):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.1)
                return
            status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"")
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except Exception:
        return False
    return True
