"""What each paper says: a title and a few kinds of blocks, which ``frame.typ`` sets. Words come from the catalogue, in the paper's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import singledispatch

import msgspec

from banshi import Language, Text, say, say_date, translator
from banshi_approvals.papers import kinds

_ = translator("banshi_approvals")


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of a paper: what it is, and its text, its items, or its rows under a head."""

    kind: str
    text: str = ""
    items: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    widths: Sequence[int] = ()


class Sheet(msgspec.Struct, frozen=True):
    """A paper in words: ``look`` is notice or licence."""

    title: str
    blocks: Sequence[Block]
    look: str = "notice"


class Pen:
    """Says texts and days in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, text: Text | str, **values: object) -> str:
        """Return a text in the paper's language."""
        return say(text, self.language, **values)

    def day(self, day: date) -> str:
        """Return a day as it is written on papers."""
        return say_date(day, self.language)

    def joined(self, parts: Iterable[str]) -> str:
        """Return a short list in one line."""
        return ("；" if self.language == "zh" else "; ").join(p for p in parts if p)


@singledispatch
def write(paper: kinds.Paper, pen: Pen) -> Sheet:
    """Return what ``paper`` says."""
    raise TypeError(f"no words for a {type(paper).__name__}")


@write.register
def _notification(paper: kinds.Notification, pen: Pen) -> Sheet:
    facts = [
        (_("Matter"), paper.matter),
        (_("Statutory limit"), paper.statutory),
        (_("Promised limit"), paper.promised),
        (_("Fee"), paper.fee),
        (_("Where"), paper.where),
    ]
    blocks = [_fields(pen, facts)]
    if paper.situation:
        blocks += [_heading(pen(_("Your situation, as you described it"))), Block("fields", rows=paper.situation)]
    rows = [
        (str(n), m.name, m.form, m.basis, pen.joined([m.sample, "" if m.core else pen(_("may follow later against a promise"))]))
        for n, m in enumerate(paper.materials, 1)
    ]
    head = [pen(t) for t in (_("No."), _("Material"), _("Form and copies"), _("Legal basis"), _("Sample and remarks"))]
    blocks += [
        _heading(pen(_("What to bring ({number} in all)"), number=len(rows))),
        Block("table", head=head, rows=rows, widths=(1, 5, 4, 5, 4)),
        _text(
            pen(
                _(
                    "This list is complete for the situation described above. Nothing that is not on it will be asked for unless the situation is another."
                )
            )
        ),
    ]
    return Sheet(pen(_("One-time notification")), blocks)


@write.register
def _receipt(paper: kinds.Receipt, pen: Pen) -> Sheet:
    rows = [(str(n), name) for n, name in enumerate(paper.received, 1)]
    return Sheet(
        pen(_("Receipt for materials")),
        [
            _to(pen, paper.applicant),
            _text(pen(_("We received the following materials for your application “{matter}”."), matter=paper.matter)),
            Block("table", head=[pen(_("No.")), pen(_("Material"))], rows=rows, widths=(1, 12)),
            Block(
                "note",
                pen(
                    _(
                        "This receipt is not an acceptance. It only confirms what was handed in and when. Within five working days you are told whether the "
                        "application is accepted, or, once and completely, what is missing; if you are told nothing in that time, it counts as accepted from "
                        "the day of this receipt."
                    )
                ),
            ),
        ],
    )


@write.register
def _acceptance(paper: kinds.Acceptance, pen: Pen) -> Sheet:
    said = (
        _("Your application “{matter}” counts as accepted by law from {day}, since nothing was asked in time.")
        if paper.by_law
        else _("Your application “{matter}” is accepted from {day}.")
    )
    facts = [
        (_("To be decided by law by"), pen.day(paper.statutory)),
        (_("We promise to decide by"), pen.day(paper.promised) if paper.promised else ""),
    ]
    blocks = [_to(pen, paper.applicant), _text(pen(said, matter=paper.matter, day=pen.day(paper.accepted))), _fields(pen, facts)]
    if paper.gaps:
        blocks += [
            _text(pen(_("It is accepted with a gap. These materials follow, as you promised, by the day beside each; the decision waits for them."))),
            _gaps(pen, paper.gaps),
        ]
    blocks.append(
        _text(pen(_("Time for hearings, inspections, tests and expert reviews is not counted in these limits; you are told of it in writing.")))
    )
    return Sheet(pen(_("Notice of acceptance")), blocks)


