"""What a resident's own case allows, what it refuses and in which words; what stands on its page, and on paper."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opened
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Database
from banshi.testing import Clock, Town, statements

ANSWER = {"text": "The controller is replaced.", "solved": "yes"}


class Story:
    """A case that other people move, at the clock's moment."""

    def __init__(self, database: Database, town: Town, clock: Clock) -> None:
        self.database, self.town, self.clock, self.opened = database, town, clock, Opened(number="", code="", fresh=True)

    @property
    def path(self) -> str:
        return f"/case/{numbers.show(self.opened.number)}"

    async def open(self, wanted: Any, actor: Actor) -> None:
        async with self.database.transaction() as db:
            self.opened = await opening.open_one(db, self.town.house, actor, wanted, self.clock.moment)

    async def act(self, actor: Actor, action: str, answers: dict[str, Any] | None = None) -> None:
        declared = self.town.house.registry.case_type("tickets.request").action(action)
        act = Act(number=self.opened.number, action=action, form=decode(declared.form, answers or {}))
        async with self.database.transaction() as db:
            await acting.act_one(db, self.town.house, actor, act, self.clock.moment)

    async def state(self) -> str:
        async with self.database.transaction() as db:
            return str((await db.execute(select(case.c.state).where(case.c.number == self.opened.number))).scalar_one())


@pytest.fixture
async def story(database: Database, town: Town, clock: Clock, wanted: Any) -> Story:
    """A request of resident0 at Lighting, answered."""
    made = Story(database, town, clock)
    await made.open(wanted(), town.residents["resident0"])
    await made.act(town.staff["10001"], "sign")
    await made.act(town.staff["10001"], "answer", ANSWER)
    return made


async def do(person: Person, story: Story, action: str, **answers: Any) -> Page:
    page = await person.get(f"{story.path}?do={action}")
    return await person.send(page, f"{story.path}/{action}", **answers)


async def test_five_wrong_codes_confirm_nothing_and_the_right_one_still_does(client: AsyncTestClient[Any], story: Story) -> None:
    person = Person(client)
    page = await person.get("/track")
    token = page.form("/track")["fields"]["_csrf_token"][0]
    for guess in range(1, 6):
        wrong = f"{(int(story.opened.code) + guess) % 10**6:06d}"
        assert (await person.send(page, "/track", number=story.opened.number, code=wrong)).status == 404
        sent = await person.post(f"{story.path}/confirm", {"_csrf_token": token, "solved": "yes", "rating": "very_satisfied"})
        assert sent.status == 404
    assert await story.state() == "answered"
    await person.send(page, "/track", number=story.opened.number, code=story.opened.code)
    await do(person, story, "confirm", solved="yes", rating="satisfied")
    assert await story.state() == "closed"


async def test_it_is_rated_once(client: AsyncTestClient[Any], story: Story, town: Town) -> None:
    await story.act(town.staff["10001"], "close", {"outcome": "settled"})
    person = Person(client)
    await person.sign_in("resident0")
    form = await person.get(f"{story.path}?do=rate")
    assert (await person.send(form, f"{story.path}/rate", rating="satisfied")).status == 200
    second = form.form(f"{story.path}/rate")["fields"] | {"rating": ["very_dissatisfied"], "key": ["another-press"]}
    again = await person.post(f"{story.path}/rate", second)
    assert (again.status, "There is a problem" in again.text) == (409, True)
    assert await story.state() == "closed"
    assert f"{story.path}?do=rate#do" not in (await person.get(story.path)).links.values()


@pytest.mark.parametrize("action", ["rate", "confirm", "add", "withdraw", "reopen", "nothing"])
async def test_somebody_elses_case_is_not_there(client: AsyncTestClient[Any], story: Story, action: str) -> None:
    person = Person(client)
    page = await person.sign_in("resident1")
    token = page.form("/sign-out")["fields"]["_csrf_token"][0]
    sent = await person.post(f"{story.path}/{action}", {"_csrf_token": token, "rating": "satisfied", "solved": "yes", "text": "Mine?"})
    assert sent.status == 404
    assert "路灯" not in sent.text
    assert await story.state() == "answered"
    for path in (story.path, story.path + "/print"):
        assert str((await person.get(path)).response.url.path) == "/track"


