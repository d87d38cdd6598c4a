"""What the plugin declares holds together, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import banshi_tickets
from banshi import Invalid, texts
from banshi.cases.decoding import decode, shapes
from banshi.plugins import Registry
from banshi.testing import Town
from banshi.texts import Text
from banshi_tickets import cases, forms, roles, services, ways

PACKAGE = Path(banshi_tickets.__file__).parent


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
    others = {"position", "media", "contact_email"}  # what other programs send; a place in words is asked, a map is not
    assert sorted([*asked, *others]) == sorted(s.name for s in shapes(forms.Request))


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


def test_the_roles_carry_what_the_actions_need(registry: Registry) -> None:
    held = {p.name for r in (roles.CLERK, roles.HEAD, roles.INTAKE) for p in r.permissions}
    assert {a.needs for a in cases.REQUEST.actions if "staff" in a.by} <= held
    assert [r.owner for r in registry.only(["tickets"]).roles] == ["tickets"] * 4
