"""What people wrote to the demo city's mailbox: one of each kind that waits for a clerk. None of them acts on a case."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from banshi.cases.book import House, Houses
from banshi.cases.tables import case
from banshi.db import Database
from banshi.documents.store import store
from banshi.notify import inbound, mailroom, replying
from banshi.notify.inbound import Room
from banshi.settings import Settings

MAILBOX = "12345@yunlan.example"


async def write(database: Database, houses: Houses, settings: Settings, at: datetime) -> None:
    """Put them into the mail room, as they would have come in over the last days."""
    room = Room(transaction=database.transaction, store=store(settings.files, settings.data), settings=settings, house=houses)
    closed = select(case.c.number, case.c.applicant_id).where(
        case.c.closed.is_not(None), case.c.applicant_id.is_not(None), case.c.outcome == "withdrawn"
    )
    async with database.transaction() as db:
        house = await houses(db)
        ended = (await db.execute(closed.order_by(case.c.id).limit(1))).one_or_none()
    for hours, data in _letters(house, settings.mailbox or MAILBOX, ended):
        came = at - timedelta(hours=hours)
        await mailroom.take(room.transaction, room.store, settings, _pieces(data), came)
        await inbound.settle_all(room, came)


def _letters(house: House, box: str, ended: Any) -> Iterator[tuple[float, bytes]]:
    local, _at, domain = box.partition("@")
    yield (
        50.5,
        _letter(
            "王女士 <wang.nvshi@mail.example>",
            box,
            "南浦路小学门口路灯不亮",
            "您好：\n\n南浦路小学门口两盏路灯已经三天不亮，放学时很危险，请尽快安排维修。\n\n王女士",
        ),
    )
    yield 27.2, _letter("lin@mail.example", box, "谢谢", "上次反映的井盖问题已经解决了，谢谢你们！")
    yield (
        21.0,
        _letter(
            "Ann Smith <ann.smith@mail.example>",
            box,
            "Noise at night",
            "The building site behind the library works until two in the morning. Where can I complain?",
        ),
    )
    yield 20.0, _letter("unknown@far.example", f"{local}+abcdefgh2345@{domain}", "Re: 您的诉求", "请把处理结果发到这个邮箱。")
    head = f"From: Chen <chen@mail.example>\nTo: {box}\nSubject: 照片\nMessage-ID: <demo-broken@mail.example>\n"
    tree = "Content-Type: multipart/mixed; boundary=part\n\n--part\nContent-Type: text/plain; charset=utf-8\n\n"
    yield 9.4, (head + tree + "照片见附件，小区门口堆了建筑垃圾。\n").encode()
    if ended is not None:
        to = replying.address(house.keyring, ended.number, ended.applicant_id, box)
        yield 3.1, _letter("citizen@mail.example", to, "Re: 您的诉求", "我撤回以后，问题又出现了，请重新处理。\n\n> 您的诉求已撤回。")
    yield 2.0, _letter("news@shop.example", box, "本周特惠", "LED 路灯批发，七折起。", Precedence="bulk")


def _letter(sender: str, to: str, subject: str, text: str, **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = f"<demo-{len(text)}-{len(subject)}@mail.example>"
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made.as_bytes()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data
