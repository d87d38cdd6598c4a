from typing import Annotated

import msgspec

from banshi import (
    APPLICANT,
    Action,
    Ask,
    CaseType,
    Changes,
    Deadline,
    Demo,
    DemoCase,
    Idle,
    Invalid,
    Job,
    Measure,
    Notify,
    Option,
    Outcome,
    Page,
    Permission,
    Personal,
    Queue,
    Role,
    Routes,
    Rule,
    Rung,
    Service,
    State,
    hookimpl,
    translator,
)

_ = translator("banshi_bookshelf")


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    book: Annotated[str, msgspec.Meta(min_length=1, max_length=200), Ask(label=_("Which book?"), role="title")]
    kind: Annotated[str, Ask(label=_("Which kind?"), options=(Option("novel", _("Novel")), Option("other", _("Another"))), role="category")]
    telephone: Annotated[str, Personal("telephone"), Ask(label=_("Telephone"))] = ""


class Lending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mark: Annotated[str, msgspec.Meta(min_length=1, max_length=20), Ask(label=_("Mark on the back"))]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    mark: str = ""


def has_a_number(_case, form, _context):
    if not any(letter.isdigit() for letter in form.mark):
        raise Invalid(_("Some answers need your attention."), {"mark": _("A mark has a number.")})


def keeps_the_mark(_case, form, _context):
    return Changes(facts=Facts(mark=form.mark))


WISH = CaseType(
    name="wish",
    title=_("Wish for a book"),
    form=Wish,
    opened=_("Wished for"),
    facts=Facts,
    states=(State("wished", _("Wished for")), State("lent", _("Lent"), APPLICANT), State("back", _("Back"), final=True)),
    actions=(
        Action(
            name="lend",
            title=_("Lend"),
            told=_("Lent out"),
            sources=("wished",),
            to="lent",
            needs="bookshelf.lend",
            form=Lending,
            guard=has_a_number,
            effect=keeps_the_mark,
        ),
        Action(name="take_back", title=_("Take back"), told=_("It is back"), sources=("lent",), to="back", needs="bookshelf.lend", outcome="read"),
    ),
    outcomes=(Outcome("read", _("Read")),),
    deadlines=(Deadline(name="promised", title=_("The promised limit"), limit=3, kind="promised"),),
)


def lent(case):
    return int(any(h.kind == "lend" for h in case.story))


async def tidy(context):
    async with context.transaction():
        pass


@hookimpl
def banshi_case_types():
    return [WISH]


@hookimpl
def banshi_services():
    pages = (Page("book", _("The book"), ("book", "kind", "telephone")),)
    return [Service(name="wish", title=_("Wish for a book"), summary=_("We get it for you"), subject=_("Books"), case_type="wish", pages=pages)]


@hookimpl
def banshi_roles():
    return [Role(name="librarian", title=_("Librarian"), permissions=(Permission("bookshelf.lend", _("Lend books")),))]


@hookimpl
def banshi_queues():
    return [Queue(name="wished", title=_("Wished for"), group=_("Books"), case_type="wish", states=("wished",), needs="bookshelf.lend")]


@hookimpl
def banshi_routes():
    from banshi_bookshelf import views

    return [Routes(controllers=(views.Shelf,))]


@hookimpl
def banshi_measures():
    return [
        Measure(
            name="lent",
            title=_("Lent"),
            explained=_("Wishes that came true."),
            left_out=_("None."),
            kind="rate",
            take=lent,
            case_types=("wish",),
        )
    ]


@hookimpl
def banshi_rules():
    rung = Rung(do=(Notify("department"),))
    return [Rule(name="idle", title=_("Nothing happened"), told=_("Nothing happened"), case_type="wish", when=Idle(limit=3), rungs=(rung,))]


@hookimpl
def banshi_jobs():
    return [Job(name="tidy", cron="0 3 * * *", run=tidy)]


@hookimpl
def banshi_demo():
    return [Demo(cases=lambda rng: [DemoCase(case_type="wish", district="nanpu", data={"book": str(rng.random()), "kind": "novel"})])]
