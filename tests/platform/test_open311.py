"""Other programs file and read by Open311 GeoReport v2, exactly as the standard has it, and every failure has its form."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import delete, event, select

from banshi.cases import acting, linking, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.tables import case
from banshi.contracts import OPEN311
from banshi.db import Database
from banshi.identity import access
from banshi.identity.tables import api_token
from banshi.privacy import mask, unseal_fields
from banshi.testing import MOMENT, Town, statements
from banshi.web.rates import Rates

BASE = "/open311/v2"
KEY = "token-20001"
LAMP = "tickets.request.street_lighting"
EN = {"accept-language": "en"}
Client = AsyncTestClient[Any]
GOOD = {
    "api_key": KEY,
    "jurisdiction_id": "east",
    "service_code": LAMP,
    "description": "路灯黑了三天。<b>老人</b> & 孩子",
    "address_string": "柿树里 3 号门口",
    "address_id": "persimmon",
    "lat": "30.123456",
    "long": "120.654321",
    "first_name": "Fang",
    "last_name": "Zhang",
    "phone": "100 0000 1234",
    "attribute[kind]": "complaint",
}


async def post(client: Client, fmt: str = "json", **changes: str) -> Any:
    body = urlencode({k: v for k, v in (GOOD | changes).items() if v is not None})
    headers = EN | {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return await client.post(f"{BASE}/requests.{fmt}", content=body, headers=headers)


async def get(client: Client, path: str, **params: str) -> Any:
    return await client.get(f"{BASE}/{path}", params={"jurisdiction_id": "east"} | params, headers=EN)


def refused(answer: Any, status: int, *said: str) -> None:
    """A failure is a list of code and description, in the format that was asked for, with the status of the standard."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("application/json"):
        rows = answer.json()
        assert isinstance(rows, list)
    else:
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        tree = ET.fromstring(answer.text)
        assert tree.tag == "errors"
        rows = [{c.tag: c.text for c in e} for e in tree]
    assert rows
    for row in rows:
        assert set(row) == {"code", "description"}
        assert int(row["code"]) == status
    for words in said:
        assert any(words in r["description"] for r in rows), rows


