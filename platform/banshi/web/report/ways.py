"""Where each number leads: to the desk's list of exactly these cases where the reader may see them all, else to the report narrowed to it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from banshi.contracts import Actor, Measure
from banshi.reporting import asking
from banshi.reporting.asking import Asked, By, Report
from banshi.web import casepage
from banshi.web.desk import filters
from banshi.web.site import Visit

HOME, CSV, LIST = "/desk/report", "/desk/report.csv", "/desk/all"


class Ways:
    """The links of one report."""

    def __init__(self, visit: Visit, actor: Actor, report: Report) -> None:
        self.visit, self.actor, self.report, self.asked = visit, actor, report, report.asked
        self.directory = visit.house.directory
        self._types = {now.key for now, then in report.types}
        within = asking.reach(visit.house, actor)[1]
        chosen = asking.below(self.directory, self.asked.department_id) if self.asked.department_id is not None else None
        self._departments = chosen if chosen is not None else within

    def cases(
        self,
        measure: Measure,
        part: str = "",
        *,
        first: date | None = None,
        last: date | None = None,
        by: By | None = None,
        key: Any = None,
        below: bool = False,
    ) -> str:
        """Return the address of the list behind a number: of a measure, of its ``part``, of some months, of one line of the table.

        Empty where the list would show others than were counted: the reader does not see them all, or no filter finds them.
        """
        said = self._narrowed(by, key, below=below)
        if said is None:
            return ""
        since, until = first or self.asked.first, asking.moved(last or self.asked.last, 1) - timedelta(days=1)
        if measure.kind == "age":
            said["closed"] = "no"
            if first is not None:
                said |= {"from": since.isoformat(), "to": until.isoformat()}
        elif measure.month == "closed":
            said |= {"ended_from": since.isoformat(), "ended_to": until.isoformat()}
        else:
            said |= {"from": since.isoformat(), "to": until.isoformat()}
        if part or (measure.kind == "count" and measure.left_out):
            said["figure"] = f"{measure.key}:{part or 'counted'}"
        return f"{LIST}?{urlencode(said)}"

    def open_between(self, first: date | None, last: date) -> str:
        """Return the address of the list of open cases that came in between two days (None: ever)."""
        said = self._narrowed(None, None, below=False)
        if said is None:
            return ""
        said |= {"closed": "no", "to": last.isoformat()} | ({"from": first.isoformat()} if first else {})
        return f"{LIST}?{urlencode(said)}"

    def report_of(self, **changes: str) -> str:
        """Return the address of this report with something changed."""
        return f"{HOME}?{urlencode(self.parameters() | changes)}"

    def line(self, by: By, key: Any) -> str:
        """Return the address of the report narrowed to one line of the table; empty where it cannot be."""
        if by == "department":
            return self.report_of(department=self.directory.department(key).code) if key else ""
        if by == "month":
            return self.report_of(**{"from": f"{key:%Y-%m}", "to": f"{key:%Y-%m}", "by": "department"})
        return self.report_of(**{by: str(key), "by": "department"}) if by in {"type", "channel"} and key else ""

    def parameters(self) -> dict[str, str]:
        """Return what this report was asked with, as it stands in an address."""
        return parameters(self.visit, self.asked)

    def _narrowed(self, by: By | None, key: Any, *, below: bool) -> dict[str, str] | None:
        """The filters of the list that keep what the report counted; None where there are none, or the list would not show it all."""
        asked, said = self.asked, dict[str, str]()
        departments, types = self._departments, {asked.case_type} if asked.case_type else self._types
        if asked.case_type:
            said["type"] = asked.case_type
        if asked.channel:
            said["channel"] = asked.channel
        if asked.department_id is not None:
            said["under"] = self.directory.department(asked.department_id).code
        if by == "department":
            if not key:
                return None
            code = self.directory.department(key).code
            said["under"] = code if below else code + filters.ONLY
            departments = asking.below(self.directory, key) & (departments or set(asking.below(self.directory, key))) if below else {key}
        elif by == "type":
            said["type"], types = key, {key}
        elif by in {"channel", "category"}:
            if not key:
                return None
            said[by] = key
        elif by == "district":
            tree = self.directory.tree
            if any(d.level in {"city", "district"} for d in tree.below(key) if d.id != key):
                return None
            said["area"] = tree[key].code
        if said.get("channel", "web") not in casepage.CHANNELS:
            return None
        if not {t.partition(".")[0] for t in types} <= self.visit.house.owners_seen(self.actor):
            return None
        if self.actor.reach != "district":
            if departments is None or self.actor.department_id is None or not departments <= {self.actor.department_id}:
                return None
            said["under"] = self.directory.department(self.actor.department_id).code + filters.ONLY
        return said


def parameters(visit: Visit, asked: Asked) -> dict[str, str]:
    """Return what a report was asked with, as it stands in an address."""
    department = visit.house.directory.department(asked.department_id).code if asked.department_id is not None else ""
    said = {
        "from": f"{asked.first:%Y-%m}",
        "to": f"{asked.last:%Y-%m}",
        "by": asked.by,
        "type": asked.case_type,
        "department": department,
        "channel": asked.channel,
    }
    return {k: v for k, v in said.items() if v}
