"""What everybody may look up of licences, what a holder and the office read more, and how supervision reports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from browsing import Person
from citywide import City
from litestar.testing import AsyncTestClient

Client = AsyncTestClient[Any]
REGISTER = "/d/north/approvals/licences"


async def test_a_licence_is_found_by_its_number_and_an_institution_by_its_name(city: City, client: Client) -> None:
    _case, number = await city.grant()
    page = await Person(client).get(f"{REGISTER}?number={number.lower()}")
    assert (page.status, number in page.text, "云上旅馆" in page.text, "Valid" in page.text) == (200, True, True, True)
    named = await Person(client).get(f"{REGISTER}?name=云上旅馆")
    assert f"{REGISTER}/{number}" in named.links.values()
    assert "云上旅馆" in (await Person(client).get(REGISTER)).text
    nobody = await Person(client).get(f"{REGISTER}?number=YW000")
    assert (nobody.status, "no licence with this number" in nobody.text) == (404, True)


async def test_a_person_is_masked_and_never_found_or_listed_by_name(city: City, client: Client) -> None:
    _case, number = await city.grant(holder_kind="person", holder="张小芳", place="柿子巷 3 号")
    assert "张" not in (await Person(client).get(REGISTER)).text
    assert (await Person(client).get(f"{REGISTER}?name=张小芳")).status == 404
    page = await Person(client).get(f"{REGISTER}/{number}")
    assert ("张**" in page.text, "张小芳" in page.text, "柿子巷" in page.text) == (True, False, False)
    published = await Person(client).get("/d/north/approvals/results")
    assert ("张**" in published.text, "张小芳" in published.text) == (True, False)


async def test_its_holder_reads_it_whole_and_can_change_it(city: City, as_resident: Any) -> None:
    _case, number = await city.grant(holder_kind="person", holder="张小芳", place="柿子巷 3 号")
    mine = await (await as_resident("resident0")).get(f"{REGISTER}/{number}")
    assert ("张小芳" in mine.text, "/d/north/services/approvals/change" in mine.links.values()) == (True, True)
    other = await (await as_resident("resident1")).get(f"{REGISTER}/{number}")
    assert ("张小芳" in other.text, "/d/north/services/approvals/change" in other.links.values()) == (False, False)


async def test_renewing_begins_with_what_the_office_knows_and_for_nobody_else(city: City, as_resident: Any, client: Client) -> None:
    _case, number = await city.grant(place="柿子巷 3 号")
    mine = await as_resident("resident0")
    item = await mine.get((await mine.get(f"{REGISTER}/{number}")).links["Renew it"])
    asked = await mine.get(item.links["What you need in your situation"])
    situation = asked.form("/d/north/approvals/item/simple/situation")
    listed = await mine.get(situation["action"] + "?" + urlencode(situation["fields"] | {"q.rented": "no"}, doseq=True))
    apply = "/d/north/approvals/item/simple/apply"
    known = (await mine.get(listed.links["Apply"])).form(apply)["fields"]
    assert [known[name] for name in ("renews", "holder", "place", "holder_kind")] == [[number], ["云上旅馆"], ["柿子巷 3 号"], ["institution"]]
    other = await as_resident("resident1")
    theirs = (await other.get(f"{apply}?s=rented:no&renews={number}")).form(apply)["fields"]
    assert [theirs.get(name) for name in ("renews", "holder", "place")] == [[number], [""], [""]]


async def test_who_guesses_numbers_is_slowed_down(city: City, client: Client) -> None:
    for guess in range(30):
        last = await client.get(f"{REGISTER}/YW{guess}")
    assert last.status_code == 404
    assert (await client.get(f"{REGISTER}/YW99")).status_code == 429


async def test_supervision_reports_a_finding_that_becomes_a_case(city: City, at_desk: Any) -> None:
    _case, number = await city.grant()
    officer = await at_desk("50005")
    page = await officer.get(f"{REGISTER}/{number}")
    form = await officer.get(page.links["Report a finding"])
    empty = await officer.send(form, f"{REGISTER}/{number}/finding", found="")
    assert empty.status == 400
    wrong = await officer.send(form, f"{REGISTER}/{number}/finding", licence="YW1", found="消毒记录缺失")
    assert (wrong.status, "no licence with this number" in wrong.text, "消毒记录缺失" in wrong.text) == (400, True, True)
    done = await officer.send(form, f"{REGISTER}/{number}/finding", found="消毒记录缺失")
    assert "Finding on a licence" in done.text or number in done.text


async def test_where_approvals_are_off_there_is_nothing_to_look_up(city: City, client: Client) -> None:
    for path in ("licences", "results", "licences/YW1"):
        assert (await client.get(f"/d/east/approvals/{path}")).status_code == 404
