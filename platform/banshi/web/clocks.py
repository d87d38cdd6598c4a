"""A case's clocks in words: the same for resident and clerk, on pages and over the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from banshi import texts
from banshi.cases import numbers, timing
from banshi.cases.book import House
from banshi.cases.timing import Timed
from banshi.clock import counting
from banshi.clock.counting import Clock, Interval
from banshi.contracts import Unit
from banshi.texts import Language
from banshi.web import pages
from banshi.web.pages.clocks import ClockBrief, ClockLine, ClockPart, Standing

_ = texts.translator("banshi")

AMOUNTS: Mapping[Unit, tuple[texts.Text, texts.Text]] = {
    "workdays": (_("1 workday"), _("{count} workdays")),
    "working_hours": (_("1 working hour"), _("{count} working hours")),
    "calendar_days": (_("1 day"), _("{count} days")),
}
WAITS: Mapping[str, texts.Text] = {
    "applicant": _("waiting for the applicant"),
    "outside": _("waiting for an outside body"),
}
NEAR = 0.8
"""So much of a limit used up is near its end."""


def say_amount(unit: Unit, count: float, language: Language) -> str:
    """Return so many days or hours in words, to a tenth."""
    one, many = AMOUNTS[unit]
    shown = f"{round(count, 1):g}"
    return texts.say(one, language) if shown == "1" else texts.say(many, language, count=shown)


class Words:
    """What a clock says to a reader: their language, the case's zone, the moment."""

    def __init__(self, house: House, found: Timed, language: Language, at: datetime) -> None:
        self.house, self.found, self.language, self.at = house, found, language, at
        self.zone: ZoneInfo = found.calendar.timezone
        self.type_row = house.book[found.row.type_id]

    def say(self, text: texts.Text | texts.Said | str, **values: object) -> str:
        """Return a text in the reader's language."""
        return texts.say(text, self.language, **values)

    def amount(self, unit: Unit, count: float) -> str:
        """Return so much of a unit in words."""
        return say_amount(unit, count, self.language)

    def moment(self, at: datetime) -> str:
        """Return a moment in the case's zone."""
        return texts.say_moment(at, self.zone, self.language, self.at)

    def standing(self, clock: Clock) -> Standing:
        """Return how a clock stands now."""
        if clock.stopped is not None:
            return "kept" if clock.kept else "missed"
        if clock.due is None:
            return "stands"
        if self.at > clock.due:
            return "over"
        return "near" if counting.counted(clock, self.found.calendar, self.at) >= NEAR * clock.allowed else "runs"

    def status(self, clock: Clock) -> str:
        """Return a sentence on how a clock stands."""
        standing = self.standing(clock)
        if standing in {"kept", "missed"}:
            when = self.moment(clock.stopped or self.at)
            return (
                self.say(_("Done in time, on {when}"), when=when) if standing == "kept" else self.say(_("Done on {when}, after its time"), when=when)
            )
        left = self.left(clock)
        if standing == "stands":
            stay = clock.paused
            why = self.say(WAITS.get(stay.waits_for if stay else "", _("waiting")))
            since = self.moment(stay.start) if stay else ""
            return self.say(_("Stands still since {since}, {why}; {left} are left"), since=since, why=why, left=left)
        due = self.moment(clock.due or self.at)
        if standing == "over":
            return self.say(_("Over since {due}"), due=due)
        return self.say(_("By {due}; {left} are left"), due=due, left=left)

    def left(self, clock: Clock) -> str:
        """Return what is left of a limit."""
        used = counting.counted(clock, self.found.calendar, self.at)
        left = max(clock.allowed - used, 0)
        return self.amount(clock.deadline.unit, left if clock.deadline.unit == "working_hours" else ceil(left))

    def brief(self, clock: Clock) -> ClockBrief:
        """Return a clock as a line of a case page."""
        return ClockBrief(title=self.say(clock.deadline.title), status=self.status(clock), standing=self.standing(clock))

    def part(self, clock: Clock) -> ClockPart:
        """Return a clock with every interval of it."""
        deadline, until = clock.deadline, clock.stopped or self.at
        lines = tuple(self.line(clock, i) for i in counting.explain(clock, self.found.calendar, until))
        used = self.used(clock, until)
        more = tuple(
            self.say(
                _("{amount} more since {when}: {reason} ({who} agreed)"),
                amount=self.amount(deadline.unit, e.more),
                when=self.moment(e.at),
                reason=e.reason,
                who=e.agreed,
            )
            for e in clock.extensions
        )
        warning = _("Nobody has published the days off of a year that is counted here: it may still move.")
        return ClockPart(
            name=f"{deadline.name}-{clock.epoch}",
            title=self.say(deadline.title),
            status=self.status(clock),
            standing=self.standing(clock),
            limit=self.amount(deadline.unit, clock.limit),
            basis=self.say(deadline.basis) if deadline.basis else "",
            received=self._received(clock),
            extensions=more,
            lines=lines,
            total=self.say(_("{used} of {allowed}"), used=self.amount(deadline.unit, used), allowed=self.amount(deadline.unit, clock.allowed)),
            provisional=self.say(warning) if clock.provisional else "",
        )

    def used(self, clock: Clock, until: datetime) -> float:
        """Return how much of its limit a clock has used, in its unit: what its lines add up to."""
        return sum(i.counted for i in counting.explain(clock, self.found.calendar, until))

    def _received(self, clock: Clock) -> str:
        """Say from which day it is counted."""
        if clock.deadline.unit == "working_hours":
            return self.say(_("Counted from {when}."), when=self.moment(clock.started))
        day = texts.say_date(clock.received, self.language)
        if clock.received == self.found.calendar.day_of(clock.started):
            return self.say(_("It began on {day}; that day is not counted."), day=day)
        came = self.moment(clock.started)
        return self.say(_("It came at {came}, outside opening hours, and counts as received on {day}; that day is not counted."), came=came, day=day)

    def line(self, clock: Clock, interval: Interval) -> ClockLine:
        """Return one interval in words."""
        state = self.type_row.say_state(interval.state, self.language) if interval.state else ""
        if interval.kind == "skipped":
            first = self.found.calendar.day_of(interval.start)
            last = self.found.calendar.day_of(interval.stop or interval.start) - timedelta(days=1)
            when = texts.say_date(first, self.language)
            if last > first:
                when = self.say(_("{start} to {stop}"), start=when, stop=texts.say_date(last, self.language))
            name = texts.pick(interval.name, self.language) if interval.name else self.say(_("Weekend"))
            what = self.say(_("Not counted: {name}"), name=name)
            return ClockLine(kind="skipped", when=when, what=what + (self.say(_(" (provisional)")) if interval.provisional else ""), amount="")
        stop = interval.stop if interval.stop is not None and interval.stop <= self.at else None
        start = self.moment(interval.start)
        when = self.say(_("{start} to {stop}"), start=start, stop=self.moment(stop)) if stop else self.say(_("since {start}"), start=start)
        if interval.kind == "paused":
            why = self.say(WAITS.get(interval.waits_for, _("waiting")))
            return ClockLine(kind="paused", when=when, what=self.say(_("Stood still: {state}, {why}"), state=state, why=why), amount="")
        amount = self.amount(clock.deadline.unit, interval.counted)
        return ClockLine(kind="counted", when=when, what=self.say(_("Counted: {state}"), state=state), amount=amount)