# -- discovery and services ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "xml"])
async def test_discovery_says_where_and_in_which_formats(client: Client, fmt: str):
    answer = await client.get(f"{BASE}/discovery.{fmt}", headers=EN)
    assert answer.status_code == 200
    if fmt == "json":
        said = answer.json()
        assert set(said) == {"changeset", "contact", "key_service", "endpoints"}
        (end,) = said["endpoints"]
        assert end["url"].endswith(BASE)
        assert end["formats"] == ["text/xml", "application/json"]
        assert end["specification"] == "http://wiki.open311.org/GeoReport_v2"
    else:
        assert answer.text.startswith("<?xml")
        tree = ET.fromstring(answer.text)
        assert tree.tag == "discovery"
        assert [f.text for f in tree.findall("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


async def test_services_are_the_categories_that_the_district_takes(client: Client):
    rows = (await get(client, "services.json")).json()
    lamp = next(r for r in rows if r["service_code"] == LAMP)
    assert lamp["service_name"] == "Street lighting"
    assert (lamp["metadata"], lamp["type"]) == (True, "realtime")
    assert "street lamp" in lamp["keywords"]
    tree = ET.fromstring((await get(client, "services.xml")).text)
    assert (tree.tag, len(tree), tree[0].tag) == ("services", len(rows), "service")
    assert {s.findtext("metadata") for s in tree} == {"true"}
    assert (await get(client, "services.json", jurisdiction_id="west")).json() == [], "the plugin is off there"
    zh = await client.get(f"{BASE}/services.json?jurisdiction_id=east&lang=zh")
    assert any(r["service_name"] == "路灯" for r in zh.json())


async def test_a_definition_has_the_questions_and_nothing_personal(client: Client):
    said = (await get(client, f"services/{LAMP}.json")).json()
    assert said["service_code"] == LAMP
    asked = {a["code"]: a for a in said["attributes"]}
    assert asked["kind"]["required"] is True
    assert asked["kind"]["datatype"] == "singlevaluelist"
    assert {"key": "complaint", "name": "A complaint"} in asked["kind"]["values"]
    assert not {"contact_name", "contact_telephone", "text", "category", "place", "position"} & set(asked)
    assert [a["order"] for a in said["attributes"]] == list(range(1, len(asked) + 1))
    tree = ET.fromstring((await get(client, f"services/{LAMP}.xml")).text)
    assert tree.tag == "service_definition"
    assert tree.find("attributes/attribute/values/value/key") is not None


# -- filing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "xml"])
async def test_what_is_filed_is_a_case_like_any_other(client: Client, database: Database, fmt: str):
    answer = await post(client, fmt)
    assert answer.status_code == 201, answer.text
    if fmt == "json":
        (row,) = answer.json()
    else:
        tree = ET.fromstring(answer.text)
        assert tree.tag == "service_requests"
        row = {c.tag: c.text for c in tree[0]}
    assert set(row) == {"service_request_id", "service_notice", "account_id"}
    async with database.transaction() as db:
        found = (await db.execute(select(case).where(case.c.number == row["service_request_id"]))).one()
    assert (found.channel, found.category, found.title) == ("open311", "street_lighting", "路灯黑了三天")
    assert found.data["text"] == GOOD["description"]
    assert found.data["position"] == "30.123456,120.654321"
    assert found.data["place"] == GOOD["address_string"]
    assert found.data["contact_telephone"].startswith("\x1asealed:")
    assert found.area_id is not None
    assert found.department_id is not None


async def test_only_a_position_only_an_address_and_only_an_area_are_each_enough(client: Client):
    nowhere = {"lat": "", "long": "", "address_string": "", "address_id": ""}
    for where in ({"lat": "30.1", "long": "120.2"}, {"address_string": "柿树里"}, {"address_id": "persimmon"}):
        assert (await post(client, **(nowhere | where))).status_code == 201, where


async def test_a_repeated_idempotency_key_is_the_same_request(client: Client):
    body, headers = urlencode(GOOD), {"content-type": "application/x-www-form-urlencoded", "idempotency-key": "k1"}
    one, two = [(await client.post(f"{BASE}/requests.json", content=body, headers=headers)).json() for _ in range(2)]
    assert one == two
    other = await client.post(f"{BASE}/requests.json", content=urlencode(GOOD | {"description": "anders"}), headers=headers)
    refused(other, 400)


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"api_key": ""}, 403, ["api_key"]),
        ({"api_key": "nonsense"}, 403, ["api_key"]),
        ({"api_key": "token-10001"}, 403, ["may not"]),
        ({"jurisdiction_id": ""}, 400, ["jurisdiction_id"]),
        ({"jurisdiction_id": "atlantis"}, 404, ["atlantis"]),
        ({"jurisdiction_id": "west"}, 404, ["service_code"]),
        ({"service_code": ""}, 400, ["service_code"]),
        ({"service_code": "tickets.request.dragons"}, 404, ["dragons"]),
        ({"attribute[kind]": ""}, 400, ["attribute[kind]"]),
        ({"attribute[kind]": "poem"}, 400, ["poem"]),
        ({"attribute[colour]": "red"}, 400, ["colour"]),
        ({"lat": "", "long": "", "address_string": "", "address_id": ""}, 400, ["location"]),
        ({"lat": "30.1", "long": ""}, 400, ["lat and long"]),
        ({"lat": "91", "long": "0"}, 400, ["-90"]),
        ({"lat": "nan", "long": "0"}, 400, ["lat"]),
        ({"lat": "north", "long": "0"}, 400, ["lat"]),
        ({"address_id": "atlantis"}, 400, ["district"]),
        ({"description": "长" * 4001}, 400, ["description"]),
        ({"description": "a\x00b"}, 400, ["description"]),
        ({"phone": "call me"}, 400, ["phone"]),
        ({"media_url": "javascript:alert(1)"}, 400, ["media_url"]),
        ({"lat": "1e1", "long": "0"}, 400, ["decimal degrees"]),
        ({"lat": "٣٠.5", "long": "120"}, 400, ["decimal degrees"]),
        ({"email": "nobody"}, 400, ["email"]),
        ({"first_name": "a\x00b"}, 400, ["first_name"]),
        ({"api_key": "a\x00b"}, 403, ["api_key"]),
        ({f"p{i}": "1" for i in range(300)}, 400, ["200"]),
    ],
)
@pytest.mark.parametrize("fmt", ["json", "xml"])
async def test_what_is_wrong_is_told_in_the_standards_form(
    client: Client, database: Database, changes: dict[str, str], status: int, said: list[str], fmt: str
):
    refused(await post(client, fmt, **changes), status, *said)
    async with database.transaction() as db:
        assert (await db.execute(select(case.c.id))).first() is None


