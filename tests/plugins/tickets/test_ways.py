"""Every way that a request can go, and every way that it cannot (domain 2.3, 7.2 to 7.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from banshi.cases import acting, opening, reading
from banshi.cases.acting import Act, Acted
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Changed, Forbidden, Invalid, NotAllowedNow, NotFound
from banshi.testing import MOMENT, Town

CLERK, COLLEAGUE, WORKS, PARKS, HEAD, CITY, INTAKE, OVERSIGHT = "10001", "10002", "10003", "10005", "10006", "10007", "20001", "30001"
RESIDENT, STRANGER = "resident0", "resident1"


class Matter:
    """One request on its way: who does what, and how it stands."""

    def __init__(self, db: Connection, town: Town, number: str) -> None:
        self.db, self.town, self.number = db, town, number
        self.declared = town.house.registry.case_type("tickets.request")

    def actor(self, who: str | Actor) -> Actor:
        if isinstance(who, Actor):
            return who
        return self.town.residents.get(who) or self.town.staff[who]

    async def do(self, who: str | Actor, action: str, *, at: datetime = MOMENT, revision: int | None = None, **data: Any) -> Acted:
        form = decode(self.declared.action(action).form, data)
        return await acting.act_one(
            self.db, self.town.house, self.actor(who), Act(number=self.number, action=action, form=form, revision=revision), at
        )

    async def row(self, who: str | Actor = INTAKE) -> Any:
        return await reading.get(self.db, self.town.house, self.actor(who), self.number)

    async def state(self) -> str:
        return str((await self.row()).state)

    async def department(self) -> str:
        return self.town.house.directory.department((await self.row()).department_id).code

    async def lists(self, who: str) -> bool:
        listed = await reading.listing(self.db, self.town.house, self.actor(who), reading.Query())
        return self.number in {r.number for r in listed.rows}

    async def offered(self, who: str | Actor, *, at: datetime = MOMENT) -> set[str]:
        actor = self.actor(who)
        return {a.name for a in acting.allowed(self.town.house, actor, await self.row(actor), at)}

    async def last(self) -> Any:
        return (await reading.story(self.db, (await self.row()).id, reading.FOR_STAFF))[-1]


File = Callable[..., Awaitable[Matter]]


@pytest.fixture
def file(db: Connection, town: Town, wanted: Any) -> File:
    """A function that files a request, by a resident unless told otherwise."""

    async def make(by: str = RESIDENT, **data: Any) -> Matter:
        actor = town.residents.get(by) or town.staff[by]
        return Matter(db, town, (await opening.open_one(db, town.house, actor, wanted(**data), MOMENT)).number)

    return make


async def signed(file: File, **data: Any) -> Matter:
    matter = await file(**data)
    await matter.do(CLERK, "sign")
    return matter


async def answered(file: File, solved: str = "yes", **data: Any) -> Matter:
    matter = await signed(file, **data)
    await matter.do(CLERK, "answer", text="The controller is replaced.", basis="Lighting Rules, 12", solved=solved)
    return matter


# -- (a) solved, confirmed, closed ------------------------------------------------------------------------------------------


async def test_solved_and_confirmed_by_the_resident_it_closes_with_both_facts(file: File) -> None:
    matter = await answered(file)
    await matter.do(RESIDENT, "confirm", solved="yes", rating="very_satisfied")
    row = await matter.row()
    assert (row.state, row.outcome, row.closed) == ("closed", "settled", MOMENT)
    assert (row.facts["solved_by_department"], row.facts["solved_by_resident"], row.facts["rating"]) == (True, True, "very_satisfied")


async def test_not_solved_for_the_resident_it_is_done_again_and_the_two_facts_differ(file: File) -> None:
    matter = await answered(file)
    await matter.do(RESIDENT, "confirm", solved="no")
    row = await matter.row()
    assert (row.state, row.outcome, row.closed) == ("working", None, None)
    assert (row.facts["solved_by_department"], row.facts["solved_by_resident"], row.facts["corrections"]) == (True, False, 1)
    await matter.do(CLERK, "answer", text="Now the cable too.")
    assert "call_back" in await matter.offered(INTAKE)  # done again, called back again
    assert "solved_by_resident" not in (await matter.row()).facts  # what was said was said of the old answer


async def test_what_the_department_could_only_explain_ends_as_explained(file: File) -> None:
    matter = await answered(file, solved="no")
    await matter.do(RESIDENT, "confirm", solved="yes")
    assert (await matter.row()).outcome == "explained"


async def test_nobody_has_to_give_a_reason(file: File) -> None:
    matter = await answered(file)
    await matter.do(RESIDENT, "confirm", solved="no", rating="very_dissatisfied", text="")
    assert await matter.state() == "working"


# -- (b) our part is done -------------------------------------------------------------------------------------------------


async def test_our_part_is_done_and_the_next_department_signs(file: File) -> None:
    matter = await signed(file)
    await matter.do(CLERK, "pass_on", department="east-works", text="The lamp works; the pavement is theirs.")
    row = await matter.row()
    assert (row.state, row.assignee_id, await matter.department()) == ("new", None, "east-works")
    assert (await matter.last()).body["form"]["text"] == "The lamp works; the pavement is theirs."
    with pytest.raises(NotFound):
        await matter.row(CLERK)  # it is not the department's any more
    await matter.do(WORKS, "sign")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("lighting", "It is there already"),
        ("old-works", "is dissolved"),
        ("west-works", "does not take requests"),
        ("atlantis", "no such department"),
        ("", "Choose an answer"),
    ],
    ids=["to oneself", "dissolved", "plugin off", "unknown", "nothing"],
)
async def test_it_is_not_passed_on_to(file: File, code: str, said: str) -> None:
    matter = await signed(file)
    with pytest.raises(Invalid) as refused:
        await matter.do(CLERK, "pass_on", department=code, text="x")
    assert said in str(refused.value.problems["department"])
    assert (await matter.department(), await matter.state()) == ("lighting", "working")


async def test_it_is_never_passed_on_in_a_ring(file: File) -> None:
    matter = await signed(file)
    await matter.do(CLERK, "pass_on", department="east-works", text="x")
    await matter.do(WORKS, "sign")
    await matter.do(WORKS, "pass_on", department="city-works", text="x")
    await matter.do(CITY, "sign")
    for code in ("lighting", "east-works"):
        with pytest.raises(Invalid) as refused:
            await matter.do(CITY, "pass_on", department=code, text="x")
        assert "ring" in str(refused.value.problems["department"])


# -- (c), (d) upwards ----------------------------------------------------------------------------------------------------


async def test_what_cannot_be_solved_here_goes_up_the_line_that_was_named(file: File) -> None:
    matter = await file(category="greenery")
    await matter.do(PARKS, "sign")
    await matter.do(PARKS, "raise_up", line="trade", text="The tree stands on the railway's land.")
    assert (await matter.department(), await matter.state()) == ("city-works", "new")
    other = await file(category="greenery")
    await other.do(PARKS, "sign")
    await other.do(PARKS, "raise_up", line="area", text="x")
    assert await other.department() == "east-works"


async def test_above_the_top_there_is_nobody(file: File) -> None:
    matter = await signed(file)
    with pytest.raises(Invalid) as refused:
        await matter.do(CLERK, "raise_up", line="area", text="x")
    assert set(refused.value.problems) == {"line"}


async def test_who_does_not_agree_is_told_where_to_complain_and_the_superior_gets_it_all(file: File) -> None:
    matter = await answered(file)
    told = {"course": "Visited twice.", "result": "By the rules no lamp there.", "opinion": "It is still dark.", "suggestion": "A lamp after all."}
    await matter.do(CLERK, "dispute", line="trade", **told)
    event = await matter.last()
    assert {k: event.body["form"][k] for k in told} == told
    assert event.body["told"]["contact"]["telephone"] == "0000-0000-0001"
    assert event.body["told"]["contact"]["address"]["en"] == "1 Middle Road"
    row = await matter.row()
    assert (row.state, row.closed, await matter.department()) == ("new", None, "city-works")
    assert (row.facts["solved_by_department"], row.facts["solved_by_resident"]) == (True, False)
    assert event.audience == "applicant"


# -- not ours --------------------------------------------------------------------------------------------------------------

NOT_OURS = {"duty": "List of Duties, 4.2", "text": "Private ground."}


async def test_the_intake_desk_decides_on_a_return(file: File) -> None:
    matter = await file()
    await matter.do(CLERK, "return", **NOT_OURS, department="east-works")
    assert (await matter.department(), await matter.state()) == ("hotline", "returned")
    assert {"dispatch", "uphold"} <= await matter.offered(INTAKE)
    await matter.do(INTAKE, "dispatch", department="east-works", text="Theirs by 4.2.")
    assert (await matter.department(), await matter.state()) == ("east-works", "new")


async def test_a_return_that_does_not_stand_goes_back_and_cannot_come_again(file: File) -> None:
    matter = await file()
    await matter.do(CLERK, "return", **NOT_OURS)
    await matter.do(INTAKE, "uphold", text="It is yours by 3.1.")
    assert (await matter.department(), await matter.state()) == ("lighting", "new")
    with pytest.raises(NotAllowedNow, match="returned it once already"):
        await matter.do(CLERK, "return", **NOT_OURS)


async def test_the_second_return_is_arbitrated_and_a_third_is_impossible(file: File) -> None:
    matter = await file()
    await matter.do(CLERK, "return", **NOT_OURS)
    await matter.do(INTAKE, "dispatch", department="east-works", text="x")
    await matter.do(WORKS, "return", **NOT_OURS)
    assert "arbitrate" in await matter.offered(INTAKE)
    assert not {"dispatch", "uphold"} & await matter.offered(INTAKE)
    await matter.do(INTAKE, "arbitrate", lead="lighting", helpers=["east-works", "parks"], text="One leads, two help.")
    assert (await matter.department(), await matter.state()) == ("lighting", "new")
    assert "return" not in await matter.offered(CLERK)
    with pytest.raises(NotAllowedNow):
        await matter.do(CLERK, "return", **NOT_OURS)


async def test_helpers_see_and_report_and_only_the_lead_answers(file: File) -> None:
    matter = await file()
    await matter.do(CLERK, "return", **NOT_OURS)
    await matter.do(INTAKE, "dispatch", department="east-works", text="x")
    await matter.do(WORKS, "return", **NOT_OURS)
    await matter.do(INTAKE, "arbitrate", lead="lighting", helpers=["east-works"], text="x")
    await matter.do(CLERK, "sign")
    assert await matter.lists(WORKS)
    await matter.do(WORKS, "contribute", text="The pavement is mended.")
    assert (await matter.last()).audience == "staff"
    with pytest.raises(Forbidden, match="department in charge"):
        await matter.do(WORKS, "answer", text="x")
    with pytest.raises(NotFound):
        await matter.row(PARKS)
    await matter.do(CLERK, "answer", text="Lamp and pavement are mended.")


@pytest.mark.parametrize(
    ("lead", "helpers", "field"),
    [("lighting", ["lighting"], "helpers"), ("lighting", ["old-works"], "helpers"), ("hotline", [], "lead"), (["lighting", "parks"], [], "lead")],
    ids=["the lead helps itself", "a dissolved helper", "the desk itself", "two leads"],
)
async def test_an_arbitration_that_cannot_be(file: File, lead: Any, helpers: list[str], field: str) -> None:
    matter = await file()
    await matter.do(CLERK, "return", **NOT_OURS)
    await matter.do(INTAKE, "dispatch", department="east-works", text="x")
    await matter.do(WORKS, "return", **NOT_OURS)
    with pytest.raises(Invalid) as refused:
        await matter.do(INTAKE, "arbitrate", lead=lead, helpers=helpers, text="x")
    assert set(refused.value.problems) == {field}


@pytest.mark.parametrize("duty", ["", "  ", "no"])
async def test_no_return_without_a_duty(file: File, duty: str) -> None:
    matter = await file()
    with pytest.raises(Invalid) as refused:
        await matter.do(CLERK, "return", duty=duty, text="x")
    assert set(refused.value.problems) == {"duty"}


async def test_not_taken_says_why_and_where_to_go(file: File) -> None:
    matter = await file()
    with pytest.raises(Invalid) as refused:
        await matter.do(INTAKE, "decline", text="It is before the court.")
    assert set(refused.value.problems) == {"where"}
    await matter.do(INTAKE, "decline", text="It is before the court.", where="District court, 1 Middle Road")
    row = await matter.row()
    assert (row.state, row.outcome, (await matter.last()).audience) == ("closed", "not_taken", "applicant")
    assert "rate" not in await matter.offered(RESIDENT)


# -- reviewed before it goes ---------------------------------------------------------------------------------------------------


async def test_where_a_department_wants_it_an_answer_is_read_by_another_before_it_goes(file: File) -> None:
    matter = await file(category="greenery")
    await matter.do(PARKS, "sign")
    assert "draft" in await matter.offered(PARKS)
    assert "answer" not in await matter.offered(PARKS)
    with pytest.raises(NotAllowedNow):
        await matter.do(PARKS, "answer", text="Past the review.")
    await matter.do(PARKS, "draft", text="The tree is cut back.", basis="Tree Rules, 3")
    resident = matter.actor(RESIDENT)
    story = await reading.story(matter.db, (await matter.row(resident)).id, reading.FOR_APPLICANT)
    assert "The tree is cut back." not in str([e.body for e in story])
    await matter.do(HEAD, "send_back", text="Say when.")
    await matter.do(PARKS, "draft", text="The tree was cut back on Monday.")
    await matter.do(HEAD, "approve")
    assert (await matter.last()).body["told"]["text"] == "The tree was cut back on Monday."
    assert (await matter.row()).facts.get("draft") is None


async def test_nobody_reviews_what_they_wrote(file: File) -> None:
    matter = await file(category="greenery")
    await matter.do(HEAD, "sign")
    await matter.do(HEAD, "draft", text="x")
    with pytest.raises(NotAllowedNow, match="you prepared it"):
        await matter.do(HEAD, "approve")
    with pytest.raises(Forbidden):
        await matter.do(PARKS, "approve")  # a clerk has no right to review


# -- the call back ------------------------------------------------------------------------------------------------------------


async def test_the_desk_calls_back_and_what_was_said_closes_it(file: File) -> None:
    matter = await answered(file)
    await matter.do(INTAKE, "call_back", reached="yes", solved="yes", rating="satisfied", text="好了。")
    row = await matter.row()
    assert (row.state, row.outcome, row.facts["rating"], row.facts["solved_by_resident"]) == ("closed", "settled", "satisfied", True)


async def test_not_satisfied_is_done_again_and_called_back_again(file: File) -> None:
    matter = await answered(file)
    await matter.do(INTAKE, "call_back", reached="yes", solved="no", rating="dissatisfied")
    assert ((await matter.row()).facts["corrections"], await matter.state()) == (1, "working")
    await matter.do(CLERK, "answer", text="Done again.")
    await matter.do(INTAKE, "call_back", reached="yes", solved="yes", rating="fairly_satisfied")
    assert await matter.state() == "closed"


async def test_no_answer_is_not_rated_and_never_satisfied(file: File) -> None:
    matter = await answered(file)
    for _attempt in range(2):
        await matter.do(INTAKE, "call_back", reached="no_answer")
        assert await matter.state() == "answered"
    await matter.do(INTAKE, "call_back", reached="no_answer")
    row = await matter.row()
    assert (row.state, row.facts["calls"]) == ("closed", 3)
    assert "rating" not in row.facts
    assert "solved_by_resident" not in row.facts
    assert "rate" in await matter.offered(RESIDENT)  # the resident can still say


@pytest.mark.parametrize(
    "data", [{"reached": "no_answer", "rating": "satisfied"}, {"reached": "declined", "solved": "yes"}, {"reached": "yes"}], ids=str
)
async def test_a_call_back_that_cannot_be(file: File, data: dict[str, str]) -> None:
    matter = await answered(file)
    with pytest.raises(Invalid):
        await matter.do(INTAKE, "call_back", **data)
    assert await matter.state() == "answered"


async def test_the_department_that_is_judged_does_not_call_and_the_handler_never_rates(file: File) -> None:
    matter = await answered(file)
    with pytest.raises(Forbidden):
        await matter.do(CLERK, "call_back", reached="yes", solved="yes", rating="very_satisfied")
    with pytest.raises(Forbidden):
        await matter.do(CLERK, "confirm", solved="yes", rating="very_satisfied")
    with pytest.raises(Forbidden):
        await matter.do(INTAKE, "rate", rating="very_satisfied")
    own = await file(category="graffiti", area="", by=STRANGER, district="ruan")  # nobody's duty: the desk itself is in charge
    await own.do(INTAKE, "sign")
    await own.do(INTAKE, "answer", text="It is explained.")
    with pytest.raises(NotAllowedNow):
        await own.do(INTAKE, "call_back", reached="yes", solved="yes", rating="very_satisfied")


# -- rating ------------------------------------------------------------------------------------------------------------------


async def closed(file: File) -> Matter:
    matter = await answered(file)
    await matter.do(CLERK, "close", outcome="settled")
    return matter


async def test_a_closed_request_is_rated_once(file: File) -> None:
    matter = await closed(file)
    await matter.do(RESIDENT, "rate", rating="fairly_satisfied")
    row = await matter.row()
    assert (row.state, row.outcome, row.facts["rating"]) == ("closed", "settled", "fairly_satisfied")
    with pytest.raises(NotAllowedNow):
        await matter.do(RESIDENT, "rate", rating="very_dissatisfied")


async def test_a_bad_rating_takes_it_up_again(file: File) -> None:
    matter = await closed(file)
    await matter.do(RESIDENT, "rate", rating="very_dissatisfied")
    row = await matter.row()
    assert (row.state, row.closed, row.outcome) == ("working", None, None)


async def test_nobody_rates_the_request_of_another(file: File) -> None:
    matter = await closed(file)
    with pytest.raises(NotFound):
        await matter.do(STRANGER, "rate", rating="very_satisfied")


async def test_after_the_window_nothing_is_rated_or_taken_up_again(file: File) -> None:
    matter = await closed(file)
    late = MOMENT + timedelta(days=30, seconds=1)
    assert "rate" not in await matter.offered(RESIDENT, at=late)
    with pytest.raises(NotAllowedNow):
        await matter.do(RESIDENT, "rate", rating="satisfied", at=late)
    with pytest.raises(NotAllowedNow, match="30 days"):
        await matter.do(RESIDENT, "reopen", text="It is dark again.", at=late)
    await matter.do(RESIDENT, "reopen", text="It is dark again.", at=late - timedelta(seconds=1))
    assert await matter.state() == "working"


# -- withdrawing, asking, telling ------------------------------------------------------------------------------------------


async def test_withdrawn_while_an_answer_is_being_written_the_clerk_is_told(file: File) -> None:
    matter = await signed(file)
    seen = (await matter.row(CLERK)).revision
    await matter.do(RESIDENT, "withdraw")
    with pytest.raises(Changed) as told:
        await matter.do(CLERK, "answer", text="A long answer.", revision=seen)
    assert [e.kind for e in told.value.events] == ["withdraw"]
    assert ((await matter.row()).outcome, await matter.state()) == ("withdrawn", "closed")


async def test_progress_is_told_without_answering(file: File) -> None:
    matter = await signed(file)
    await matter.do(CLERK, "tell", text="The part comes on Monday.")
    assert (await matter.state(), (await matter.last()).audience) == ("working", "applicant")


# -- who may not, whom it is given to -----------------------------------------------------------------------------------------


async def test_who_declares_a_connection_is_kept_from_the_request(file: File) -> None:
    matter = await signed(file)
    await matter.do(CLERK, "recuse", relation="neighbour")
    assert (await matter.row()).assignee_id is None
    with pytest.raises(NotFound):
        await matter.row(CLERK)
    assert not await matter.lists(CLERK)
    with pytest.raises(NotFound):
        await matter.do(CLERK, "answer", text="x")
    with pytest.raises(Invalid, match="kept from"):
        await matter.do(COLLEAGUE, "assign", officer=CLERK)
    await matter.do(COLLEAGUE, "assign", officer=COLLEAGUE)


async def test_a_request_is_given_to_an_officer_of_the_department_only(file: File) -> None:
    matter = await signed(file)
    await matter.do(CLERK, "assign", officer=COLLEAGUE, text="Please.")
    assert (await matter.row()).assignee_id == matter.actor(COLLEAGUE).post_id
    for officer in (WORKS, "99999"):
        with pytest.raises(Invalid):
            await matter.do(CLERK, "assign", officer=officer)


# -- kinds --------------------------------------------------------------------------------------------------------------------


async def test_praise_reaches_the_officer(file: File) -> None:
    matter = await file(kind="praise", officer=WORKS, text="He carried my shopping up.")
    row = await matter.row()
    assert (await matter.department(), row.assignee_id) == ("east-works", matter.actor(WORKS).post_id)
    await matter.do(WORKS, "sign")


async def test_praise_of_nobody_is_told(file: File) -> None:
    with pytest.raises(Invalid, match="Nobody has the staff number 77"):
        await file(kind="praise", officer="77")


async def test_a_complaint_about_an_officer_does_not_go_to_that_officer(file: File) -> None:
    matter = await file(kind="complaint", officer=WORKS)
    row = await matter.row()
    assert (await matter.department(), row.assignee_id) == ("lighting", None)


@pytest.mark.parametrize(("urgency", "priority"), [("normal", 0), ("urgent", 1), ("danger", 2)])
async def test_urgency_is_the_priority_of_the_case(file: File, urgency: str, priority: int) -> None:
    matter = await file(urgency=urgency)
    assert (await matter.row()).priority == priority
    await matter.do(CLERK, "prioritise", urgency="normal")
    assert (await matter.row()).priority == 0


@pytest.mark.parametrize(
    ("data", "protection"),
    [({"kind": "report"}, "hidden"), ({"discreet": True}, "discreet"), ({}, ""), ({"kind": "report", "discreet": True}, "hidden")],
)
async def test_how_a_person_is_protected(file: File, data: dict[str, Any], protection: str) -> None:
    assert (await (await file(**data)).row()).confidentiality == protection
