"""A published case type never changes; a new version takes the open cases along, each by an event, and the chain holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest
from sqlalchemy import select

from banshi import Action, Ask, CaseType, Outcome, Personal, State, Upgrade, app, translator
from banshi.cases import acting, opening, reading, upgrading, verifying
from banshi.cases.acting import Act
from banshi.cases.book import House, load_book, put_types
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import PluginError
from banshi.identity.directory import load_directory
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.testing import MOMENT, Town

_ = translator("banshi")
LATER = MOMENT + timedelta(days=30)


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What the first version asks."""

    text: Annotated[str, Ask(label=_("What happened?"), rows=5, role="title")]
    contact_name: Annotated[str, Personal("name"), Ask(label=_("Your name"))] = ""


class BetterBench(msgspec.Struct, frozen=True, kw_only=True):
    """What the second asks."""

    text: Annotated[str, Ask(label=_("What happened?"), rows=5, role="title")]
    colour: Annotated[str, Ask(label=_("Colour"))] = ""
    contact_name: Annotated[str, Personal("name"), Ask(label=_("Your name"))] = ""


class Nameless(msgspec.Struct, frozen=True, kw_only=True):
    """What a third asks: no name any more."""

    text: Annotated[str, Ask(label=_("What happened?"), rows=5, role="title")]


def act(name: str, source: str, to: str, **more: Any) -> Action:
    return Action(name=name, title=_("Do it"), told=_("Done"), sources=(source,), to=to, by=("resident", "system"), **more)


FIRST = CaseType(
    owner="tickets",
    name="bench",
    title=_("Bench"),
    opened=_("Opened"),
    form=Bench,
    states=(State("new", _("New")), State("mending", _("Mending")), State("closed", _("Closed"), final=True)),
    actions=(act("mend", "new", "mending"), act("close", "mending", "closed", outcome="done")),
    outcomes=(Outcome("done", _("Done")),),
)


def painted(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**data, "colour": "green"}


SECOND = msgspec.structs.replace(
    FIRST,
    version=2,
    form=BetterBench,
    states=(State("waiting", _("Waiting")), State("working", _("Working")), State("closed", _("Closed"), final=True)),
    actions=(act("work", "waiting", "working"), act("close", "working", "closed", outcome="done")),
    upgrades=(Upgrade(from_version=1, states={"new": "waiting", "mending": "working"}, data=painted),),
)


async def house_of(db: Connection, keyring: Keyring, *declared: CaseType) -> House:
    """The house after `banshi migrate` with these case types."""
    registry = Registry(case_types=declared)
    await put_types(db, registry)
    return House(registry=registry, directory=await load_directory(db, 0), book=await load_book(db), keyring=keyring)


@pytest.fixture
def resident(town: Town) -> Actor:
    return town.residents["resident0"]


async def filed(db: Connection, house: House, town: Town, resident: Actor, *actions: str, text: str = "The bench is broken.") -> str:
    wanted = Opening(
        case_type=house.registry.case_type("tickets.bench"),
        district_id=town.district("east"),
        form=Bench(text=text, contact_name="张小芳"),
        channel="web",
    )
    number = (await opening.open_one(db, house, resident, wanted, MOMENT)).number
    for action in actions:
        await acting.act_one(db, house, resident, Act(number=number, action=action), MOMENT)
    return number


async def row_of(db: Connection, number: str) -> Any:
    return (await db.execute(select(case).where(case.c.number == number))).one()