async def test_three_wrong_things_are_told_at_once(client: Client):
    answer = await post(client, **{"attribute[kind]": "poem", "lat": "91", "media_url": "ftp://x"})
    refused(answer, 400, "poem", "-90", "media_url")
    assert len(answer.json()) == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "services", 404),
        ("GET", "services.csv", 404),
        ("GET", "nothing.json", 404),
        ("GET", "", 404),
        ("DELETE", "requests.json", 405),
        ("PUT", "services.xml", 405),
        ("POST", "services.json", 405),
        ("POST", "discovery.json", 405),
        ("GET", "requests/000000000000.json", 404),
        ("GET", "requests/nonsense.xml", 404),
        ("GET", "tokens/nonsense.json", 404),
        ("GET", "services/nothing.json", 404),
        ("GET", "requests/.json", 404),
        ("GET", "services/a/b.xml", 404),
        ("GET", "%ff.json", 404),
        ("GET", "%00.xml", 404),
        ("TRACE", "requests.json", 405),
        ("BREW", "discovery.xml", 405),
        ("BREW", "nothing.xml", 404),
        ("OPTIONS", "nothing.xml", 404),
        ("HEAD", "nothing.xml", 404),
    ],
)
async def test_every_other_address_and_method_is_refused_in_the_standards_form(client: Client, method: str, path: str, status: int):
    answer = await client.request(method, f"{BASE}/{path}", params={"jurisdiction_id": "east"}, headers=EN)
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        return
    refused(answer, status)
    if status == 405:
        assert "GET" in answer.headers["allow"]


async def test_an_address_says_which_methods_it_takes(client: Client):
    said = {path: (await client.options(f"{BASE}/{path}")).headers["allow"] for path in ("requests.json", "requests/1.xml", "discovery")}
    assert said == {"requests.json": "GET, HEAD, OPTIONS, POST", "requests/1.xml": "GET, HEAD, OPTIONS", "discovery": "GET, HEAD, OPTIONS"}
    answer = await client.head(f"{BASE}/services.json?jurisdiction_id=east")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_discovery_without_a_format_answers_what_the_reader_accepts(client: Client):
    assert (await client.get(f"{BASE}/discovery")).headers["content-type"] == "text/xml; charset=utf-8"
    answer = await client.get(f"{BASE}/discovery", headers={"accept": "application/json"})
    assert answer.json()["endpoints"][0]["url"].endswith(BASE)
    refused(await client.get(f"{BASE}/services", headers={"accept": "application/json"}), 404)


