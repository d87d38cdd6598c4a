"""The demo city's approvals: a catalogue that can be published, applications in every stage."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from sqlalchemy import text

from banshi.cases.book import House, load_book
from banshi.cases.decoding import decode
from banshi.cli.demo import seeding
from banshi.db import Connection
from banshi.identity import organisation
from banshi.identity.directory import load_directory
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.testing import MOMENT
from banshi_approvals.application import forms
from banshi_approvals.catalogue import checking, content, keeping
from banshi_approvals.catalogue.content import Item
from banshi_approvals.demo import cases, filling

DAY = MOMENT


def situations(item: Item, so_far: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Return every situation that the questions of a sub-item lead to."""
    answers = so_far or {}
    for question in content.questions(item, answers):
        if question.name not in answers:
            return [s for choice in question.choices for s in situations(item, answers | {question.name: choice.value})]
    return [answers]


def test_three_families_eleven_matters_and_more_than_twenty_sub_items_of_every_kind() -> None:
    book = filling.book()
    assert book.faults == ()
    assert {m.family for m in book.matters} == {"persons", "institutions", "places"}
    assert len(book.matters) == 11
    assert len(book.items) >= 24
    assert {i.decides for i in book.items} == {"window", "office", "leader"}
    assert {s for i in book.items for s in i.steps} == {"formal", "substantive", "inspection", "experts", "meeting", "joint"}
    assert {i.matter for i in book.items} == {m.code for m in book.matters}
    assert any(i.promise for i in book.items)
    assert sum(i.at_once for i in book.items) >= 5


def test_every_situation_leads_to_a_list_and_lists_differ() -> None:
    for item in filling.book().items:
        lists = {tuple(m.code for m in content.materials(item, s)) for s in situations(item)}
        assert all(lists)
        assert len(lists) > 1 or not item.questions, item.code


def test_nothing_in_it_is_a_real_rule() -> None:
    said = str(filling.book()) + str(filling.forms()) + str(cases.cases(Random(1)))
    assert all(rule.startswith("云澜市") and rule.endswith("（示例）") for rule in re.findall("《(.*?)》", said))


def test_the_demo_is_the_same_every_time_and_fits_the_form() -> None:
    found = cases.cases(Random(7))
    assert cases.cases(Random(7)) == found
    assert len(found) >= 35
    for one in found:
        decode(forms.Application, one.data)
        assert all(0 < step[0] <= one.days_ago for step in one.steps)


async def test_the_citys_applications_stand_in_every_stage(db: Connection, registry: Registry, keyring: Keyring) -> None:
    for table in ("case_event", "case_party"):
        await db.execute(text(f"delete from kernel.{table}"))
    await db.execute(text("delete from kernel.duty"))
    await db.execute(text("update kernel.district set code = 'old-' || code"))
    await db.execute(text("update kernel.department set code = 'old-' || code"))
    await db.execute(text("update kernel.post set staff_number = 'old-' || staff_number"))
    await db.execute(text("update kernel.account set login = 'old-' || login"))
    await organisation.load(db, keyring, organisation.read(seeding.CITY), MOMENT - seeding.BEGAN, hashed="x")
    await seeding.before_cases(db, registry.only(["approvals"]), MOMENT - seeding.BEGAN)
    await seeding.before_cases(db, registry.only(["approvals"]), MOMENT - seeding.BEGAN)
    house = House(registry=registry.only(["approvals"]), directory=await load_directory(db, 0), book=await load_book(db), keyring=keyring)
    known = await keeping.known(db, house.directory)
    assert [f for i in filling.book().items for f in checking.faults(i, known)] == []
    cast = await seeding.actors(db, house)
    cast = type(cast)(residents=cast.residents or (), staff=cast.staff)
    await seeding.play(db, house, cast, "approvals", cases.cases(Random(seeding.SEED)), MOMENT)
    states = Counter(r.state for r in await db.execute(text("select state from kernel.\"case\" where facts ->> 'item' <> ''")))
    outcomes = Counter(r.outcome for r in await db.execute(text('select outcome from kernel."case" where outcome is not null')))
    asked = (await db.execute(text("select count(*) from kernel.\"case\" where state = 'asked'"))).scalar_one()
    assert {"filed", "correcting", "examining", "special", "deciding", "closed"} == set(states)
    assert {"granted", "refused", "not_accepted", "withdrawn"} == set(outcomes)
    assert asked >= 4


pytestmark = pytest.mark.usefixtures("town")