async def test_open_cases_move_to_the_new_version_by_an_event_and_closed_ones_stay(
    db: Connection, town: Town, resident: Actor, keyring: Keyring
) -> None:
    before = await house_of(db, keyring, FIRST)
    new = await filed(db, before, town, resident)
    mending = await filed(db, before, town, resident, "mend")
    closed = await filed(db, before, town, resident, "mend", "close")
    first = await row_of(db, new)
    house = await house_of(db, keyring, SECOND)
    said = await upgrading.upgrade_open(db, house, LATER)
    assert said == ["case type tickets.bench: 2 open cases moved from version 1 to 2"]
    moved = await row_of(db, new)
    assert (moved.state, (await row_of(db, mending)).state) == ("waiting", "working")
    assert moved.type_id == house.book.of(SECOND).id
    assert (moved.revision, moved.sequence, moved.changed) == (first.revision + 1, first.sequence + 1, LATER)
    assert moved.data["colour"] == "green"
    assert moved.data["text"] == "The bench is broken."
    assert keyring.unseal(moved.data["contact_name"], "contact_name") == "张小芳"
    kept = ("number", "title", "applicant_id", "department_id", "assignee_id", "priority", "received", "district_id", "outcome", "closed")
    assert [getattr(moved, n) for n in kept] == [getattr(first, n) for n in kept]
    stays = await row_of(db, closed)
    assert (stays.state, stays.outcome, stays.type_id) == ("closed", "done", before.book.of(FIRST).id)
    story = await reading.story(db, moved.id, reading.FOR_STAFF)
    assert [(e.kind, e.state) for e in story] == [("opened", "new"), ("upgraded", "waiting")]
    assert story[-1].body == {"from_version": 1, "to_version": 2}
    assert [e.kind for e in await reading.story(db, moved.id, reading.FOR_APPLICANT)] == ["opened"]
    assert await verifying.verify(db, keyring) == []


async def test_a_case_that_moved_goes_on_under_the_new_version(db: Connection, town: Town, resident: Actor, keyring: Keyring) -> None:
    number = await filed(db, await house_of(db, keyring, FIRST), town, resident, "mend")
    house = await house_of(db, keyring, SECOND)
    await upgrading.upgrade_open(db, house, LATER)
    await acting.act_one(db, house, resident, Act(number=number, action="close"), LATER)
    row = await row_of(db, number)
    assert (row.state, row.outcome, row.closed) == ("closed", "done", LATER)
    assert await verifying.verify(db, keyring) == []


async def test_upgrading_again_moves_nothing(db: Connection, town: Town, resident: Actor, keyring: Keyring) -> None:
    number = await filed(db, await house_of(db, keyring, FIRST), town, resident)
    house = await house_of(db, keyring, SECOND)
    await upgrading.upgrade_open(db, house, LATER)
    before = await row_of(db, number)
    assert await upgrading.upgrade_open(db, await house_of(db, keyring, SECOND), LATER) == []
    assert await row_of(db, number) == before


async def test_more_cases_than_one_batch_move(db: Connection, town: Town, resident: Actor, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrading, "BATCH", 3)
    before = await house_of(db, keyring, FIRST)
    for i in range(8):
        await filed(db, before, town, resident, text=f"Bench {i}.")
    said = await upgrading.upgrade_open(db, await house_of(db, keyring, SECOND), LATER)
    assert said == ["case type tickets.bench: 8 open cases moved from version 1 to 2"]
    assert await verifying.verify(db, keyring) == []


async def test_what_was_sealed_stays_sealed_though_the_new_form_does_not_ask_it(
    db: Connection, town: Town, resident: Actor, keyring: Keyring
) -> None:
    number = await filed(db, await house_of(db, keyring, FIRST), town, resident)
    upgrade = Upgrade(from_version=1, states={"new": "waiting", "mending": "working"}, data=dict)
    house = await house_of(db, keyring, msgspec.structs.replace(SECOND, form=Nameless, upgrades=(upgrade,)))
    await upgrading.upgrade_open(db, house, LATER)
    data = (await row_of(db, number)).data
    assert "张小芳" not in str(data)
    assert keyring.unseal(data["contact_name"], "contact_name") == "张小芳"
    assert data["text"] == "The bench is broken."


@pytest.mark.parametrize("states", [{"new": "waiting"}, {"new": "waiting", "mending": "nowhere"}])
async def test_an_upgrade_without_a_state_for_a_case_is_refused_and_names_it(
    db: Connection, town: Town, resident: Actor, keyring: Keyring, states: dict[str, str]
) -> None:
    await filed(db, await house_of(db, keyring, FIRST), town, resident, "mend")
    upgrade = Upgrade(from_version=1, states=states, data=dict)
    house = await house_of(db, keyring, msgspec.structs.replace(SECOND, upgrades=(upgrade,)))
    with pytest.raises(PluginError, match=r"tickets\.bench: the upgrade from version 1 has no state for 'mending'"):
        await upgrading.upgrade_open(db, house, LATER)


