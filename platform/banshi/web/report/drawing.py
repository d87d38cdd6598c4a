"""The page from the figures: a sentence for each kind of case, the figures, the pictures with their tables, the table of lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from banshi import texts
from banshi.contracts import Actor, Measure
from banshi.reporting import asking, comparing, measuring
from banshi.reporting.asking import By, Figure, Line, Report
from banshi.web import casepage, charts, pages
from banshi.web import figures as words
from banshi.web.pages import Number, Picture, Row, Share, Table, Tile
from banshi.web.report.ways import CSV, HOME, Ways
from banshi.web.site import Visit

_ = texts.translator("banshi")

TOOK = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, measuring.EXACT), (words.BEYOND, words.BEYOND))
AGES = ((0, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, 60), (61, 0))
"""Days from and to; the last has no end."""
VERDICTS: dict[str, texts.Text] = {
    "better": _("{kind}: getting better."),
    "worse": _("{kind}: getting worse."),
    "mixed": _("{kind}: some things get better, others worse."),
    "same": _("{kind}: about as before."),
    "few": _("{kind}: too few cases to say whether it gets better or worse."),
}
CHANGES: dict[str, texts.Text] = {"better": _("better"), "worse": _("worse"), "same": _("no change beyond chance"), "few": _("too few to compare")}


class Drawing:
    """One report on its way to the page."""

    def __init__(self, visit: Visit, actor: Actor, report: Report, today: date) -> None:
        self.visit, self.actor, self.report, self.asked, self.today = visit, actor, report, report.asked, today
        self.ways = Ways(visit, actor, report)
        self.language, self.say = visit.language, visit.say
        self.rates = [m for m in report.measures if m.kind == "rate" and _present(report, m)]

    def page(self) -> pages.ReportPage:
        """Return the page."""
        report = self.report
        return pages.ReportPage(
            title=self.say(_("Report")),
            lead=self.lead(),
            form=form(self.visit, self.actor, self.ways.parameters()),
            problems=(),
            sentences=tuple(self.sentence(now, then) for now, then in report.types if now.cases(measuring.RECEIVED.key)),
            tiles=self.tiles(),
            rates=tuple(self.rate_tile(m) for m in self.rates),
            rates_table=self.rates_table(),
            pictures=(self.flow(), self.took(), self.ages()),
            divided=self.divided(),
            bys=tuple(
                pages.Link(text=self.say(t), href=self.ways.report_of(by=by) + "#divided", current=by == self.asked.by) for by, t in words.BYS.items()
            ),
            explained=tuple((self.say(m.title), self.say(m.explained), self.say(m.left_out)) for m in report.measures),
            csv=CSV + self.ways.report_of().removeprefix(HOME),
            failed=tuple(
                self.say(_("“{figure}” is not shown: it fails on some cases. The engineers were told."), figure=m.title) for m in report.failed
            ),
            empty=not any(f.of or f.left_out or f.pending for f in report.total.figures.values()),
        )

    def lead(self) -> str:
        """Say whose cases of when these are."""
        home = self.visit.house.directory
        chosen = self.asked.department_id
        if chosen is not None:
            place = self.say(_("{department} and below"), department=home.department(chosen).say(self.language))
        elif self.actor.reach == "district" and self.actor.district_id is not None:
            place = home.tree[self.actor.district_id].say(self.language)
        elif self.actor.department_id is not None:
            place = self.say(_("{department} and below"), department=home.department(self.actor.department_id).say(self.language))
        else:
            place = ""
        return " · ".join(w for w in (place, words.span(self.asked.first, self.asked.last, self.language)) if w)

    # -- the sentences ----------------------------------------------------------------------------------------------------

    def sentence(self, now: Line, before: Line) -> pages.Sentence:
        """Say of one kind of case whether it gets better."""
        found = comparing.verdicts(now, before)
        word = comparing.together(found)
        kind = words.type_title(self.visit.house, now.key, self.language)
        telling = {"better", "worse"} if word in {"better", "worse", "mixed"} else {"same"}
        told = [(key, v) for key, v in found.items() if v in telling]
        details = tuple((v, self.changed(now.figures[k], before.figures[k])) for k, v in told)
        return pages.Sentence(text=self.say(VERDICTS[word], kind=kind), verdict=word, details=details)

    def changed(self, now: Figure, before: Figure) -> str:
        """Say what a figure is and was."""
        one, two = (words.percent(f) if f.measure.kind == "rate" else words.days(f.median) for f in (now, before))
        return self.say(_("{figure} {now}, before {before}"), figure=now.measure.title, now=one, before=two)

    # -- the figures --------------------------------------------------------------------------------------------------------

    def tiles(self) -> tuple[Tile, ...]:
        """Return the kernel's own figures."""
        total, before = self.report.total, self.report.before
        found, was = total.figures, before.figures
        opened, took = found[measuring.OPEN.key], found[measuring.DAYS.key]
        matters = self.say(_("as pieces of work: {number}"), number=self.number(found[measuring.AT_WORK.key].hits))
        waits = self.say(_("half of them for at most {days} days"), days=words.days(opened.median)) if opened.of else ""
        nine = self.say(_("nine of ten within {days}"), days=words.days(took.p90)) if took.of else ""
        verdict = comparing.compared(took, was[measuring.DAYS.key])
        return (
            self.tile(found[measuring.RECEIVED.key], was, under=(Number(text=matters, href=self.ways.cases(measuring.AT_WORK)),)),
            self.tile(found[measuring.SETTLED.key], was),
            self.tile(opened, None, under=(Number(text=waits),) if waits else ()),
            Tile(
                name="days",
                title=self.say(_("Days to settle, the median")),
                value=Number(text=words.days(took.median)),
                under=(Number(text=nine),) if nine else (),
                before=self.was(took, was[measuring.DAYS.key]),
                verdict=verdict,
            ),
        )

    def tile(self, figure: Figure, was: Any, *, under: tuple[Number, ...] = ()) -> Tile:
        """Return a figure that counts cases."""
        measure = figure.measure
        number = figure.hits if measure.kind == "count" else figure.of
        before = self.say(_("before: {number}"), number=self.number(was[measure.key].hits)) if was and was[measure.key].of else ""
        value = Number(text=self.number(number), href=self.ways.cases(measure))
        return Tile(name=measure.name, title=self.say(measure.title), value=value, under=under, before=before)

    def rate_tile(self, measure: Measure) -> Tile:
        """Return a rate with its denominator, as it was before, and its months as a small picture."""
        now, before = self.report.total.figures[measure.key], self.report.before.figures[measure.key]
        rows = []
        for month in self.report.months:
            figure = month.figures[measure.key]
            told = f"{words.month(month.key, self.language)} · {self.spelt(figure)}"
            href = self.ways.cases(measure, "counted", first=month.key, last=month.key) or self.ways.line("month", month.key)
            value = None if figure.rate is None else 100 * figure.rate
            rows.append(charts.Row(label=self.label(month.key), marks=(charts.Mark(value=value, title=told, href=href),)))
        return Tile(
            name=measure.key.replace(".", "-"),
            title=self.say(measure.title),
            value=Number(text=words.percent(now) or "–"),
            share=self.share(now),
            before=self.was(now, before),
            verdict=comparing.compared(now, before),
            chart=charts.line(rows, small=True),
        )

    def was(self, now: Figure, before: Figure) -> str:
        """Say how a figure was before, and whether that is a change."""
        if not before.of:
            return ""
        told = words.percent(before) if now.measure.kind == "rate" else words.days(before.median)
        return self.say(_("before: {number} ({change})"), number=told, change=CHANGES[comparing.compared(now, before)])

    def rates_table(self) -> Table | None:
        """Return the months of all rates."""
        if not self.rates:
            return None
        rows = [
            Row(
                title=Number(text=words.month(m.key, self.language), href=self.ways.line("month", m.key)),
                cells=tuple(self.share(m.figures[r.key], first=m.key, last=m.key) for r in self.rates),
            )
            for m in self.report.months
        ]
        total = Row(
            title=Number(text=self.say(_("All months"))), cells=tuple(self.share(self.report.total.figures[r.key]) for r in self.rates), sum=True
        )
        heads = (self.say(_("Month")), *(self.say(r.title) for r in self.rates))
        return Table(caption=self.say(_("Rates by month, with their denominators")), heads=heads, rows=(*rows, total))

    # -- the pictures ---------------------------------------------------------------------------------------------------------

    def flow(self) -> Picture:
        """Return what came in and what was settled, month by month."""
        pair = (measuring.RECEIVED, measuring.SETTLED)
        shown = (measuring.RECEIVED, measuring.AT_WORK, measuring.SETTLED, measuring.OPEN)
        drawn, rows = [], []
        for month in self.report.months:
            title = words.month(month.key, self.language)
            hrefs = {m.key: self.ways.cases(m, first=month.key, last=month.key) for m in shown}
            marks = tuple(
                charts.Mark(
                    value=month.cases(m.key),
                    title=f"{title} · {self.say(m.title)} {self.number(month.cases(m.key))}",
                    href=hrefs[m.key] or self.ways.line("month", month.key),
                )
                for m in pair
            )
            drawn.append(charts.Row(label=self.label(month.key), marks=marks))
            cells = tuple(Number(text=self.number(month.cases(m.key)), href=hrefs[m.key] if month.cases(m.key) else "") for m in shown)
            rows.append(Row(title=Number(text=title, href=self.ways.line("month", month.key)), cells=cells))
        heads = tuple(self.say(h) for h in (_("Month"), *(m.title for m in shown[:3]), _("Of these still open")))
        return Picture(
            name="flow",
            title=self.say(_("What came in and what was settled")),
            lead=self.say(_("Received counts in the month of receipt, settled in the month of the end.")),
            chart=charts.columns(drawn),
            table=Table(caption=self.say(_("Received and settled by month")), heads=heads, rows=tuple(rows)),
            keys=tuple(self.say(m.title) for m in pair),
        )

    def took(self) -> Picture:
        """Return how many days it took."""
        figure = self.report.total.figures[measuring.DAYS.key]

        def href(low: int, high: int) -> str:
            return self.ways.cases(measuring.DAYS, f"{low}-{high}")

        lead = _("Of all that was closed in these months. Half took at most {median} days, nine of ten at most {most}.")
        return self.histogram(
            "took",
            _("How many days it took"),
            self.say(lead, median=words.days(figure.median), most=words.days(figure.p90)) if figure.of else "",
            figure,
            TOOK,
            href,
        )

    def ages(self) -> Picture:
        """Return for how long open cases have been open."""
        figure = self.report.total.figures[measuring.OPEN.key]

        def href(low: int, high: int) -> str:
            return self.ways.open_between(self.today - timedelta(days=high) if high >= low else None, self.today - timedelta(days=low))

        lead = _("All that is open now, whenever it came in. Half came in at most {median} days ago, nine of ten at most {most}.")
        told = self.say(lead, median=figure.median, most=figure.p90) if figure.of else ""
        return self.histogram("ages", _("How old open cases are"), told, figure, AGES, href)

    def histogram(
        self, name: str, title: texts.Text, lead: str, figure: Figure, bins: Sequence[tuple[int, int]], href: Callable[[int, int], str]
    ) -> Picture:
        """Return the cases of a figure by days."""
        drawn, rows = [], []
        for low, high in bins:
            cases = sum(n for value, n in figure.spread if low <= value and (high < low or value <= high))
            label = f"> {low - 1}" if high < low or low == words.BEYOND else str(low) if low == high else f"{low}–{high}"
            target = href(low, high) if cases else ""
            part = _percent(cases, figure.of)
            told = self.say(_("{days} days: {cases} cases, {share}"), days=label, cases=self.number(cases), share=part)
            leads = target or (self.ways.report_of() + "#divided" if cases else "")
            drawn.append(charts.Row(label=label, marks=(charts.Mark(value=cases, title=told, href=leads),)))
            rows.append(Row(title=Number(text=label), cells=(Number(text=self.number(cases), href=target), Number(text=part))))
        rows.append(Row(title=Number(text=self.say(_("Together"))), cells=(Number(text=self.number(figure.of)), Number(text="")), sum=True))
        heads = tuple(self.say(h) for h in (_("Days"), _("Cases"), _("Share")))
        return Picture(
            name=name,
            title=self.say(title),
            lead=lead,
            chart=charts.columns(drawn),
            table=Table(caption=self.say(_("{title}, as a table"), title=title), heads=heads, rows=tuple(rows)),
        )

    # -- the table of lines ---------------------------------------------------------------------------------------------------------

    def divided(self) -> Table:
        """Return the lines: departments below their superiors, anything else in the order of its name or number."""
        by, rows = self.asked.by, list[Row]()
        if by == "department":
            least = min((r.depth for r in self.report.rolled), default=0)
            for place in self.report.rolled:
                title, depth = words.title(self.visit.house, by, place.department_id, self.language), place.depth - least
                if place.below is not None:
                    rows.append(self.row(place.below, self.say(_("{department} and below"), department=title), depth=depth, below=True))
                if place.own is not None:
                    itself = self.say(_("{department} itself"), department=title) if place.below else title
                    rows.append(self.row(place.own, itself, depth=depth + bool(place.below)))
            if nobody := next((line for line in self.report.lines if not line.key), None):
                rows.append(self.row(nobody, self.say(_("None named"))))
        else:
            for line in sorted(self.report.lines, key=lambda line: self.rank(by, line.key)):
                rows.append(self.row(line, words.title(self.visit.house, by, line.key, self.language)))
        rows.append(self.row(self.report.total, self.say(_("All together")), total=True))
        heads = [_("Received"), _("Settled"), _("Open now"), _("Days, median"), _("Days, nine of ten within")]
        told = (self.say(words.HEADS[by]), *(self.say(h) for h in heads), *(self.say(r.title) for r in self.rates))
        return Table(caption=self.say(words.BYS[by]), heads=told, rows=tuple(rows))

    def row(self, line: Line, title: str, *, depth: int = 0, below: bool = False, total: bool = False) -> Row:
        """Return one line with all its figures."""
        by = None if total else self.asked.by
        where: dict[str, Any] = {"by": by, "key": line.key, "below": below}
        if by == "month":
            where = {"first": line.key, "last": line.key}
        counts = tuple(
            Number(text=self.number(line.cases(m.key)), href=self.ways.cases(m, **where) if line.cases(m.key) else "")
            for m in (measuring.RECEIVED, measuring.SETTLED, measuring.OPEN)
        )
        took = line.figures[measuring.DAYS.key]
        days = tuple(Number(text=words.days(d)) for d in (took.median, took.p90))
        shares = tuple(self.share(line.figures[r.key], **where) for r in self.rates)
        href = self.ways.line(by, line.key) if by is not None else ""
        return Row(title=Number(text=title, href=href), cells=(*counts, *days, *shares), depth=depth, sum=below or total)

    def rank(self, by: By, key: Any) -> Any:
        """Where a line stands: months in their order, all else by its name. Never by a figure: this is no league table."""
        return key if by == "month" else words.title(self.visit.house, by, key, self.language)

    # -- small things -----------------------------------------------------------------------------------------------------------------

    def share(self, figure: Figure, **where: Any) -> Share:
        """Return a rate with its denominator and what is not in it, each number with the cases behind it."""

        def number(amount: int, part: str) -> Number:
            return Number(text=self.number(amount), href=self.ways.cases(figure.measure, part, **where) if amount else "")

        return Share(
            text=words.percent(figure),
            hits=number(figure.hits, "yes"),
            of=number(figure.of, "counted"),
            left_out=number(figure.left_out, "left_out") if figure.left_out else None,
            pending=number(figure.pending, "pending") if figure.pending else None,
        )

    def spelt(self, figure: Figure) -> str:
        """Return a rate with its denominator in one line of text."""
        told = self.say(_("{percent}, {hits} of {of}"), percent=words.percent(figure), hits=self.number(figure.hits), of=self.number(figure.of))
        return f"{self.say(figure.measure.title)} {told}"

    def number(self, number: int) -> str:
        """Return a number as it is written here."""
        return texts.say_number(number, self.language)

    def label(self, month: date) -> str:
        """Return a month as it stands below a picture."""
        return words.short_month(month, self.language, with_year=self.asked.months > 12)