async def test_a_key_that_asks_too_often_is_told_so_in_the_standards_form(client: Client):
    site = client.app.state.site
    before, site.rates = site.rates, Rates(2)
    try:
        assert (await post(client)).status_code == 201
        assert (await get(client, "requests.json", api_key=KEY)).headers["ratelimit"] == '"token";r=0;t=60'
        for answer in (await post(client, "xml"), await get(client, "requests.json", api_key=KEY)):
            refused(answer, 429)
            assert answer.headers["retry-after"] == "30"
        assert (await get(client, "requests.json")).status_code == 200, "without a key there is no key to hold back"
    finally:
        site.rates = before


async def test_a_body_of_another_kind_and_one_that_is_no_text_are_refused(client: Client):
    refused(await client.post(f"{BASE}/requests.json", json=GOOD, headers=EN), 400)
    form = EN | {"content-type": "application/x-www-form-urlencoded"}
    refused(await client.post(f"{BASE}/requests.json", content=b"description=%FF%FE&api_key=x", headers=form), 400)
    refused(await client.post(f"{BASE}/requests.json", content=b"a=" + b"x" * 300_000, headers=form), 413)


async def test_without_a_database_it_says_so_in_the_standards_form(client: Client):
    database = client.app.state.site.database
    before, database.engine = database.engine, Database("postgresql://nobody@127.0.0.1:1/nothing").engine
    try:
        answers = [await get(client, "services.xml"), await get(client, "requests.json"), await post(client), await post(client, "xml")]
        assert (await client.get(f"{BASE}/discovery.xml")).status_code == 200, "needs no database"
    finally:
        database.engine = before
    for answer in answers:
        refused(answer, 503)
        assert answer.headers["retry-after"]


# -- reading -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def filed(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[list[str]]]:
    """A function that files requests and gives their numbers."""

    async def file(count: int = 1, *, days_ago: float = 1, **data: Any) -> list[str]:
        received = MOMENT - timedelta(days=days_ago)
        openings = [msgspec.structs.replace(wanted(**{"kind": "help"} | data), received=received + timedelta(seconds=i)) for i in range(count)]
        async with database.transaction() as db:
            return [o.number for o in await opening.open_many(db, town.house, town.residents["resident0"], openings, MOMENT)]

    return file


async def ids(client: Client, **params: str) -> list[str]:
    answer = await get(client, "requests.json", **params)
    assert answer.status_code == 200, answer.text
    return [r["service_request_id"] for r in answer.json()]


async def test_a_public_request_is_read_without_a_word_of_what_somebody_wrote(client: Client, filed: Any):
    (number,) = await filed(text="我叫欧阳翠花，路灯黑了。", position="30.1,120.2", place="柿树里 3 号")
    for path in ("requests.json", f"requests/{number}.json", f"requests/{numbers.show(number)}.json"):
        answer = await get(client, path)
        (row,) = answer.json()
        assert row["service_request_id"] == number
        assert (row["status"], row["service_code"], row["service_name"]) == ("open", LAMP, "Street lighting")
        assert (row["lat"], row["long"], row["description"]) == (30.1, 120.2, None)
        assert row["agency_responsible"] == "Lighting"
        assert row["requested_datetime"].endswith("+08:00")
        for secret in ("欧阳", "黑了", "3 号", "1234", "张小芳"):
            assert secret not in answer.text
    tree = ET.fromstring((await get(client, f"requests/{number}.xml")).text)
    assert (tree.tag, tree[0].tag, tree[0].findtext("service_request_id")) == ("service_requests", "request", number)
    token = await get(client, f"tokens/{number}.json")
    assert token.json() == [{"service_request_id": number, "token": number}]


async def test_what_is_not_public_is_not_there(client: Client, filed: Any):
    for private in ({"kind": "report"}, {"discreet": True}, {"category": "welfare"}, {"kind": "praise"}):
        (number,) = await filed(**private)
        refused(await get(client, f"requests/{number}.json"), 404)
        assert await ids(client, service_request_id=number) == []
        assert await ids(client) == []