# -- what migrate refuses ---------------------------------------------------------------------------------------------------

CHANGES: dict[str, dict[str, Any]] = {
    "a state more": {"states": (*FIRST.states, State("lost", _("Lost")))},
    "a state that waits for somebody else": {"states": (State("new", _("New"), "applicant"), *FIRST.states[1:])},
    "an action from another state": {"actions": (act("mend", "mending", "closed"), *FIRST.actions[1:])},
    "an outcome less": {"outcomes": ()},
    "a field more": {"form": BetterBench},
    "a field less": {"form": Nameless},
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_published_version_that_was_changed_is_refused(db: Connection, keyring: Keyring, change: str) -> None:
    await house_of(db, keyring, FIRST)
    with pytest.raises(PluginError, match=r"tickets\.bench version 1 is published and was changed: give it version 2"):
        await put_types(db, Registry(case_types=(msgspec.structs.replace(FIRST, **CHANGES[change]),)))


async def test_only_its_words_may_change(db: Connection, keyring: Keyring) -> None:
    class Reworded(msgspec.Struct, frozen=True, kw_only=True):
        text: Annotated[str, Ask(label=_("Text"), hint=_("Note"), rows=9, role="title")]
        contact_name: Annotated[str, Personal("name"), Ask(label=_("Name"))] = ""

    await house_of(db, keyring, FIRST)
    states = (State("new", _("Opened")), *FIRST.states[1:])
    reworded = msgspec.structs.replace(FIRST, title=_("Benches"), opened=_("Registered"), states=states, form=Reworded)
    assert await put_types(db, Registry(case_types=(reworded,))) == []
    assert (await load_book(db)).of(reworded).say_state("new", "en") == "Opened"


async def test_a_new_version_without_a_path_is_refused_while_cases_are_open(db: Connection, town: Town, resident: Actor, keyring: Keyring) -> None:
    before = await house_of(db, keyring, FIRST)
    number = await filed(db, before, town, resident, "mend")
    pathless = msgspec.structs.replace(SECOND, upgrades=())
    with pytest.raises(PluginError, match="version 1 has 1 open cases and version 2 declares no Upgrade from it"):
        async with db.begin_nested():
            await put_types(db, Registry(case_types=(pathless,)))
    await acting.act_one(db, before, resident, Act(number=number, action="close"), MOMENT)
    assert await put_types(db, Registry(case_types=(pathless,))) == ["case type tickets.bench version 2"]


async def test_a_refused_migration_leaves_everything_as_it_was(
    fresh_url: str, town: Town, resident: Actor, keyring: Keyring, registry: Registry
) -> None:
    database = Database(fresh_url, pool_size=1)

    def with_bench(declared: CaseType) -> Registry:
        return msgspec.structs.replace(registry, case_types=(*registry.case_types, declared))

    try:
        assert await app.declare(database, with_bench(FIRST), keyring, MOMENT) == ["case type tickets.bench version 1"]
        async with database.transaction() as db:
            number = await filed(db, await house_of(db, keyring, FIRST), town, resident, "mend")
        gap = Upgrade(from_version=1, states={"new": "waiting"}, data=dict)
        with pytest.raises(PluginError):
            await app.declare(database, with_bench(msgspec.structs.replace(SECOND, upgrades=(gap,))), keyring, LATER)
        async with database.transaction() as db:
            declared = {(t.key, t.version) for t in registry.case_types}
            assert {(r.key, r.version) for r in await load_book(db)} == {*declared, ("tickets.bench", 1)}
            assert (await row_of(db, number)).state == "mending"
        assert await app.declare(database, with_bench(SECOND), keyring, LATER) == [
            "case type tickets.bench version 2",
            "case type tickets.bench: 1 open cases moved from version 1 to 2",
        ]
        assert await app.declare(database, with_bench(SECOND), keyring, LATER) == []
    finally:
        await database.close()
