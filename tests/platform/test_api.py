"""Another system opens, reads, lists and acts over the API; every refusal is problem+json that names the field."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient
from sqlalchemy import delete, func, select, text, update

from banshi.cases import numbers, opening
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Database
from banshi.identity import access
from banshi.identity.tables import account, api_token
from banshi.testing import MOMENT, Town
from samples import request

CASES = "/api/v1/cases"
INTAKE = {"authorization": "Bearer token-20001", "accept-language": "en"}
CLERK = INTAKE | {"authorization": "Bearer token-10001"}
Client = AsyncTestClient[Any]


def filing(**changes: Any) -> dict[str, Any]:
    return {"type": "tickets.request", "district": "east", "data": request()} | changes


async def how_many(database: Database) -> int:
    async with database.transaction() as db:
        return int((await db.execute(select(func.count()).select_from(case))).scalar_one())


async def opened(client: Client, **changes: Any) -> str:
    answer = await client.post(CASES, json=filing(**changes), headers=INTAKE)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The body of a refusal, which is always of one shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def pointers(body: dict[str, Any]) -> dict[str, str]:
    return {e["pointer"]: e["detail"] for e in body["errors"]}


# -- opening -------------------------------------------------------------------------------------------------------------


async def test_an_opened_case_gives_number_and_code_that_the_resident_follows_it_with(client: Client) -> None:
    answer = await client.post(CASES, json=filing(), headers=INTAKE)
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"\d{4}-\d{4}-\d{4}", body["number"])
    assert re.fullmatch(r"\d{6}", body["code"])
    assert (body["department"], body["fresh"]) == ("lighting", True)
    csrf = (await client.get("/track")).text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    form = {"number": body["number"], "code": body["code"], "_csrf_token": csrf}
    page = await client.post("/track", data=form, follow_redirects=True)
    assert page.url.path == f"/case/{body['number']}"
    assert "路灯黑了三天了" in page.text


async def test_a_repeated_key_is_the_same_case_and_with_another_body_it_is_refused(client: Client, database: Database) -> None:
    keyed = INTAKE | {"idempotency-key": "form 4071"}
    first, second = [(await client.post(CASES, json=filing(), headers=keyed)).json() for _ in range(2)]
    assert first.pop("fresh") is True
    assert second.pop("fresh") is False
    assert first == second
    problem(await client.post(CASES, json=filing(data=request(text="Another.")), headers=keyed), 409)
    assert await how_many(database) == 1
    other = await client.post(CASES, json=filing(data=request(text="Another.")), headers=CLERK | {"idempotency-key": "form 4071"})
    assert other.status_code == 201  # keys are the token's own


async def test_no_cookie_and_no_csrf_token_are_needed_or_given(client: Client) -> None:
    client.cookies.clear()
    answer = await client.post(CASES, json=filing(), headers=INTAKE)
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers


async def test_a_session_opens_no_door_of_the_api(client: Client, database: Database, town: Town) -> None:
    async with database.transaction() as db:
        client.cookies.set("session", await access.open_session(db, town.staff["20001"].person_id or 0, MOMENT))
    assert (await client.get("/desk/all")).status_code == 200
    problem(await client.get(CASES), 401)
    problem(await client.post(CASES, json=filing()), 401)


# -- what is refused, and how it is told -----------------------------------------------------------------------------------


async def test_every_wrong_field_is_named_at_once(client: Client, database: Database) -> None:
    wrong = request(category="nonsense", text="x" * 4001, contact_telephone="call me") | {"colour": "red"}
    said = pointers(problem(await client.post(CASES, json=filing(data=wrong), headers=INTAKE), 400))
    assert set(said) == {"/data/category", "/data/text", "/data/contact_telephone", "/data/colour"}
    assert "4000" in said["/data/text"]
    assert "4001" in said["/data/text"]
    assert "colour" in said["/data/colour"]
    assert await how_many(database) == 0


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"type": "tickets.nothing"}, 400, "/type"),
        ({"type": "nonsense\x00"}, 400, "/type"),
        ({"district": "atlantis"}, 400, "/district"),
        ({"district": "west", "data": request(area="")}, 404, None),
        ({"colour": "red"}, 400, "/colour"),
        ({"type": 1}, 400, "/type"),
        ({"data": [1]}, 400, "/data"),
        ({"channel": "Carrier Pigeon"}, 400, "/channel"),
        ({"data": request(text="a\x00b")}, 400, "/data/text"),
        ({"data": request(text=4)}, 400, "/data/text"),
        ({"data": request(category={"a": 1})}, 400, "/data/category"),
        ({"data": request(category=[["a"]])}, 400, "/data/category"),
        ({"data": request(place=["a", 1])}, 400, "/data/place"),
        ({"data": request(area="pine")}, 400, "/data/area"),
        ({"data": request() | {"a/b~c": 1}}, 400, "/data/a~1b~0c"),
        ({"data": {}}, 400, "/data/text"),
    ],
    ids=str,
)
async def test_a_wrong_request_names_the_field_and_opens_nothing(
    client: Client, database: Database, changes: dict[str, Any], status: int, pointer: str | None
) -> None:
    body = problem(await client.post(CASES, json=filing(**changes), headers=INTAKE), status)
    if pointer:
        assert pointer in pointers(body)
    assert await how_many(database) == 0


async def test_a_field_that_is_missing_is_named(client: Client) -> None:
    said = pointers(problem(await client.post(CASES, json={"type": "tickets.request", "data": {}}, headers=INTAKE), 400))
    assert set(said) == {"/district"}


LONE = json.dumps(filing(data=request(text="a \ud800 b"))).encode()
BODIES = {
    "cut off": b'{"type": "tickets',
    "no JSON": b"type=tickets.request",
    "nothing": b"",
    "two things": b"{} {}",
    "a lone surrogate": LONE,
    "no UTF-8": b'{"type": "\xff\xfe"}',
    "too deep": b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_that_is_no_json_is_the_callers_fault_never_ours(client: Client, database: Database, body: str) -> None:
    answer = await client.post(CASES, content=BODIES[body], headers=INTAKE | {"content-type": "application/json"})
    problem(answer, 400)
    assert await how_many(database) == 0


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "nonsense"])
async def test_a_body_of_another_kind_is_told_which_kind_is_wanted(client: Client, database: Database, kind: str) -> None:
    answer = await client.post(CASES, content=json.dumps(filing()), headers=INTAKE | {"content-type": kind})
    assert "application/json" in problem(answer, 415)["detail"]
    assert await how_many(database) == 0


async def test_json_with_a_charset_is_json(client: Client) -> None:
    answer = await client.post(CASES, content=json.dumps(filing()), headers=INTAKE | {"content-type": "application/json; charset=utf-8"})
    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["k" * 201, b"\xe8\xb7\xaf", "a\tb"])
async def test_a_key_that_cannot_be_kept_is_refused(client: Client, key: Any) -> None:
    problem(await client.post(CASES, json=filing(), headers=INTAKE | {"idempotency-key": key}), 400)


@pytest.mark.parametrize(("method", "path", "status"), [("DELETE", CASES, 405), ("GET", "/api/v1/nothing", 404), ("GET", f"{CASES}/1234", 404)])
async def test_an_address_that_is_not_there_is_told_to_a_program_as_to_a_program(client: Client, method: str, path: str, status: int) -> None:
    problem(await client.request(method, path, headers=INTAKE), status)


# -- tokens -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic token-20001", "token-20001"])
async def test_without_a_good_token_nothing_is_there(client: Client, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    number = numbers.show(numbers.draw())
    for answer in (
        await client.get(CASES, headers=headers),
        await client.get(f"{CASES}/{number}", headers=headers),
        await client.post(CASES, json=filing(), headers=headers),
        await client.post(f"{CASES}/{number}/actions", json={"action": "sign"}, headers=headers),
    ):
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest_asyncio.fixture(loop_scope="session")
async def made(database: Database, town: Town) -> AsyncIterator[Any]:
    """A function that makes a token of the intake desk with these scopes, and gives the headers that carry it."""

    async def make(name: str, *scopes: str) -> dict[str, str]:
        async with database.transaction() as db:
            token = await access.add_token(db, town.staff["20001"].post_id or 0, name, scopes, MOMENT)
        return {"authorization": f"Bearer {token}", "accept-language": "en"}

    yield make
    async with database.transaction() as db:
        await db.execute(delete(api_token).where(~api_token.c.title.startswith("of ")))


async def test_a_revoked_token_and_one_that_is_over_are_no_tokens(client: Client, database: Database, made: Any) -> None:
    revoked, over = await made("revoked", "tickets.read"), await made("over", "tickets.read")
    assert [(await client.get(CASES, headers=h)).status_code for h in (revoked, over)] == [200, 200]
    async with database.transaction() as db:
        await db.execute(update(api_token).where(api_token.c.title == "revoked").values(revoked=MOMENT))
        await db.execute(update(api_token).where(api_token.c.title == "over").values(expires=MOMENT))
    for headers in (revoked, over):
        problem(await client.get(CASES, headers=headers), 401)


async def test_the_token_of_somebody_disabled_is_no_token(client: Client, database: Database, town: Town) -> None:
    headers, whose = {"authorization": "Bearer token-10002"}, update(account).where(account.c.person_id == town.staff["10002"].person_id)
    assert (await client.get(CASES, headers=headers)).status_code == 200
    try:
        async with database.transaction() as db:
            await db.execute(whose.values(disabled=True))
        problem(await client.get(CASES, headers=headers), 401)
    finally:
        async with database.transaction() as db:
            await db.execute(whose.values(disabled=False))


async def test_scopes_only_ever_take_away(client: Client, made: Any) -> None:
    number = await opened(client)
    foreign, reading = await made("foreign", "kernel.operate"), await made("reading", "tickets.read")
    problem(await client.post(CASES, json=filing(), headers=foreign), 403)
    assert (await client.get(CASES, headers=foreign)).json()["items"] == []
    problem(await client.get(f"{CASES}/{number}", headers=foreign), 404)
    assert (await client.get(f"{CASES}/{number}", headers=reading)).status_code == 200
    problem(await client.post(f"{CASES}/{number}/actions", json={"action": "sign"}, headers=reading), 403)
    more = await made("more", "tickets.note", "kernel.administer", "tickets.nothing")
    noting = {"action": "note", "data": {"text": "Read."}}
    assert (await client.post(f"{CASES}/{number}/actions", json=noting, headers=more)).status_code == 200
    signing = await client.post(f"{CASES}/{number}/actions", json={"action": "sign"}, headers=INTAKE)
    problem(signing, 403)  # the department's part, whatever the desk may do


# -- reading ---------------------------------------------------------------------------------------------------------------------


async def test_a_case_reads_with_its_story_and_what_can_be_done_and_without_personal_data(client: Client) -> None:
    number = await opened(client)
    answer = await client.get(f"{CASES}/{number}", headers=CLERK)
    body = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (body["number"], body["state"], body["district"], body["area"], body["channel"]) == (number, "new", "east", "persimmon", "api")
    assert [e["kind"] for e in body["events"]] == ["opened"]
    assert set(body["actions"]) == {"sign", "assign", "return", "note", "prioritise", "recuse", "mark_major"}
    assert body["data"]["text"] == request()["text"]
    assert "contact_name" not in body["data"]
    assert "张" not in answer.text
    assert "sealed" not in answer.text


async def test_a_case_of_another_department_is_not_there(client: Client) -> None:
    number = await opened(client)
    for other in ("10003", "10004", "90001"):
        headers = CLERK | {"authorization": f"Bearer token-{other}"}
        problem(await client.get(f"{CASES}/{number}", headers=headers), 404)
        problem(await client.post(f"{CASES}/{number}/actions", json={"action": "note", "data": {"text": "x"}}, headers=headers), 404)
        assert (await client.get(CASES, headers=headers)).json() == {"items": [], "next": None}


async def test_a_list_can_be_narrowed_and_followed_to_its_end(client: Client, database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        asked = [wanted(text=f"Lamp {i}.", category="street_lighting" if i % 2 else "noise") for i in range(9)]
        filed = [numbers.show(o.number) for o in await opening.open_many(db, town.house, Actor(capacity="resident"), asked, MOMENT)]
    await client.post(f"{CASES}/{filed[1]}/actions", json={"action": "sign"}, headers=CLERK)

    async def listed(query: str) -> list[str]:
        answer = await client.get(f"{CASES}?{query}", headers=INTAKE)
        assert answer.status_code == 200, answer.text
        return [c["number"] for c in answer.json()["items"]]

    assert await listed("newest_first=false") == filed
    assert await listed("") == filed[::-1]
    assert await listed("category=noise&newest_first=false") == filed[::2]
    assert await listed("department=lighting&newest_first=false") == filed[1::2]
    assert await listed("state=working") == [filed[1]]
    assert await listed("open=false") == []
    met, after = list[str](), ""
    for _page in range(5):
        body = (await client.get(f"{CASES}?size=2&after={after}", headers=INTAKE)).json()
        met += [c["number"] for c in body["items"]]
        after = body["next"]
    assert after is None
    assert met == filed[::-1]


FAR = "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsOTIyMzM3MjAzNjg1NDc3NTgwOF0"  # an id that no column holds


@pytest.mark.parametrize(
    "query",
    [
        "size=0",
        "size=101",
        "size=many",
        "after=nonsense",
        "open=maybe",
        "department=nowhere",
        "state=%00",
        "category=%00",
        "newest_first=2",
        f"after={FAR}",
    ],
)
async def test_a_list_that_cannot_be_is_a_wrong_request(client: Client, query: str) -> None:
    problem(await client.get(f"{CASES}?{query}", headers=INTAKE), 400)


# -- acting ----------------------------------------------------------------------------------------------------------------------


async def test_acting_on_what_was_read_goes_through_and_on_what_is_late_does_not(client: Client) -> None:
    number = await opened(client)
    actions = f"{CASES}/{number}/actions"
    tag = (await client.get(f"{CASES}/{number}", headers=CLERK)).headers["etag"]
    done = await client.post(actions, json={"action": "sign"}, headers=CLERK | {"if-match": tag})
    assert done.json() == {"number": number, "state": "working", "revision": 2, "fresh": True}
    answer = {"action": "answer", "data": {"text": "Mended."}}
    problem(await client.post(actions, json=answer, headers=CLERK | {"if-match": tag}), 412)
    assert (await client.get(f"{CASES}/{number}", headers=CLERK)).json()["state"] == "working"
    tag = (await client.get(f"{CASES}/{number}", headers=CLERK)).headers["etag"]
    assert tag == '"2"'
    assert (await client.post(actions, json=answer, headers=CLERK | {"if-match": tag})).json()["state"] == "answered"


async def test_an_action_with_a_key_is_done_once(client: Client) -> None:
    number = await opened(client)
    keyed = CLERK | {"idempotency-key": "once"}
    note = {"action": "note", "data": {"text": "Called them."}}
    first, second = [(await client.post(f"{CASES}/{number}/actions", json=note, headers=keyed)).json() for _ in range(2)]
    assert (first["fresh"], second["fresh"]) == (True, False)
    assert first["revision"] == second["revision"] == 2
    problem(await client.post(f"{CASES}/{number}/actions", json={"action": "sign"}, headers=keyed), 409)


@pytest.mark.parametrize(
    ("doing", "headers", "status", "pointer"),
    [
        ({"action": "answer", "data": {"text": "Too early."}}, {}, 409, None),
        ({"action": "note", "data": {"text": ""}}, {}, 400, "/data/text"),
        ({"action": "note", "data": {"text": "x", "colour": 1}}, {}, 400, "/data/colour"),
        ({"action": "fly"}, {}, 404, None),
        ({"action": "add", "data": {"text": "I am no resident."}}, {}, 403, None),
        ({"data": {}}, {}, 400, "/action"),
        ({"action": "sign", "colour": 1}, {}, 400, "/colour"),
        ({"action": "sign"}, {"if-match": "the third"}, 400, None),
        ({"action": "sign"}, {"if-match": '"99999999999"'}, 400, None),
    ],
    ids=str,
)
async def test_an_action_that_cannot_be_is_told_why_and_not_done(
    client: Client, database: Database, doing: dict[str, Any], headers: dict[str, str], status: int, pointer: str | None
) -> None:
    number = await opened(client)
    body = problem(await client.post(f"{CASES}/{number}/actions", json=doing, headers=CLERK | headers), status)
    if pointer:
        assert pointer in pointers(body)
    async with database.transaction() as db:
        assert (await db.execute(select(case.c.state, case.c.revision))).all() == [("new", 1)]


async def test_problems_are_told_in_the_callers_language(client: Client) -> None:
    said = [problem(await client.get(CASES, headers={"accept-language": tag}), 401)["title"] for tag in ("en", "zh-CN")]
    assert said == ["Sign in to go on", "请先登录"]


# -- its description -----------------------------------------------------------------------------------------------------------------


async def test_the_description_lists_the_operations_and_every_reference_in_it_leads_somewhere(client: Client) -> None:
    answer = await client.get("/schema/openapi.json")
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    operations = {o["operationId"]: (method, path, o) for path, ways in document["paths"].items() for method, o in ways.items()}
    assert {name: found[:2] for name, found in operations.items()} == {
        "openCase": ("post", CASES),
        "listCases": ("get", CASES),
        "readReport": ("get", "/api/v1/report"),
        "readCase": ("get", f"{CASES}/{{number}}"),
        "actOnCase": ("post", f"{CASES}/{{number}}/actions"),
        "actOnCases": ("post", f"{CASES}/actions"),
        "searchCases": ("get", "/api/v1/search"),
        "listLibrary": ("get", "/api/v1/library"),
        "readLibrary": ("get", "/api/v1/library/{code}"),
        "attachDocument": ("post", f"{CASES}/{{number}}/documents"),
        "listDocuments": ("get", f"{CASES}/{{number}}/documents"),
        "fetchDocument": ("get", f"{CASES}/{{number}}/documents/{{document_id}}"),
        "listRelated": ("get", f"{CASES}/{{number}}/related"),
        "joinCases": ("post", f"{CASES}/{{number}}/members"),
        "leaveCluster": ("post", f"{CASES}/{{number}}/leave"),
        "linkCases": ("post", f"{CASES}/{{number}}/links"),
        "unlinkCases": ("delete", f"{CASES}/{{number}}/links/{{kind}}/{{other}}"),
        "listEscalations": ("get", f"{CASES}/{{number}}/escalations"),
        "escalateCase": ("post", f"{CASES}/{{number}}/escalations"),
        "reportOnCase": ("post", f"{CASES}/{{number}}/closing-report"),
        "explainClocks": ("get", f"{CASES}/{{number}}/clocks"),
        "listEvents": ("get", "/api/v1/events"),
    }
    for _method, path, operation in operations.values():
        assert operation["security"] == [{"bearer": []}]
        in_path = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    references = re.findall(r'"\$ref":\s*"#/([^"]+)"', answer.text)
    assert references
    for reference in references:
        found: Any = document
        for part in reference.split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        assert found["properties"]
    body = document["paths"][CASES]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert set(document["components"]["schemas"][body.rpartition("/")[2]]["required"]) == {"type", "district", "data"}


async def test_a_token_made_for_a_post_that_ended_is_no_token(client: Client, database: Database, town: Town, made: Any) -> None:
    headers = await made("ended", "tickets.read")
    ended = text("update kernel.post set ended = :at where id = :id")
    async with database.transaction() as db:
        await db.execute(ended, {"at": MOMENT, "id": town.staff["20001"].post_id})
    try:
        problem(await client.get(CASES, headers=headers), 401)
    finally:
        async with database.transaction() as db:
            await db.execute(ended, {"at": None, "id": town.staff["20001"].post_id})


@pytest.mark.parametrize("said", ["sealed:x", "sealed:0123abcd.AAAA", "\x1asealed:0123abcd.AAAA"])
async def test_nobody_can_write_what_looks_sealed(client: Client, said: str) -> None:
    filing_ = filing() | {"data": request(contact_name=said, text=said)}
    answer = await client.post(CASES, json=filing_, headers=INTAKE)
    if said.startswith("\x1a"):
        problem(answer, 400)
        return
    number = answer.json()["number"]
    case = (await client.get(f"{CASES}/{number}", headers=INTAKE)).json()
    assert (case["data"]["text"], "contact_name" in case["data"]) == (said, False)


# -- many at once ----------------------------------------------------------------------------------------------------------------


async def test_many_cases_are_acted_on_with_a_result_each(client: Client) -> None:
    numbers_ = [await opened(client) for _i in range(4)]
    await client.post(f"{CASES}/{numbers_[1]}/actions", json={"action": "sign"}, headers=CLERK)
    asked = {"action": "sign", "numbers": [*numbers_, numbers.show(numbers.draw())]}
    done = await client.post(f"{CASES}/actions", json=asked, headers=CLERK | {"idempotency-key": "many"})
    items = done.json()["items"]
    assert [i["number"] for i in items] == asked["numbers"]
    assert [i["status"] for i in items] == [200, 409, 200, 200, 404]
    assert "is in the state" in items[1]["detail"]
    again = await client.post(f"{CASES}/actions", json=asked, headers=CLERK | {"idempotency-key": "many"})
    assert [(i["status"], i.get("fresh", True)) for i in again.json()["items"]] == [
        (200, False),
        (409, True),
        (200, False),
        (200, False),
        (404, True),
    ]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"action": "sign", "numbers": []}, 400),
        ({"action": "sign", "numbers": ["nonsense"]}, 404),
        ({"action": "sign"}, 400),
        ({"action": "sign", "numbers": ["1"] * 1001}, 400),
        ({"action": "assign", "numbers": None, "data": {"officer": ""}}, 400),
    ],
    ids=["none", "no number", "no numbers", "over a thousand", "nobody named"],
)
async def test_many_at_once_that_cannot_be(client: Client, asked: dict[str, Any], status: int) -> None:
    if asked.get("numbers", "") is None:
        asked = asked | {"numbers": [await opened(client)]}
    problem(await client.post(f"{CASES}/actions", json=asked, headers=CLERK), status)


async def test_what_is_not_declared_for_many_is_refused_case_by_case(client: Client) -> None:
    number = await opened(client)
    asked = {"action": "answer", "numbers": [number], "data": {"text": "The same for all."}}
    items = (await client.post(f"{CASES}/actions", json=asked, headers=CLERK)).json()["items"]
    assert (items[0]["status"], "many cases at once" in items[0]["detail"]) == (409, True)


async def test_a_case_tells_who_works_on_it_and_what_both_sides_said(client: Client) -> None:
    number = await opened(client)
    for doing in ({"action": "sign"}, {"action": "answer", "data": {"text": "Done.", "solved": "yes"}}):
        await client.post(f"{CASES}/{number}/actions", json=doing, headers=CLERK)
    said = {"reached": "yes", "solved": "no", "rating": "dissatisfied"}
    await client.post(f"{CASES}/{number}/actions", json={"action": "call_back", "data": said}, headers=INTAKE)
    case = (await client.get(f"{CASES}/{number}", headers=CLERK)).json()
    assert (case["state"], case["assignee"], case["helpers"], case["confidentiality"]) == ("working", "10001", [], "")
    assert case["facts"] == {"solved_by_department": True, "solved_by_resident": False, "rating": "dissatisfied", "corrections": 1}