def form(visit: Visit, actor: Actor, said: dict[str, str]) -> pages.Form:
    """Return the form that narrows the report, filled with what was said."""
    house, language = visit.house, visit.language
    departments = [(house.directory.department(i).code, house.directory.department(i).say(language)) for i in asking.departments(house, actor)]
    kinds = sorted({(r.key, words.type_title(house, r.key, language)) for r in house.book})
    channels = [(name, visit.say(title)) for name, title in casepage.CHANNELS.items()]

    def select(name: str, label: texts.Text, any_: texts.Text, options: Sequence[tuple[str, str]]) -> pages.Field:
        value = said.get(name, "")
        choices = tuple(pages.Choice(value=v, label=t, chosen=v == value) for v, t in [("", visit.say(any_)), *options])
        return pages.Field(name=name, label=visit.say(label), kind="select", value=value, choices=choices)

    fields = (
        pages.Field(name="from", label=visit.say(_("First month")), kind="month", value=said.get("from", ""), hint="2026-01"),
        pages.Field(name="to", label=visit.say(_("Last month")), kind="month", value=said.get("to", ""), hint="2026-12"),
        select("type", _("Kind of case"), _("All kinds"), kinds),
        select("department", _("Department, with those below it"), _("All departments"), departments),
        select("channel", _("Came by"), _("All ways"), channels),
    )
    hidden = (("by", said["by"]),) if said.get("by") else ()
    return pages.Form(action=HOME, fields=fields, button=visit.say(_("Show")), hidden=hidden, cancel=HOME)


def with_problems(form_: pages.Form, said: dict[str, str], problems: dict[str, str]) -> pages.Form:
    """Return the form as it came, each wrong field with what is wrong with it."""
    fields = tuple(msgspec.structs.replace(f, value=said.get(f.name, ""), error=problems.get(f.name, "")) for f in form_.fields)
    return msgspec.structs.replace(form_, fields=fields)


def _present(report: Report, measure: Measure) -> bool:
    figure = report.total.figures[measure.key]
    return bool(figure.of or figure.pending)


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)}%" if whole else ""