def briefs(words: Words) -> tuple[ClockBrief, ...]:
    """Return the lines of a case page: what was promised and what the rules allow, as they stand now."""
    shown = [c for kind in ("promised", "statutory") if (c := _latest(words.found.clocks, kind)) is not None]
    return tuple(words.brief(c) for c in shown)


def _latest(clocks: Sequence[Clock], kind: str) -> Clock | None:
    return next((c for c in reversed(clocks) if c.deadline.kind == kind), None)


def page(words: Words, back: str) -> pages.ClocksPage:
    """Return the page that explains every clock of a case: what runs or ran last first, then earlier times."""
    latest = {c.deadline.name: c for c in words.found.clocks}
    now = [c for c in words.found.clocks if latest[c.deadline.name] is c]
    before = [c for c in words.found.clocks if latest[c.deadline.name] is not c]
    rules = (
        _("The day on which something comes is not counted. A limit in workdays ends when its last workday closes."),
        _("A limit in days that ends on a day off ends when the next workday closes."),
        _("A workday is counted if the clock runs when it closes. While the case waits for others, the clock stands still."),
    )
    return pages.ClocksPage(
        number=numbers.show(words.found.row.number),
        title=words.found.row.title,
        back=back,
        now=tuple(words.part(c) for c in now),
        before=tuple(words.part(c) for c in reversed(before)),
        rules=tuple(words.say(r) for r in rules),
    )


async def words_for(db: Any, house: House, row: Any, language: Language, at: datetime, events: Sequence[Any] | None = None) -> Words | None:
    """Return the words for a case's clocks; a query, none where its events are known. None where its plugin is gone or has no deadlines."""
    found = await timing.of_case(db, house, row, events)
    return Words(house, found, language, at) if found is not None and found.declared.deadlines else None