@write.register
def _correction(paper: kinds.Correction, pen: Pen) -> Sheet:
    rows = [(str(n), m.name, m.reason, m.basis, m.sample) for n, m in enumerate(paper.missing, 1)]
    head = [pen(t) for t in (_("No."), _("Material"), _("What is missing or wrong"), _("Legal basis"), _("Sample"))]
    blocks = [
        _to(pen, paper.applicant),
        _text(pen(_("Your application “{matter}” is not complete. This is everything that has to be added or put right:"), matter=paper.matter)),
        Block("table", head=head, rows=rows, widths=(1, 4, 6, 5, 4)),
        _text(pen(_("The time until your complete answer is not counted in the limits."))),
    ]
    if paper.until:
        blocks.append(
            _text(
                pen(_("Please answer by {day}. If there is no answer by then, the application ends and can be filed anew."), day=pen.day(paper.until))
            )
        )
    if paper.overriding:
        blocks.append(Block("note", pen(_("Why we ask a second time: {reason}"), reason=paper.overriding)))
    return Sheet(pen(_("Notice of what to add")), blocks)


@write.register
def _not_accepted(paper: kinds.NotAccepted, pen: Pen) -> Sheet:
    return Sheet(
        pen(_("Decision not to accept")),
        [
            _to(pen, paper.applicant),
            _text(pen(_("Your application “{matter}” is not accepted."), matter=paper.matter)),
            *_list(pen(_("Reasons")), paper.reasons),
            *_list(pen(_("Legal basis")), paper.basis),
            *_ways(pen, pen(_("What you can do")), paper.ways),
        ],
    )


@write.register
def _special(paper: kinds.Special, pen: Pen) -> Sheet:
    facts = [
        (_("Procedure"), paper.procedure),
        (_("Why it is needed"), paper.reason),
        (_("Legal basis"), paper.basis),
        (_("Begins on"), pen.day(paper.begins)),
        (_("Expected to end on"), pen.day(paper.expected)),
    ]
    return Sheet(
        pen(_("Notice of a special procedure")),
        [
            _to(pen, paper.applicant),
            _text(
                pen(
                    _("Your application “{matter}” needs a procedure whose time is by law not counted in the limit for the decision."),
                    matter=paper.matter,
                )
            ),
            _fields(pen, facts),
            _text(pen(_("The limit goes on when the procedure has ended."))),
        ],
    )


_DECIDED: dict[str, tuple[Text, Text]] = {
    "granted": (_("Decision to grant an administrative licence"), _("Your application “{matter}” is granted.")),
    "in-part": (_("Decision to grant an administrative licence in part"), _("Your application “{matter}” is granted in part.")),
    "refused": (_("Decision to refuse an administrative licence"), _("Your application “{matter}” is refused.")),
}


@write.register
def _decision(paper: kinds.Decision, pen: Pen) -> Sheet:
    title, said = _DECIDED[paper.outcome]
    blocks = [_to(pen, paper.applicant), _text(pen(said, matter=paper.matter))]
    if paper.licence:
        blocks.append(_text(pen(_("Licence number: {number}"), number=paper.licence)))
    blocks += [
        *_list(pen(_("Granted")), paper.granted),
        *_list(pen(_("Not granted")), paper.refused),
        *_list(pen(_("Reasons")), paper.reasons),
        *_list(pen(_("Legal basis")), paper.basis),
        *_ways(pen, pen(_("If you do not agree")), paper.appeals),
    ]
    return Sheet(pen(title), blocks)


