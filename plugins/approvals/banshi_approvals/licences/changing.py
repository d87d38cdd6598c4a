"""What a holder changes: the name, the address, or that they need it no longer and give it back (Administrative Licensing Law, articles 49, 70)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from banshi import (
    NOBODY,
    OFFICE,
    Action,
    Ask,
    CaseType,
    Changes,
    Context,
    Deadline,
    Filing,
    Invalid,
    Marks,
    Option,
    Outcome,
    Page,
    Personal,
    Service,
    Snapshot,
    State,
    Step,
    translator,
)
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content
from banshi_approvals.licences import register, writing

_ = translator("banshi_approvals")

PROBLEM = _("Some answers need your attention.")
WHAT = (
    Option("name", _("The name")),
    Option("place", _("The address of the premises")),
    Option("give_back", _("I give it back"), warning=_("A licence that was given back cannot be used any more. To have one again, apply anew.")),
)


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed on which licence."""

    licence: Annotated[
        str, msgspec.Meta(min_length=1, max_length=40), Ask(label=_("Number of the licence"), hint=_("It stands at the top of the licence"))
    ]
    what: Annotated[str, Ask(label=_("What changes?"), options=WHAT)]
    holder: Annotated[str, msgspec.Meta(max_length=120), Personal("name"), Ask(label=_("The new name"), autocomplete="name")] = ""
    place: Annotated[str, msgspec.Meta(max_length=200), Ask(label=_("The new address"), autocomplete="street-address")] = ""
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=1000), Ask(label=_("Why"), rows=3)]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The licence that it is about."""

    licence: str = ""
    granting: str = ""


async def prepare(db: Any, form: Change, filing: Filing) -> Marks:
    """Pin the licence; it must be one's own, and still one."""
    row = await register.read(db, form.licence)
    if row is None:
        raise Invalid(PROBLEM, {"licence": _("There is no licence with this number.")})
    if row["state"] in register.ENDED:
        raise Invalid(PROBLEM, {"licence": _("This licence was revoked or given back already.")})
    actor = filing.actor
    if actor.capacity == "resident" and row["person_id"] not in {actor.acting_for_id or actor.person_id} - {None}:
        raise Invalid(PROBLEM, {"licence": _("This licence does not belong to your account. A window changes it with you.")})
    if form.what == "name" and not form.holder.strip():
        raise Invalid(PROBLEM, {"holder": _("Write the new name.")})
    if form.what == "place" and not form.place.strip():
        raise Invalid(PROBLEM, {"place": _("Write the new address.")})
    return Marks(
        title=f"{content.say(row['title'], 'zh')} {row['number']}",
        category=row["item"],
        department_id=row["department_id"],
        facts=Facts(licence=row["number"], granting=row["granting"]),
        ties=((row["granting"], "follow_up"),),
    )


async def read(db: Any, case: Snapshot, form: Any, context: Context) -> Any:
    """Read and lock the licence."""
    return await register.read(db, case.facts.licence, lock=True)


def changed(case: Snapshot, form: Any, context: Context) -> Changes:
    """Change it as asked; what was changed is a new paper, what was given back is none any more."""
    row, what = writing.alive(context.found, case.facts.licence), case.data["what"]
    key, today = f"{what}:{case.number}", context.city.day(case.district_id, context.at)
    if what == "give_back":
        rows = (
            writing.changed(row, context, state="cancelled", renewing_case_id=None),
            writing.event(row["number"], "cancelled", key, context),
            writing.paper(
                row,
                context,
                "revocation",
                key,
                how="cancelled",
                reasons=str(case.data["reason"]),
                since=today,
            ),
        )
        return Changes(rows=rows, tells=(writing.told(row, "cancelled"),))
    holder, place = context.vault.unseal(row["holder"], "holder"), row["place"]
    values: dict[str, Any] = {}
    if what == "name":
        holder = context.vault.unseal(str(case.data["holder"]), "holder")
        values = {"holder": context.vault.seal(holder, "holder"), "holder_index": context.vault.index("name", holder)}
    else:
        place = str(case.data["place"])
        values = {"place": place}
    rows = (
        writing.changed(row, context, **values),
        writing.event(row["number"], "changed", key, context, what=what),
        writing.licence_paper(row, context, key, holder=holder, place=place),
    )
    return Changes(rows=rows, tells=(writing.told(row, "changed"),))


CHANGE = CaseType(
    name="change",
    title=_("Change of a licence"),
    form=Change,
    facts=Facts,
    prepares=prepare,
    family=True,
    opened=_("Received"),
    steps=(Step("filed", _("Received")), Step("done", _("Decided"))),
    states=(State("filed", _("Being looked at"), OFFICE, "filed"), State("closed", _("Done"), NOBODY, "done", final=True)),
    outcomes=(Outcome("changed", _("Changed")), Outcome("refused", _("Refused")), Outcome("withdrawn", _("Withdrawn"))),
    deadlines=(Deadline(name="promised", title=_("Decided as promised"), limit=5, kind="promised"),),
    actions=(
        Action(
            name="change",
            title=_("Do it as asked"),
            told=_("Done as asked"),
            answers=True,
            sources=("filed",),
            to="closed",
            outcome="changed",
            needs="approvals.decide",
            seat="charge",
            takes=True,
            leading=True,
            reads=read,
            effect=changed,
        ),
        Action(
            name="refuse",
            title=_("Refuse"),
            told=_("Refused"),
            answers=True,
            sources=("filed",),
            to="closed",
            outcome="refused",
            needs="approvals.decide",
            seat="charge",
            form=forms.Reasons,
        ),
        Action(
            name="withdraw",
            title=_("Withdraw"),
            told=_("The applicant withdrew it"),
            sources=("filed",),
            to="closed",
            outcome="withdrawn",
            by=("resident",),
        ),
        Action(
            name="say",
            title=_("Add a word"),
            told=_("The applicant added a word"),
            sources=("filed",),
            by=("resident",),
            form=forms.Words,
            commutes=True,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("filed",),
            needs="approvals.read",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
    ),
)

SERVICE = Service(
    name="change",
    title=_("Change a licence, or give it back"),
    summary=_("A new name, a new address, or you need it no longer"),
    subject=_("Licences and permits"),
    case_type="change",
    attachments=True,
    before=_("Add what proves the change: the new business licence, the lease."),
    pages=(
        Page("which", _("Which licence, and what changes?"), ("licence", "what")),
        Page("name", _("The new name"), ("holder",), when={"what": ("name",)}),
        Page("place", _("The new address"), ("place",), when={"what": ("place",)}),
        Page("why", _("Why?"), ("reason",)),
    ),
    words=(_("change of name, change of address, give back, cancel a licence"),),
)
