"""Mail fetched from a real IMAP server (Dovecot): stored here before it is marked there, whatever dies, whoever looks at the same time."""

from __future__ import annotations

import asyncio
import imaplib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from mails import BOX, address, letter, room_of
from sqlalchemy import func, select

from banshi.cases import reading
from banshi.db import Database
from banshi.errors import DatabaseUnavailable, SettingsError
from banshi.jobs.periodic import Context
from banshi.notify import fetching, inbound, mailroom, working
from banshi.notify.mailroom import mail
from banshi.testing import MOMENT, Town

Lamp = Callable[..., Awaitable[str]]
LATER = MOMENT + timedelta(minutes=5)
PASSWORD = "p@ss/wörd"


class Server:
    """A mail server of this test run, with a certificate of its own."""

    def __init__(self, home: Path, port: int, plain: int) -> None:
        self.home, self.port, self.plain, self.ca = home, port, plain, home / "cert.pem"

    def inbox(self, folder: str) -> str:
        return f"imaps://fang%40example:p%40ss%2Fw%C3%B6rd@localhost:{self.port}/{folder}"

    def line(self) -> imaplib.IMAP4:
        line = imaplib.IMAP4_SSL("localhost", self.port, ssl_context=ssl.create_default_context(cafile=str(self.ca)))
        line.authenticate("PLAIN", lambda _said: f"\0fang@example\0{PASSWORD}".encode())
        return line

    def put(self, folder: str, *mails: bytes, seen: bool = False) -> None:
        line = self.line()
        line.create(folder)
        for data in mails:
            said, _ = line.append(folder, r"(\Seen)" if seen else "", imaplib.Time2Internaldate(1_800_000_000), data.replace(b"\n", b"\r\n"))
            assert said == "OK"
        line.logout()

    def unseen(self, folder: str) -> int:
        line = self.line()
        line.select(folder, readonly=True)
        _said, data = line.search(None, "UNSEEN")
        line.logout()
        return len(data[0].split())

    def read_all(self, folder: str) -> None:
        line = self.line()
        line.select(folder)
        line.store("1:*", "+FLAGS", r"(\Seen)")
        line.logout()


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    plain = serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A real Dovecot on loopback, over TLS."""
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(program).exists() or os.getuid() != 0:
        if os.environ.get("REQUIRE_IMAP"):
            pytest.fail("dovecot is required, as root: apt-get install dovecot-imapd")
        pytest.skip("no dovecot, or not root: apt-get install dovecot-imapd")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        certificate(home)
        with socket.create_server(("127.0.0.1", 0)) as probe, socket.create_server(("127.0.0.1", 0)) as other:
            port, plain = int(probe.getsockname()[1]), int(other.getsockname()[1])
        (home / "mail").mkdir()
        shutil.chown(home / "mail", "nobody", "nogroup")
        (home / "users").write_text(f"fang@example:{{PLAIN}}{PASSWORD}::::::\n", encoding="utf8")
        (home / "dovecot.conf").write_text(
            f"""
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
listen = 127.0.0.1
log_path = {home}/log
ssl = required
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
mail_location = maildir:{home}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = {home}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={home}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
""",
            encoding="utf8",
        )
        process = subprocess.Popen([program, "-F", "-c", home / "dovecot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield Server(home, port, plain)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(autouse=True)
def _trusted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "server" in request.fixturenames:
        monkeypatch.setenv("SSL_CERT_FILE", str(request.getfixturevalue("server").ca))


async def stored(database: Database) -> int:
    async with database.transaction() as db:
        return int((await db.execute(select(func.count()).select_from(mail))).scalar_one())


async def test_what_is_on_the_server_comes_in_and_joins_and_is_marked_there(
    database: Database, town: Town, tmp_path: Path, lamp: Lamp, server: Server
):
    number = await lamp()
    server.put("joins", letter(address(town, number), "灯还是不亮。"), letter(BOX, "a stranger"))
    room = room_of(database, town, tmp_path, inbox=server.inbox("joins"))
    read = working.jobs(room.settings, town.house.registry)[0]
    await read.run(Context(database, LATER))
    async with database.transaction() as db:
        assert (await db.execute(select(mail.c.state).order_by(mail.c.id))).scalars().all() == ["joined", "held"]
        row = await reading.get(db, town.house, town.residents["resident0"], number.replace("-", ""))
        assert "add" in {e.kind for e in await reading.story(db, row.id, reading.FOR_STAFF)}
    assert server.unseen("joins") == 0
    assert await fetching.poll(room, LATER) == 0


async def test_a_death_between_storing_and_marking_loses_nothing_and_takes_nothing_twice(
    database: Database, town: Town, tmp_path: Path, lamp: Lamp, server: Server, monkeypatch: pytest.MonkeyPatch
):
    number = await lamp()
    server.put("death", *(letter(address(town, number), f"words {n}") for n in range(3)))
    room = room_of(database, town, tmp_path, inbox=server.inbox("death"))

    class Killed(BaseException):
        pass

    def die(_visit: Any, _uid: int) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(fetching._Visit, "mark", die)
        with pytest.raises(Killed):
            await fetching.poll(room, LATER)
    assert (await stored(database), server.unseen("death")) == (1, 3)
    assert await fetching.poll(room, LATER) == 2
    assert (await stored(database), server.unseen("death")) == (3, 0)


async def test_a_death_before_the_mail_is_stored_leaves_it_on_the_server(
    database: Database, town: Town, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
):
    server.put("before", letter(BOX, "one"))
    room = room_of(database, town, tmp_path, inbox=server.inbox("before"))

    async def away(*_args: Any) -> Any:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as dying:
        dying.setattr(mailroom, "_put", away)
        with pytest.raises(DatabaseUnavailable):
            await fetching.poll(room, LATER)
    assert (await stored(database), server.unseen("before")) == (0, 1)
    assert await fetching.poll(room, LATER) == 1


async def test_two_workers_that_look_at_once_take_each_mail_once(database: Database, town: Town, tmp_path: Path, lamp: Lamp, server: Server):
    number = await lamp()
    server.put("both", *(letter(address(town, number), f"words {n}") for n in range(6)))
    room = room_of(database, town, tmp_path, inbox=server.inbox("both"))
    fresh = await asyncio.gather(*(fetching.poll(room, LATER) for _ in range(3)))
    await asyncio.gather(*(inbound.settle_all(room, LATER) for _ in range(3)))
    assert (sum(fresh), await stored(database), server.unseen("both")) == (6, 6, 0)
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.residents["resident0"], number.replace("-", ""))
        assert [e.kind for e in await reading.story(db, row.id, reading.FOR_STAFF)].count("add") == 6


async def test_what_somebody_read_there_before_us_comes_all_the_same_but_not_what_was_there_before_we_came(
    database: Database, town: Town, tmp_path: Path, server: Server
):
    server.put("read", letter(BOX, "of last year"), seen=True)
    room = room_of(database, town, tmp_path, inbox=server.inbox("read"))
    assert await fetching.poll(room, LATER) == 0
    server.put("read", letter(BOX, "new"))
    server.read_all("read")
    assert await fetching.poll(room, LATER) == 1


async def test_thirty_megabytes_come_piece_by_piece(database: Database, town: Town, tmp_path: Path, server: Server):
    import tracemalloc

    line = (b"x" * 76 + b"\n") * 400_000
    server.put("large", letter(BOX, "a film") + line)
    room = room_of(database, town, tmp_path, inbox=server.inbox("large"))
    tracemalloc.start()
    assert await fetching.poll(room, LATER) == 1
    await inbound.settle_all(room, LATER)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    async with database.transaction() as db:
        row = (await db.execute(select(mail))).one()
    assert (row.state, row.reason) == ("held", "large")
    assert row.size > 31_000_000
    assert peak < 8_000_000, peak


async def test_a_line_that_begins_plain_begins_tls_before_the_password_is_said(database: Database, town: Town, tmp_path: Path, server: Server):
    server.put("starttls", letter(BOX))
    inbox = server.inbox("starttls").replace("imaps:", "imap:").replace(str(server.port), str(server.plain))
    assert await fetching.poll(room_of(database, town, tmp_path, inbox=inbox), LATER) == 1


async def test_a_folder_in_chinese_and_one_that_is_not_there(database: Database, town: Town, tmp_path: Path, server: Server):
    server.put(fetching._written("收件 & 箱").replace(" ", ""), letter(BOX))
    inbox = server.inbox("%E6%94%B6%E4%BB%B6%26%E7%AE%B1")
    assert await fetching.poll(room_of(database, town, tmp_path, inbox=inbox), LATER) == 1
    with pytest.raises(fetching.MailServerAway, match="no folder nowhere"):
        await fetching.poll(room_of(database, town, tmp_path, inbox=server.inbox("nowhere")), LATER)


async def test_a_server_that_is_away_or_not_trusted_stops_nothing_and_tells_no_password(
    database: Database, town: Town, tmp_path: Path, server: Server, lamp: Lamp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    from mails import store_only

    number = await lamp()
    monkeypatch.delenv("SSL_CERT_FILE")
    for inbox in (server.inbox("joins"), "imaps://fang:secret-word@127.0.0.1:9/INBOX"):
        room = room_of(database, town, tmp_path, inbox=inbox)
        with pytest.raises(fetching.MailServerAway) as away:
            await fetching.poll(room, LATER)
        assert "secret-word" not in str(away.value)
        assert PASSWORD not in str(away.value)
    await store_only(room, letter(address(town, number)), LATER)
    await working.jobs(room.settings, town.house.registry)[0].run(Context(database, LATER))
    assert "does not answer" in caplog.text
    assert "secret-word" not in caplog.text
    async with database.transaction() as db:
        assert (await db.execute(select(mail.c.state))).scalar_one() == "joined"


@pytest.mark.parametrize(
    "inbox", ["http://a:secret@b/c", "imaps://host", "imaps://user@host", "imaps://a:secret@host:port/", "imaps://a:se%0Acret@host/", "x"]
)
def test_a_malformed_inbox_is_told_at_start_without_its_password(inbox: str):
    with pytest.raises(SettingsError, match="BANSHI_INBOX is malformed") as told:
        fetching.where(inbox)
    assert "secret" not in str(told.value)