async def test_withdrawn_while_an_answer_is_being_written_the_clerk_is_told_and_keeps_the_words(
    client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock, wanted: Any
) -> None:
    story = Story(database, town, clock)
    await story.open(wanted(), town.residents["resident0"])
    await story.act(town.staff["10001"], "sign")
    clerk = Person(client)
    await clerk.sign_in("chen")
    desk = f"/desk{story.path}"
    writing = await clerk.get(f"{desk}?do=answer")
    clock.forward(minutes=5)
    await story.act(town.residents["resident0"], "withdraw", {"text": "It shines again."})
    late = await clerk.send(writing, f"{desk}/answer", **ANSWER)
    assert late.status == 409
    assert "It shines again." in late.text
    assert ANSWER["text"] in late.response.text
    assert late.form(f"{desk}/answer")["fields"]["text"] == [ANSWER["text"]]
    assert await story.state() == "closed"


async def test_after_the_window_it_is_not_taken_up_again_and_the_way_on_is_told(
    client: AsyncTestClient[Any], story: Story, town: Town, clock: Clock
) -> None:
    await story.act(town.staff["10001"], "close", {"outcome": "settled"})
    person = Person(client)
    await person.sign_in("resident0")
    page = await person.get(f"{story.path}?do=reopen")
    clock.forward(days=400)
    await person.sign_in("resident0")
    fresh = await person.get(story.path)
    late = page.form(f"{story.path}/reopen")["fields"] | {"text": ["Dark again."]}
    late["_csrf_token"] = fresh.form("/sign-out")["fields"]["_csrf_token"]
    answer = await person.post(f"{story.path}/reopen", late)
    assert answer.status == 409
    assert "File it anew and give the old number" in answer.text
    assert "Dark again." in answer.response.text
    assert await story.state() == "closed"


async def test_the_page_says_who_has_it_where_to_complain_and_by_which_rule(client: AsyncTestClient[Any], story: Story, database: Database) -> None:
    person = Person(client)
    await person.sign_in("resident0")
    with statements(client.app.state.site.database) as said:
        page = await person.get(story.path)
    assert len([s for s in said if not s.startswith("SAVEPOINT")]) <= 8, said
    for words in ("Lighting", "Oversight Office", "1 Middle Road", "Street lamps", "Ruan Lighting Rules (sample)"):
        assert words in page.text
    assert {"tel:000000000004", "tel:000000000001"} <= set(page.links.values())


async def test_on_paper_stand_number_and_story_and_never_the_code(client: AsyncTestClient[Any], story: Story) -> None:
    person = Person(client)
    await person.send(await person.get("/track"), "/track", number=story.opened.number, code=story.opened.code)
    sheet = await person.get((await person.get(story.path)).links["A page to print"])
    assert sheet.status == 200
    for words in (numbers.show(story.opened.number), ANSWER["text"], "路灯黑了三天了", "Lighting", "Oversight Office"):
        assert words in sheet.text.replace("- ", "-")
    code = story.opened.code
    assert code not in sheet.response.text
    assert f"{code[:3]} {code[3:]}" not in sheet.text


async def test_large_type_keeps_every_link_and_every_form(client: AsyncTestClient[Any], story: Story) -> None:
    person = Person(client)
    await person.sign_in("resident0")
    begun = await person.send(await person.get("/d/east/services/tickets/request"), "/d/east/services/tickets/request")
    paths = ["/d/east", "/d/east?q=lamp", "/d/east?q=zzz", "/d/east/services/tickets/request", str(begun.response.url.path)]
    paths += [str(begun.response.url.path).rpartition("/")[0] + "/check", "/track", f"/track?number={story.opened.number}", "/sign-in"]
    paths += ["/my", "/my/inbox", "/my/mandates", story.path, f"{story.path}?do=confirm", f"{story.path}/print", "/nowhere"]
    for path in paths:
        normal, large = [await person.get(path + ("&" if "?" in path else "?") + f"large={n}") for n in "01"]
        assert (normal.status, 'class="govuk-template large"' in large.response.text) == (large.status, True), path
        kept = [[v.replace("&large=0", "").replace("&large=1", "") for v in p.links.values() if "large=" not in v] for p in (normal, large)]
        assert kept[0] == kept[1], path
        assert [(f["action"], f["method"], sorted(f["fields"])) for f in normal.forms] == [
            (f["action"], f["method"], sorted(f["fields"])) for f in large.forms
        ], path
