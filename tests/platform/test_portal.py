"""A resident files, gets a number, follows it and answers: the pages, without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select, text

from banshi.cases import acting, numbers, opening
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Database
from banshi.identity import throttle
from banshi.privacy import Keyring
from banshi.testing import MOMENT, Clock, Town
from banshi_tickets.forms import Question

START = "/d/east/services/tickets/request"
ANSWERS: dict[str, dict[str, str]] = {
    "what": {"kind": "complaint", "category": "street_lighting"},
    "urgency": {"urgency": "normal"},
    "text": {"text": "路灯黑了三天了。老人晚上不敢下楼。"},
    "where": {"area": "persimmon", "place": "3 号门口"},
    "contact": {"contact_name": "张小芳", "contact_telephone": "100 0000 1234"},
}


async def fill(person: Person, **changes: dict[str, str]) -> Page:
    """Answer every question group and return the check page."""
    page = await person.send(await person.get(START), START)
    for _ in range(8):
        step = str(page.response.url).rpartition("/")[2]
        if step == "check":
            return page
        page = await person.send(page, START, **ANSWERS[step] | changes.get(step, {}))
    return page


async def how_many(database: Database) -> int:
    async with database.transaction() as db:
        return int((await db.execute(select(func.count()).select_from(case))).scalar_one())


async def test_a_resident_files_and_follows_with_number_and_code(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    check = await fill(person)
    assert "路灯黑了三天了" in check.text
    done = await person.send(check, START)
    number = re.search(r"\d{4}-\d{4}-\d{4}", done.text)
    code = re.search(r"(?<!\d)\d{3} ?\d{3}(?![\d-])", done.text.replace(number[0], "").replace("0000-0000", "")) if number else None
    assert number
    assert code
    assert "Lighting" in done.text
    client.cookies.clear()
    page = await person.get("/track")
    page = await person.send(page, "/track", number=number[0], code=code[0])
    assert page.status == 200
    assert "路灯黑了三天了" in page.text
    assert "Oversight Office" in page.text
    page = await person.get(f"/case/{number[0]}?do=add")
    page = await person.send(page, f"/case/{number[0]}/add", text="隔壁也黑了。")
    assert "隔壁也黑了。" in page.text


async def test_the_number_alone_shows_stage_and_department_no_text_and_no_name(
    client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any
) -> None:
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)).number
    page = await Person(client).get(f"/case/{numbers.show(number)}")
    assert str(page.response.url.path) == "/track"
    assert "Lighting" in page.text
    for hidden in ("路灯", "柿", "张", "0000 1234", "****1234"):
        assert hidden not in page.text


async def test_a_double_press_is_one_case(client: AsyncTestClient[Any], database: Database) -> None:
    person = Person(client)
    check = await fill(person)
    first, second = await person.send(check, START), await person.send(check, START)
    assert re.findall(r"\d{4}-\d{4}-\d{4}", first.text)[0] == re.findall(r"\d{4}-\d{4}-\d{4}", second.text)[0]
    assert await how_many(database) == 1


async def test_wrong_answers_are_told_beside_their_field_and_kept(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    page = await person.send(await person.get(START), START)
    page = await person.send(page, START, category="nonsense")
    assert page.status == 400
    assert page.text.startswith("Error:") or "Error:" in page.text[:80]
    page = await person.send(page, START, **ANSWERS["what"])
    page = await person.send(page, START, **ANSWERS["urgency"])
    long = "电" * 4001
    page = await person.send(page, START, text=long)
    assert page.status == 400
    assert page.form(START)["fields"]["text"] == [long]
    assert "4001" in page.text
    page = await person.send(page, START, text="<script>alert(1)</script>")
    page = await person.send(page, START, area="pine")
    assert page.status == 400
    page = await person.send(page, START, **ANSWERS["where"])
    page = await person.send(page, START, contact_name="A", contact_telephone="call me")
    assert page.status == 400
    assert page.form(START)["fields"]["contact_telephone"] == ["call me"]
    page = await person.send(page, START, contact_telephone="100 0000 1234")
    assert "<script>alert" not in page.response.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.response.text


@pytest.mark.parametrize("bad", [b"nul%00inside", b"%ED%A0%80", b"%FF%FE%FA"])
async def test_bytes_that_are_no_text_are_an_error_of_the_field_not_of_ours(client: AsyncTestClient[Any], bad: bytes) -> None:
    person = Person(client)
    page = await person.send(await person.get(START), START)
    page = await person.send(page, START, **ANSWERS["what"])
    page = await person.send(page, START, **ANSWERS["urgency"])
    form = page.form(START)
    body = b"_csrf_token=" + form["fields"]["_csrf_token"][0].encode() + b"&text=" + bad
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await client.post(form["action"], content=body, headers=headers, follow_redirects=False)
    assert response.status_code in {303, 400}
    if response.status_code == 303:
        assert "\ufffd" in (await person.get(form["action"])).form(START)["fields"]["text"][0]


async def test_back_never_loses_anything(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    check = await fill(person)
    base = str(check.response.url.path).rpartition("/")[0]
    for step, answers in ANSWERS.items():
        fields = (await person.get(f"{base}/{step}")).form(base)["fields"]
        assert {k: fields[k][0] for k in answers} == answers


async def answered(person: Person, *steps: tuple[str, dict[str, str]]) -> Page:
    """Begin, and answer these pages one after the other; each must be the one that is asked."""
    page = await person.send(await person.get(START), START)
    for step, answers in steps:
        assert str(page.response.url.path).rpartition("/")[2] == step
        page = await person.send(page, START, **answers)
    return page


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("complaint", "urgency"), ("report", "urgency"), ("praise", "officer"), ("suggestion", "text"), ("consultation", "text")],
)
async def test_a_page_is_asked_only_with_the_answers_that_it_hangs_on(client: AsyncTestClient[Any], kind: str, asked: str) -> None:
    person = Person(client)
    page = await answered(person, ("what", {"kind": kind, "category": "other"}))
    path = str(page.response.url.path)
    assert path.endswith("/" + asked)
    total = 4 if asked == "text" else 5
    assert f"Question 2 of {total}" in page.text
    skipped = next(s for s in ("urgency", "officer") if s != asked)
    passed = await person.get(path.rpartition("/")[0] + "/" + skipped)
    assert not str(passed.response.url.path).endswith(skipped)
    base = path.rpartition("/")[0]
    assert (await person.get(base + "/text")).links["Back"] == base + ("/what" if asked == "text" else "/" + asked)


async def test_answers_to_what_is_no_longer_asked_are_not_filed(client: AsyncTestClient[Any], database: Database) -> None:
    person = Person(client)
    check = await fill(person, what={"kind": "complaint", "category": "other"}, urgency={"urgency": "urgent"})
    assert "It gets worse by the hour" in check.text
    base = str(check.response.url.path).rpartition("/")[0]
    await person.send(await person.get(f"{base}/what"), START, kind="suggestion", category="other")
    check = await person.get(f"{base}/check")
    assert "It gets worse by the hour" not in check.text
    assert (await person.send(check, START)).status == 200
    async with database.transaction() as db:
        row = (await db.execute(select(case.c.data, case.c.priority))).one()
    assert (row.data["urgency"], row.priority) == ("normal", 0)


async def test_danger_says_whom_to_call_once_before_going_on_and_again_at_the_end(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    warning = await answered(person, ("what", ANSWERS["what"]), ("urgency", {"urgency": "danger"}))
    for number in ("110", "119", "120"):
        assert f"tel:{number}" in warning.links.values()
    page = await person.get(warning.links["I have read this: go on"])
    assert str(page.response.url.path).endswith("/text")
    base = str(page.response.url.path).rpartition("/")[0]
    again = await person.send(await person.get(f"{base}/urgency"), START, urgency="danger")
    assert str(again.response.url.path).endswith("/text"), "it was read before"
    await person.send(await person.get(f"{base}/urgency"), START, urgency="normal")
    again = await person.send(await person.get(f"{base}/urgency"), START, urgency="danger")
    assert "tel:120" in again.links.values()
    for step in ("text", "where", "contact"):
        page = await person.send(await person.get(f"{base}/{step}"), START, **ANSWERS[step])
    done = await person.send(page, START)
    assert "Case number" in done.text
    assert {f"tel:{number}" for number in ("110", "119", "120")} <= set(done.links.values())


async def test_a_form_without_a_token_comes_back_with_its_input(client: AsyncTestClient[Any], database: Database) -> None:
    person = Person(client)
    page = await person.send(await person.get(START), START)
    page = await person.send(page, START, **ANSWERS["what"])
    page = await person.send(page, START, **ANSWERS["urgency"])
    action = page.form(START)["action"]
    again = await person.post(action, {"text": "No token with this."})
    assert again.status == 403
    assert "No token with this." in again.text
    following = await person.send(again, action)
    assert following.status == 200
    assert str(following.response.url).endswith("/where")


async def test_a_cookie_of_an_old_secret_does_not_lock_anybody_out(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    client.cookies.set("csrf", "0" * 128)
    page = await person.send(await person.get(START), START)
    assert page.status == 403
    page = await person.send(page, START)
    assert page.status == 200


async def test_unknown_number_wrong_digit_and_wrong_code_each_say_so(
    client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any
) -> None:
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)
    person = Person(client)
    unknown = numbers.draw()
    page = await person.send(await person.get("/track"), "/track", number=unknown, code="123456")
    assert page.status == 404
    page = await person.send(page, "/track", number=unknown, code="")
    assert (page.status, "no case with this number" in page.text) == (404, True)
    mistyped = opened.number[:-1] + str((int(opened.number[-1]) + 1) % 10)
    page = await person.send(page, "/track", number=mistyped, code=opened.code)
    assert (page.status, "a digit is wrong" in page.text) == (400, True)
    wrong = f"{(int(opened.code) + 1) % 10**6:06d}"
    page = await person.send(page, "/track", number=numbers.show(opened.number), code=wrong)
    assert (page.status, "do not belong together" in page.text) == (404, True)
    assert page.form("/track")["fields"]["number"] == [numbers.show(opened.number)]


async def test_guessing_codes_is_throttled_and_the_right_one_too_then(
    client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any, clock: Clock
) -> None:
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)
    person = Person(client)
    page = await person.get("/track")
    for guess in range(throttle.CODE_BY_NUMBER.most):
        await person.send(page, "/track", number=opened.number, code=f"{(int(opened.code) + guess + 1) % 10**6:06d}")
    answer = await person.send(page, "/track", number=opened.number, code=opened.code)
    assert answer.status == 429
    assert int(answer.response.headers["retry-after"]) > 0
    clock.forward(hours=2)
    assert (await person.send(page, "/track", number=opened.number, code=opened.code)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_a_district_that_has_the_plugin_off_has_nothing_there_by_any_method(client: AsyncTestClient[Any], method: str) -> None:
    csrf = (await Person(client).get("/d/east")).response.cookies.get("csrf") or client.cookies.get("csrf", "")
    for path in ("/d/west/services/tickets/request", "/d/west/tickets", "/d/west/tickets/anything"):
        response = await client.request(method, path, headers={"x-csrftoken": csrf})
        assert response.status_code == 404, (method, path, response.status_code)


async def test_what_is_off_is_absent_from_home_and_search(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    assert START in (await person.get("/d/east?q=路灯")).response.text
    west = (await person.get("/d/west?q=路灯")).response.text
    assert "services/tickets" not in west


async def test_home_asks_for_the_district_and_remembers_it(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    choose = await person.get("/")
    assert "/d/north" in choose.links.values()
    await person.get("/d/north")
    assert "/d/north/services/tickets/request" in (await person.get("/")).response.text


async def test_a_number_in_the_search_field_leads_to_the_case(client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any) -> None:
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)
    page = await Person(client).get(f"/d/east?q={numbers.show(opened.number)}")
    assert "Lighting" in page.text


async def test_a_mistyped_number_in_the_search_field_says_so_and_nothing_found_has_ways_on(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    page = await person.get("/d/east?q=4071-8826-3916")
    assert "a digit is wrong or two are swapped" in page.text
    page = await person.get("/d/east?q=zzz")
    assert "Nothing here fits these words" in page.text
    assert {"/track", "/my", "tel:12345", START} <= set(page.links.values())
    client.cookies.clear()
    assert any("q=%E8%B7%AF%E7%81%AF" in link for link in (await person.get("/?q=路灯")).links.values()), "the words come along to the district"


async def test_home_says_how_many_cases_wait_for_the_resident(client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any) -> None:
    resident, officer = town.residents["resident0"], town.staff["10001"]
    async with database.transaction() as db:
        for count in range(3):
            number = (await opening.open_one(db, town.house, resident, wanted(), MOMENT)).number
            for action, form in (("sign", None), ("ask", Question(text="Which pole?")))[: 1 + (count == 0)]:
                await acting.act_one(db, town.house, officer, acting.Act(number=number, action=action, form=form), MOMENT)
    person = Person(client)
    await person.sign_in("resident0")
    assert "3 open, 1 waiting for you" in (await person.get("/d/east")).text


@pytest.mark.parametrize("path", ["/nowhere", "/d/atlantis", "/case/1234", "/d/east/services/tickets/nothing", "/d/elm", "/static/../secret"])
async def test_what_is_not_there_is_a_designed_page_with_ways_on(client: AsyncTestClient[Any], path: str) -> None:
    page = await Person(client).get(path)
    assert page.status == 404
    assert "/" in page.links.values()
    assert "Traceback" not in page.response.text


async def test_a_draft_that_is_over_is_gone(client: AsyncTestClient[Any], clock: Clock) -> None:
    person = Person(client)
    page = await person.send(await person.get(START), START)
    clock.forward(days=8)
    assert (await person.get(str(page.response.url.path))).status == 410


async def test_my_cases_need_a_sign_in_and_show_what_is_new(client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any) -> None:
    async with database.transaction() as db:
        await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
        await opening.open_one(db, town.house, town.residents["resident1"], wanted(text="Not mine."), MOMENT)
    person = Person(client)
    assert (await person.get("/my")).status == 401
    page = await person.sign_in("resident0", path="/my")
    assert page.status == 200
    assert "路灯黑了三天了" in page.text
    assert "Not mine" not in page.text


@pytest.mark.parametrize(("asked", "tag"), [("zh", "zh-CN"), ("en", "en"), ("xx", "zh-CN"), ("zh%00", "zh-CN"), ("", "zh-CN")])
async def test_an_absent_language_is_answered_in_the_default_and_a_choice_is_remembered(client: AsyncTestClient[Any], asked: str, tag: str) -> None:
    response = await client.get(f"/d/east?lang={asked}", headers={"accept-language": "fr"})
    assert f'lang="{tag}"' in response.text
    again = await client.get("/d/east", headers={"accept-language": "fr"})
    assert f'lang="{tag}"' in again.text


async def test_large_type_is_remembered(client: AsyncTestClient[Any]) -> None:
    await client.get("/d/east?large=1")
    assert re.search(r'<html[^>]*class="[^"]*large', (await client.get("/track")).text)
    await client.get("/track?large=0")
    assert not re.search(r'<html[^>]*class="[^"]*large', (await client.get("/track")).text)


async def test_every_answer_carries_its_guards(client: AsyncTestClient[Any]) -> None:
    for path in ("/d/east", "/nowhere", "/api/v1/cases", "/health"):
        headers = (await client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]
    cookies = (await client.get("/d/east?lang=en")).headers.get_list("set-cookie")
    assert all("HttpOnly" in c and "SameSite=lax" in c for c in cookies)


async def test_a_body_that_is_too_large_is_refused(client: AsyncTestClient[Any]) -> None:
    response = await client.post("/track", content=b"number=" + b"1" * 2_000_000, headers={"content-type": "application/x-www-form-urlencoded"})
    assert response.status_code == 413


async def test_nothing_personal_is_stored_in_the_clear(client: AsyncTestClient[Any], database: Database, keyring: Keyring) -> None:
    person = Person(client)
    await person.send(await fill(person, text={"text": "No names in this."}), START)
    async with database.transaction() as db:
        tables = (await db.execute(text("select table_name from information_schema.tables where table_schema = 'kernel'"))).scalars().all()
        for table in tables:
            rows = (await db.execute(text(f'select * from kernel."{table}"'))).all()
            assert "张小芳" not in str(rows), table
            assert "10000001234" not in str(rows).replace(" ", ""), table


async def test_static_parts_are_kept_for_good_and_pages_not_at_all(client: AsyncTestClient[Any]) -> None:
    page = await client.get("/d/east")
    assert page.headers["cache-control"] == "no-store"
    style = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
    assert style
    assert "immutable" in (await client.get(style[1])).headers["cache-control"]