@write.register
def _licence(paper: kinds.Licence, pen: Pen) -> Sheet:
    validity = (
        pen(_("from {since} to {until}"), since=pen.day(paper.since), until=pen.day(paper.until))
        if paper.until
        else pen(_("from {since}, without end"), since=pen.day(paper.since))
    )
    facts: list[tuple[Text | str, str]] = [
        (_("Licence number"), paper.head.number),
        (_("Holder"), paper.holder),
        (_("Holder's code"), paper.holder_number),
        *paper.facts,
        (_("Valid"), validity),
    ]
    return Sheet(paper.title, [_fields(pen, facts), *_list(pen(_("Conditions")), paper.conditions)], look="licence")


_ENDED: dict[str, tuple[Text, Text]] = {
    "withdrawn": (_("Decision to withdraw a licence"), _("The licence below is withdrawn from {day}.")),
    "revoked": (_("Decision to revoke a licence"), _("The licence below is revoked from {day}.")),
    "suspended": (_("Decision to suspend a licence"), _("The licence below is suspended from {day} until further notice.")),
    "cancelled": (_("Decision to cancel a licence"), _("The licence below is cancelled from {day}.")),
}


@write.register
def _ending(paper: kinds.Ending, pen: Pen) -> Sheet:
    title, said = _ENDED[paper.how]
    return Sheet(
        pen(title),
        [
            _to(pen, paper.holder),
            _text(pen(said, day=pen.day(paper.since))),
            _fields(pen, [(_("Licence"), paper.title), (_("Licence number"), paper.licence)]),
            *_list(pen(_("Reasons")), paper.reasons),
            *_list(pen(_("Legal basis")), paper.basis),
            *_ways(pen, pen(_("If you do not agree")), paper.appeals),
        ],
    )


_PROMISED: dict[str, tuple[Text, Text]] = {
    "conditions": (_("Promise that the conditions are met"), _("I was told of the following:")),
    "gap": (_("Promise to hand in what is missing"), _("I was told of the following:")),
}


@write.register
def _promise(paper: kinds.Promise, pen: Pen) -> Sheet:
    title, told = _PROMISED[paper.how]
    blocks = [_fields(pen, [(_("Applicant"), paper.applicant), (_("Matter"), paper.matter)])]
    blocks += [*_list(pen(told), paper.told), *_list(pen(_("I promise")), paper.promised)]
    if paper.gaps:
        blocks.append(_gaps(pen, paper.gaps))
    blocks += [*_list(pen(_("If the promise is not kept")), paper.consequences), Block("sign", pen(_("Signature of the applicant, day")))]
    return Sheet(pen(title), blocks)


# --- pieces -------------------------------------------------------------------


def _to(pen: Pen, name: str) -> Block:
    return Block("to", pen(_("{name}:"), name=name))


def _text(text: str) -> Block:
    return Block("text", text)


def _heading(text: str) -> Block:
    return Block("heading", text)


def _fields(pen: Pen, facts: Iterable[tuple[Text | str, str]]) -> Block:
    return Block("fields", rows=[(pen(label), value) for label, value in facts if value])


def _list(title: str, items: Sequence[str]) -> list[Block]:
    return [_heading(title), Block("list", items=items)] if items else []


def _gaps(pen: Pen, gaps: Sequence[kinds.Gap]) -> Block:
    return Block("table", head=[pen(_("Material")), pen(_("By"))], rows=[(g.name, pen.day(g.until)) for g in gaps], widths=(9, 4))


def _ways(pen: Pen, title: str, ways: Sequence[kinds.Way]) -> list[Block]:
    if not ways:
        return []
    rows = [(w.title, w.where, pen.day(w.until) if w.until else "") for w in ways]
    return [_heading(title), Block("table", head=[pen(_("Way")), pen(_("Where")), pen(_("By"))], rows=rows, widths=(4, 7, 4))]