async def test_requests_are_narrowed_by_kind_status_and_days(client: Client, filed: Any, database: Database, town: Town):
    (lamp,) = await filed(days_ago=10)
    (noise,) = await filed(category="noise", days_ago=20)
    (old,) = await filed(days_ago=120)
    async with database.transaction() as db:
        await acting.act_one(
            db, town.house, town.staff["20001"], Act(number=noise, action="decline", form=_decline(town)), MOMENT - timedelta(days=1)
        )
    assert await ids(client) == [lamp, noise], "the last 90 days, the newest first"
    assert await ids(client, service_code=LAMP) == [lamp]
    assert set(await ids(client, service_code=f"{LAMP},tickets.request.noise")) == {lamp, noise}
    assert await ids(client, status="closed") == [noise]
    assert await ids(client, status="open") == [lamp]
    assert set(await ids(client, status="open,closed")) == {lamp, noise}
    day = (MOMENT - timedelta(days=15)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await ids(client, start_date=day) == [lamp]
    assert await ids(client, end_date=day) == [noise]
    assert await ids(client, start_date=(MOMENT - timedelta(days=125)).isoformat(), end_date=(MOMENT - timedelta(days=115)).isoformat()) == [old]
    assert set(await ids(client, service_request_id=f"{old},{lamp}", status="closed", start_date=day)) == {old, lamp}, "numbers override all"
    assert await ids(client, status="", service_code="", start_date="", end_date="") == [lamp, noise], "empty is absent"
    assert await ids(client, jurisdiction_id="ruan") == [lamp, noise], "the city sees its districts'"
    assert await ids(client, jurisdiction_id="north") == []


def _decline(town: Town) -> Any:
    return town.house.registry.case_type("tickets.request").action("decline").form(text="不受理", where="法院")


async def test_two_hundred_come_page_by_page_each_once(client: Client, filed: Any):
    every = set(await filed(200))
    assert len(await ids(client)) == 200
    seen: list[str] = []
    for page in range(1, 6):
        seen += await ids(client, page=str(page), page_size="50")
    assert len(seen) == 200
    assert set(seen) == every
    assert await ids(client, page="5", page_size="50") == []
    assert await ids(client, page="100", page_size="1000") == []


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"start_date": "2026-11-20T00:00:00Z", "end_date": "2026-11-10T00:00:00Z"}, 400),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-11-10T00:00:00Z"}, 400),
        ({"start_date": "soon"}, 400),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, 400),
        ({"start_date": "9999-12-31T00:00:00Z"}, 400),
        ({"end_date": "0001-01-05T00:00:00Z"}, 400),
        ({"api_key": "nonsense"}, 403),
        ({"api_key": "token-10001"}, 403),
        ({"status": "open\x00"}, 400),
        ({"service_code": "a\x00"}, 404),
        ({"status": "asleep"}, 400),
        ({"page": "0"}, 400),
        ({"page": "-1"}, 400),
        ({"page_size": "many"}, 400),
        ({"service_code": "nothing"}, 404),
        ({"jurisdiction_id": "atlantis"}, 404),
        ({"jurisdiction_id": ""}, 400),
    ],
)
async def test_a_question_that_cannot_be_is_refused(client: Client, params: dict[str, str], status: int):
    refused(await get(client, "requests.json", **params), status)
    refused(await get(client, "requests.xml", **params), status)


async def test_a_moment_with_an_offset_whose_plus_was_not_encoded_is_understood(client: Client, filed: Any):
    (number,) = await filed()
    answer = await client.get(f"{BASE}/requests.json?jurisdiction_id=east&start_date=2026-11-01T00:00:00+08:00", headers=EN)
    assert [r["service_request_id"] for r in answer.json()] == [number]


async def test_a_member_of_a_cluster_is_found_by_its_number_and_counted_once(client: Client, filed: Any, database: Database, town: Town):
    master, member = await filed(2)
    async with database.transaction() as db:
        await linking.merge(db, town.house, town.staff["10001"], master, [member], MOMENT)
    assert await ids(client) == [master]
    assert await ids(client, service_request_id=member) == [member]


