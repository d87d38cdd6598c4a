"""What the plugin declares holds together, in both languages, and the demo city lives by it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import banshi_tickets
from banshi import Invalid, texts
from banshi.cases.decoding import decode, shapes
from banshi.cli.demo import people, seeding
from banshi.plugins import Registry
from banshi.testing import Town
from banshi.texts import Text
from banshi_tickets import cases, demo, demo_texts, forms, roles, services, ways

PACKAGE = Path(banshi_tickets.__file__).parent
REAL_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
REAL_IDENTITY = re.compile(r"(?<!\d)[1-8]\d{5}(19|20)\d{2}(0\d|1[0-2])\d{5}[\dXx](?!\d)")


def test_every_state_can_be_reached_and_every_one_leads_to_the_end() -> None:
    leads = {s.name: {a.to or s.name for a in cases.REQUEST.actions if s.name in a.sources} for s in cases.REQUEST.states}
    for start in leads:
        seen, now = {start}, [start]
        while now:
            now = [n for s in now for n in leads[s] if n not in seen and not seen.add(n)]  # type: ignore[func-returns-value]
        assert "closed" in seen, start
    reached = {"new"} | {a.to for a in cases.REQUEST.actions if a.to}
    assert reached == set(leads)


def test_the_portal_asks_for_every_field_of_the_form() -> None:
    asked = [name for page in services.REQUEST.pages for name in page.fields]
    assert sorted(asked) == sorted(s.name for s in shapes(forms.Request))


def test_each_thing_that_people_read_is_there_in_chinese() -> None:
    catalogue = texts.catalogue("banshi_tickets", "zh")
    said = [s.title for s in cases.REQUEST.states] + [a.told for a in cases.REQUEST.actions] + [o.label for o in (*forms.KINDS, *forms.CATEGORIES)]
    for text in said:
        assert isinstance(text, Text)
        assert catalogue.gettext(text.msgid) != text.msgid, text.msgid


def test_the_catalogue_has_every_text_of_the_plugin_in_chinese_and_no_other() -> None:
    marked = {message for _f, _l, message, _c, _x in extract_from_dir(PACKAGE, [("**.py", "python")])}
    with (PACKAGE / "locale/zh/LC_MESSAGES/banshi_tickets.po").open("rb") as file:
        translated = {m.id: m.string for m in read_po(file, locale="zh") if m.id}
    assert marked == set(translated)
    assert not [text for text, said in translated.items() if not said]


def test_no_page_speaks_of_courts_and_police() -> None:
    po = (PACKAGE / "locale/zh/LC_MESSAGES/banshi_tickets.po").read_text(encoding="utf8")
    kernel = Path(texts.__file__).parent / "locale/zh/LC_MESSAGES/banshi.po"
    for word in ("案件", "立案人", "失独", "超生", "计生户"):
        assert word not in po + kernel.read_text(encoding="utf8")


def test_an_anonymous_resident_may_leave_contact_details_out() -> None:
    form = decode(forms.Request, {"kind": "report", "category": "market", "text": "x"})
    assert (form.contact_name, form.contact_telephone) == ("", "")


@pytest.mark.parametrize("outcome", [o.name for o in forms.OUTCOMES])
def test_what_was_not_settled_is_closed_only_with_a_reason(outcome: str) -> None:
    ways.says_why(None, forms.Closing(outcome=outcome, text="Go to the mediation committee, 5 Huaiyinli."), None)
    if outcome == "settled":
        ways.says_why(None, forms.Closing(outcome=outcome), None)
    else:
        with pytest.raises(Invalid) as refused:
            ways.says_why(None, forms.Closing(outcome=outcome, text="  "), None)
        assert set(refused.value.problems) == {"text"}


async def test_a_close_without_a_reason_is_refused_and_the_field_is_named(client: Any, town: Town) -> None:
    headers = {"Authorization": f"Bearer {town.tokens['10001']}"}
    filing = {"type": "tickets.request", "district": "east", "data": {"kind": "complaint", "category": "street_lighting", "text": "Not ours."}}
    number = (await client.post("/api/v1/cases", headers=headers, json=filing)).json()["number"]

    async def act(action: str, **data: str) -> Any:
        return await client.post(f"/api/v1/cases/{number}/actions", headers=headers, json={"action": action, "data": data})

    assert (await act("sign")).status_code == 200
    assert (await act("answer", text="It is a matter for the court.")).status_code == 200
    refused = await act("close", outcome="referred")
    assert (refused.status_code, [e["pointer"] for e in refused.json()["errors"]]) == (400, ["/data/text"])
    assert (await act("close", outcome="referred", text="The court, 1 Middle Road.")).json()["state"] == "closed"


def test_the_voices_are_many_and_cover_every_category_and_kind() -> None:
    spoken = Counter(v.language for v in demo_texts.VOICES)
    assert spoken["zh"] >= 45
    assert spoken["en"] >= 8
    assert {v.category for v in demo_texts.VOICES} == {o.value for o in forms.CATEGORIES}
    assert {v.kind for v in demo_texts.VOICES} == {o.value for o in forms.KINDS}


def test_the_demo_is_the_same_every_time() -> None:
    assert demo.cases(Random(seeding.SEED)) == demo.cases(Random(seeding.SEED))
    assert len(demo.cases(Random(seeding.SEED))) == 150
    assert people.residents(Random(1), 60) == people.residents(Random(1), 60)


def test_the_demo_shows_every_kind_and_every_state_and_only_takes_steps_that_are_allowed() -> None:
    actions = {a.name: a for a in cases.REQUEST.actions}
    city = tomllib.loads(seeding.CITY.read_text(encoding="utf8"))
    parents = {d["code"]: d.get("parent") for d in city["district"]}
    kinds, ends, outcomes = set(), set(), set()
    for one in demo.cases(Random(seeding.SEED)):
        decode(forms.Request, one.data)
        assert "{" not in str(list(one.data.values()))
        assert one.district in {one.data["area"] or one.district, *above(parents, one.data["area"])}
        kinds.add(one.data["kind"])
        state, last = "new", 0.0
        for days, name, form, who in one.steps:
            action = actions[name]
            assert state in action.sources, (one, name)
            assert who in ("clerk" if "staff" in action.by else "resident")
            told = decode(action.form, form)
            if action.guard is not None:
                action.guard(None, told, None)
            outcomes.add(getattr(told, "outcome", "settled"))
            assert last <= days <= one.days_ago
            state, last = action.to or state, days
        ends.add(state)
    assert kinds == {o.value for o in forms.KINDS}
    assert ends == {s.name for s in cases.REQUEST.states}
    assert outcomes == {o.name for o in forms.OUTCOMES}


def above(parents: dict[str, str | None], code: str | None) -> list[str]:
    return [code, *above(parents, parents[code])] if code else []


def test_every_category_is_somebodys_duty_in_both_districts_of_the_demo_city() -> None:
    city = tomllib.loads(seeding.CITY.read_text(encoding="utf8"))
    parents = {d["code"]: d.get("parent") for d in city["district"]}
    duties = {(t["category"], t.get("area", d["district"])) for d in city["department"] for t in d.get("duties", ())}
    for district in ("nanpu", "qishan"):
        for option in forms.CATEGORIES:
            node, found = district, False
            while node and not found:
                found = (option.value, node) in duties
                node = parents[node]  # type: ignore[assignment]
            assert found, (option.value, district)


def test_nothing_in_the_demo_could_be_a_real_number() -> None:
    said = "".join(p.read_text(encoding="utf8") for p in (*PACKAGE.glob("*.py"), *seeding.CITY.parent.iterdir()) if p.is_file())
    said += str(demo.cases(Random(seeding.SEED))) + str(people.residents(Random(seeding.SEED), 60))
    assert not REAL_MOBILE.search(said)
    assert not REAL_IDENTITY.search(said)


def test_the_roles_carry_what_the_actions_need(registry: Registry) -> None:
    held = {p.name for r in (roles.CLERK, roles.HEAD, roles.INTAKE) for p in r.permissions}
    assert {a.needs for a in cases.REQUEST.actions if "staff" in a.by} <= held
    assert [r.owner for r in registry.only(["tickets"]).roles] == ["tickets"] * 4