async def test_signs_that_xml_knows_come_back_whole(client: Client, database: Database):
    answer = await post(client, "xml", address_string='<"路&灯">', description="a\tb\n<c>&amp;")
    number = ET.fromstring(answer.text)[0].findtext("service_request_id")
    async with database.transaction() as db:
        found = (await db.execute(select(case.c.data).where(case.c.number == number))).scalar_one()
    assert found["place"] == '<"路&灯">'
    assert found["text"] == "a\tb\n<c>&amp;"


async def test_what_a_key_filed_it_reads_again_and_no_other_key_does(client: Client, database: Database, town: Town):
    words = 'Dunkel <b>&amp;</b> ]]> "seit"\n3 Tagen\tim 路灯'
    changes = {"description": words, "media_url": "https://pictures.example/1.jpg?a=1&b=2", "address_string": "Tor <3>"}
    number = (await post(client, "json", **changes)).json()[0]["service_request_id"]
    other = "a second program of the same post"
    async with database.transaction() as db:
        await access.add_token(db, town.staff["20001"].post_id or 0, "other", [OPEN311.name], MOMENT, token=other)
    try:
        for path in ("requests.json", f"requests/{number}.json"):
            (own,) = (await get(client, path, api_key=KEY)).json()
            assert (own["description"], own["media_url"]) == (words, changes["media_url"])
            assert own["address"].startswith("Tor <3>, ")
            for theirs in (await get(client, path, api_key=other), await get(client, path, api_key="")):
                (row,) = theirs.json()
                assert (row["service_request_id"], row["description"], row["media_url"]) == (number, None, None)
                assert "Dunkel" not in theirs.text
                assert "Tor" not in theirs.text
    finally:
        async with database.transaction() as db:
            await db.execute(delete(api_token).where(api_token.c.title == "other"))
    tree = ET.fromstring((await get(client, f"requests/{number}.xml", api_key=KEY)).text)
    assert tree[0].findtext("description") == words
    assert tree[0].findtext("media_url") == changes["media_url"]
    assert "Fang" not in ET.tostring(tree, encoding="unicode")


async def test_what_is_not_public_is_not_there_for_the_key_that_filed_it_either(client: Client):
    answer = await post(client, **{"attribute[kind]": "report"})
    number = answer.json()[0]["service_request_id"]
    refused(await get(client, f"requests/{number}.json", api_key=KEY), 404)
    assert await ids(client, api_key=KEY) == []


@pytest.mark.parametrize(
    ("first", "last", "name"), [("芳", "张", "张芳"), ("Fang", "Zhang", "Fang Zhang"), ("", "Zhang", "Zhang"), ("Fang", "", "Fang")]
)
async def test_who_files_is_kept_sealed_with_telephone_and_address(client: Client, database: Database, town: Town, first: str, last: str, name: str):
    answer = await post(client, first_name=first, last_name=last, email="fang@example.org", phone="100 0000 1234")
    number = answer.json()[0]["service_request_id"]
    async with database.transaction() as db:
        data = (await db.execute(select(case.c.data).where(case.c.number == number))).scalar_one()
    assert not {name, "fang@example.org", "100 0000 1234"} & set(data.values())
    plain = unseal_fields(data, town.house.keyring)
    assert (plain["contact_name"], plain["contact_email"], plain["contact_telephone"]) == (name, "fang@example.org", "100 0000 1234")
    assert mask("email", "fang@example.org") == "f***@example.org"


async def test_four_thousand_characters_and_a_picture_are_not_too_much(client: Client):
    assert (await post(client, description="长" * 4000, media_url="https://pictures.example/1.jpg")).status_code == 201


async def test_of_more_than_a_thousand_the_newest_thousand_come(client: Client, filed: Any):
    every = await filed(1003)
    found = await ids(client)
    assert found == list(reversed(every))[:1000]
    assert await ids(client, page="2", page_size="1000") == []
    assert await ids(client, page_size="5000") == found
    assert await ids(client, service_request_id=",".join(every)) == list(reversed(every[:1000])), "of a list, the first thousand"


async def test_a_day_without_an_offset_is_the_districts(client: Client, filed: Any):
    (number,) = await filed(days_ago=1)  # 2026-11-22 09:30 in Ruan, 01:30 in UTC
    assert await ids(client, start_date="2026-11-22T09:00:00") == [number]
    assert await ids(client, start_date="2026-11-22T10:00:00") == []


async def test_extensions_tell_how_many_reported_it(client: Client, filed: Any, database: Database, town: Town):
    master, member = await filed(2)
    async with database.transaction() as db:
        await linking.merge(db, town.house, town.staff["10001"], master, [member], MOMENT)
    (row,) = (await get(client, "requests.json", extensions="true")).json()
    assert row["extended_attributes"] == {"reports": 2}
    tree = ET.fromstring((await get(client, "requests.xml", extensions="true")).text)
    assert tree.findtext("request/extended_attributes/reports") == "2"
    assert "extended_attributes" not in (await get(client, "requests.json")).json()[0]


async def test_what_xml_leaves_empty_is_null(client: Client, filed: Any):
    await filed(area="")
    for path in ("requests.json", "services.json", f"services/{LAMP}.json"):
        assert '""' not in (await get(client, path)).text


async def test_the_language_is_the_readers(client: Client, filed: Any):
    (number,) = await filed()
    for asked, name in (({"accept-language": "zh-CN"}, "路灯"), ({"accept-language": "en"}, "Street lighting")):
        answer = await client.get(f"{BASE}/requests/{number}.json?jurisdiction_id=east", headers=asked)
        assert answer.json()[0]["service_name"] == name
    answer = await client.get(f"{BASE}/requests.json?lang=zh", headers=EN)
    assert "jurisdiction_id" in answer.json()[0]["description"]
    assert any("\u4e00" <= c <= "\u9fff" for c in answer.json()[0]["description"])


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"jurisdiction_id": "ruan"},
        {"service_code": f"{LAMP},tickets.request.noise", "status": "open"},
        {"status": "closed", "page": "3"},
        {"start_date": "2026-11-01T00:00:00Z"},
        {"service_request_id": "mine"},
        {"api_key": KEY},
    ],
)
async def test_no_list_reads_all_cases(client: Client, filed: Any, database: Database, params: dict[str, str]):
    numbers_ = await filed(20)
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    engine = client.app.state.site.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await ids(client, **{k: v.replace("mine", numbers_[0]) for k, v in params.items()})
    finally:
        event.remove(engine, "before_cursor_execute", note)
    asked = [(s, p) for s, p in said if 'kernel."case"' in s]
    assert asked
    async with database.engine.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute("set enable_seqscan = off")  # so that twenty rows are read as a million would be
        try:
            for statement, parameters in asked:
                plan = "\n".join(r[0] for r in await raw.fetch(f"explain {statement}", *parameters))
                assert 'Seq Scan on "case"' not in plan, plan
                assert re.search(r'(Index|Bitmap Heap) .*on "case"', plan), plan
        finally:
            await raw.execute("reset enable_seqscan")


async def test_a_list_costs_a_handful_of_queries(client: Client, filed: Any):
    await filed(60)
    await ids(client)
    with statements(client.app.state.site.database) as said:
        assert len(await ids(client)) == 60
    assert 1 < len(said) <= 4, said
    with statements(client.app.state.site.database) as said:
        assert len(await ids(client, api_key=KEY)) == 60
    assert 1 < len(said) <= 5, said


async def test_ids_are_strings_and_json_is_bare(client: Client, filed: Any):
    await filed()
    said = json.loads((await get(client, "requests.json")).text)
    assert isinstance(said, list)
    assert isinstance(said[0]["service_request_id"], str)
