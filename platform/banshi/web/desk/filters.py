"""How a list is narrowed: each filter is a column, named in the address; what is not known is told, never dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from banshi import texts, workbench
from banshi.cases.decoding import shapes
from banshi.cases.reading import Query
from banshi.cases.tables import case
from banshi.contracts import APPLICANT, OFFICE, OUTSIDE, Actor, Measure
from banshi.reporting import asking, measuring
from banshi.web import casepage, forms, pages
from banshi.web.desk import lists
from banshi.web.desk.lists import Work
from banshi.web.site import Visit

_ = texts.translator("banshi")

OWN = frozenset({"after", "lang", "large"})
"""Names of an address that are no filters."""
YEARS = range(1990, 2101)

Offers = Sequence[tuple[str, str]]
Said = Mapping[str, Sequence[str]]


class Scope(msgspec.Struct, frozen=True):
    """Where a filter stands: who reads which list."""

    visit: Visit
    actor: Actor
    work: Work


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One way to narrow a list: its name in addresses, what it offers (value and label), and what a value does to the query."""

    name: str
    title: texts.Text
    offers: Callable[[Scope], Offers]
    narrow: Callable[[Scope, Query, str], Query]
    kind: Literal["select", "date", "checkbox", "order", "address"] = "select"
    known: Callable[[Scope, str], str] | None = None

    def label(self, scope: Scope, value: str) -> str:
        """Return a value in words; empty where the filter does not know it."""
        return self.known(scope, value) if self.known is not None else dict(self.offers(scope)).get(value, "")


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A list as somebody wants it: the query, the filters that were taken with their words, and what was left out, in words."""

    query: Query
    kept: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    left_out: tuple[str, ...] = ()


def choose(visit: Visit, actor: Actor, work: Work, said: Said) -> Chosen:
    """Return the list narrowed to what was said of each filter; unknown names and values are left out and told."""
    scope = Scope(visit, actor, work)
    query, kept, labels, left_out = work.query, dict[str, str](), dict[str, str](), list[str]()
    for name, values in said.items():
        wanted = list(dict.fromkeys(v for v in values if v))
        if name in OWN or not wanted:
            continue
        found = BY_NAME.get(name)
        if found is None:
            left_out.append(visit.say(_("There is no filter “{name}”: it was left out."), name=_short(name)))
            continue
        value, *more = wanted
        label = found.label(scope, value)
        if label:
            kept[name] = value
            labels[name] = visit.say(found.title if found.kind == "checkbox" else _("{filter}: {value}"), filter=found.title, value=label)
            query = found.narrow(scope, query, value)
        else:
            more.insert(0, value)
        left_out += [visit.say(_("“{filter}” has no “{value}” here: it was left out."), filter=found.title, value=_short(v)) for v in more]
    if query.since and query.before and query.since >= query.before:
        left_out.append(visit.say(_("The first day lies after the last: nothing can be found.")))
    return Chosen(query=query, kept=kept, labels=labels, left_out=tuple(left_out))


def address(work: Work, kept: Mapping[str, str]) -> str:
    """Return the address of a list with these filters."""
    return work.href + ("?" + urlencode(kept) if kept else "")


def chips(work: Work, chosen: Chosen) -> tuple[pages.Link, ...]:
    """Return what the list is narrowed to; each link takes its filter away."""
    shown = [name for name in chosen.labels if BY_NAME[name].kind != "order"]
    return tuple(pages.Link(text=chosen.labels[n], href=address(work, {k: v for k, v in chosen.kept.items() if k != n})) for n in shown)


def orders(visit: Visit, work: Work, chosen: Chosen) -> tuple[pages.Link, ...]:
    """Return the orders in which the list can stand."""
    rest = {k: v for k, v in chosen.kept.items() if k != "order"}
    return tuple(
        pages.Link(
            text=visit.say(title),
            href=address(work, rest if newest == work.query.newest_first else rest | {"order": value}),
            current=newest == chosen.query.newest_first,
        )
        for value, title, newest in (("oldest", OLDEST, False), ("newest", NEWEST, True))
    )


def form(visit: Visit, actor: Actor, work: Work, chosen: Chosen) -> pages.Form:
    """Return the form that narrows the list: an ordinary one, read from the address."""
    scope = Scope(visit, actor, work)
    fields = []
    for found in FILTERS:
        offers = found.offers(scope)
        if found.kind == "order" or found.kind == "address" or (found.kind == "select" and len(offers) < 2):  # noqa: PLR1714 -- mypy narrows by ==
            continue
        value = chosen.kept.get(found.name, "")
        options = [("", visit.say(_("Any"))), *offers] if found.kind == "select" else offers
        choices = tuple(pages.Choice(value=v, label=label, chosen=v == value) for v, label in options)
        fields.append(pages.Field(name=found.name, label=visit.say(found.title), kind=found.kind, value=value, choices=choices))
    kept = tuple((k, v) for k, v in chosen.kept.items() if k in {"order", "under", "figure"})
    return pages.Form(action=work.href, fields=tuple(fields), button=visit.say(_("Narrow the list")), hidden=kept, cancel=work.href)


def stored(work: Work, chosen: Chosen) -> dict[str, Any]:
    """Return a narrowed list as a saved view keeps it."""
    return {"list": work.name, "filters": dict(chosen.kept)}


def restored(visit: Visit, actor: Actor, query: Any) -> tuple[Work, Chosen]:
    """Return the list that a saved view kept, as far as it is still there; what is gone is told."""
    kept = query if isinstance(query, dict) else {}
    name, narrowed = kept.get("list"), kept.get("filters")
    work = lists.find(visit, actor, name) if isinstance(name, str) else None
    gone = () if work else (visit.say(_("The list “{name}” that this view narrows is gone, or not for your post."), name=_short(str(name))),)
    work = work or lists.lists(visit, actor)[1]
    said = {str(k): [str(v)] for k, v in narrowed.items()} if isinstance(narrowed, dict) else {}
    chosen = choose(visit, actor, work, said)
    return work, msgspec.structs.replace(chosen, left_out=gone + chosen.left_out)


def _short(said: str) -> str:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in said[:40])
    return shown + "…" if len(said) > len(shown) else shown


# -- each of them ---------------------------------------------------------------------------------------------------------


def _states(scope: Scope) -> Offers:
    base, found = scope.work.query, dict[str, str]()
    for row in _types(scope):
        for state in row.states:
            if (not base.states or state["name"] in base.states) and (base.open is None or not state["final"]):
                found.setdefault(state["name"], state["title"].get(scope.visit.language, state["name"]))
    return list(found.items())


def _types(scope: Scope) -> list[Any]:
    house, base = scope.visit.house, scope.work.query
    seen = house.owners_seen(scope.actor)
    return [r for r in house.book if r.owner in seen and (not base.type_ids or r.id in base.type_ids)]


def _categories(scope: Scope) -> Offers:
    keys, found = {r.key for r in _types(scope)}, dict[str, str]()
    for declared in scope.visit.house.registry.case_types:
        if declared.key in keys:
            for shape in shapes(declared.form):
                if shape.ask.role == "category":
                    found |= {o.value: scope.visit.say(o.label) for o in shape.ask.options}
    if any(d.key in keys and d.categories is not None for d in scope.visit.house.registry.case_types):
        found |= {name: texts.pick(title, scope.visit.language) for name, title in scope.visit.house.categories.items()}
    return list(found.items())


def _areas(scope: Scope) -> Offers:
    tree = scope.visit.house.directory.tree
    home = tree[scope.actor.district_id] if scope.actor.district_id is not None else None
    return [(value, label) for value, label, _hint in forms.area_options(tree, home, scope.visit.language)]


def _area(scope: Scope, value: str) -> str:
    found = scope.visit.house.directory.tree.find(value)
    return found.say(scope.visit.language) if found else ""


def _in_area(scope: Scope, query: Query, value: str) -> Query:
    tree = scope.visit.house.directory.tree
    found = tree.find(value)
    return msgspec.structs.replace(query, areas=tuple(d.id for d in tree.below(found.id)) if found else ())


def _departments(scope: Scope) -> Offers:
    actor, directory = scope.actor, scope.visit.house.directory
    if actor.reach != "district" or actor.district_id is None or scope.work.query.department_id is not None:
        return []
    inside = {d.id for d in directory.tree.below(actor.district_id)}
    return [(d.code, d.say(scope.visit.language)) for d in sorted(directory, key=lambda d: d.code) if d.district_id in inside and not d.dissolved]


def _of_department(scope: Scope, query: Query, value: str) -> Query:
    found = scope.visit.house.directory.find(value)
    return msgspec.structs.replace(query, department_id=found.id if found else 0)


def _waits(scope: Scope) -> Offers:
    said = ((OFFICE, _("The office")), (APPLICANT, _("The applicant")), (OUTSIDE, _("Somebody else")))
    there = {s["waits_for"] for r in _types(scope) for s in r.states}
    return [(value, scope.visit.say(label)) for value, label in said if value in there]


def _waiting_for(scope: Scope, query: Query, value: str) -> Query:
    return msgspec.structs.replace(query, stages=tuple((r.id, s["name"]) for r in _types(scope) for s in r.states if s["waits_for"] == value))


def _closed(scope: Scope) -> Offers:
    said = (("no", _("Open")), ("yes", _("Closed")), ("any", _("Open and closed")))
    return [] if scope.work.query.states else [(value, scope.visit.say(label)) for value, label in said]


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value) if len(value) == len("2026-11-23") else None
    except ValueError:
        return None
    return day if day is not None and day.year in YEARS else None


def _say_day(scope: Scope, value: str) -> str:
    day = _day(value)
    return texts.say_day(_start(scope, day), _start(scope, day).tzinfo, scope.visit.language, scope.visit.at) if day else ""  # type: ignore[arg-type]


def _start(scope: Scope, day: date) -> datetime:
    """The moment at which a day begins where the reader works."""
    return datetime.combine(day, time.min, _zone(scope))


def _zone(scope: Scope) -> ZoneInfo:
    tree = scope.visit.house.directory.tree
    return tree[scope.actor.district_id].timezone if scope.actor.district_id else tree.roots[0].timezone


def _bounded(name: str, *, after: bool) -> Callable[[Scope, Query, str], Query]:
    """Bound a moment of the query by a day: from its beginning, or until its end."""

    def narrow(scope: Scope, query: Query, value: str) -> Query:
        day = _day(value)
        return msgspec.structs.replace(query, **{name: _start(scope, day + timedelta(days=int(after)))}) if day else query

    return narrow


def _yes(text: texts.Text) -> Callable[[Scope], Offers]:
    return lambda scope: [("yes", scope.visit.say(text))]


def _unseen(scope: Scope, query: Query, _value: str) -> Query:
    return msgspec.structs.replace(query, also=(*query.also, workbench.unseen(scope.actor.post_id or 0)))


def _kinds(scope: Scope) -> Offers:
    return list({r.key: r.title.get(scope.visit.language, r.key) for r in _types(scope)}.items())


def _of_kind(scope: Scope, query: Query, value: str) -> Query:
    return msgspec.structs.replace(query, type_ids=tuple(r.id for r in _types(scope) if r.key == value))


ONLY = ":only"
"""Behind the code of a department in an address: it alone, without those below it."""


def _under(scope: Scope, value: str) -> str:
    found = scope.visit.house.directory.find(value.removesuffix(ONLY))
    if found is None:
        return ""
    title = found.say(scope.visit.language)
    return title if value.endswith(ONLY) else scope.visit.say(_("{department} and below"), department=title)


def _below(scope: Scope, query: Query, value: str) -> Query:
    directory = scope.visit.house.directory
    found = directory.find(value.removesuffix(ONLY))
    ids = set() if found is None else {found.id} if value.endswith(ONLY) else asking.below(directory, found.id)
    return msgspec.structs.replace(query, also=(*query.also, case.c.department_id.in_(ids)))


PARTS: Mapping[str, texts.Text] = {
    "yes": _("yes"),
    "no": _("no"),
    "left_out": _("left out"),
    "pending": _("not decided yet"),
    "counted": _("counted"),
}


def _of_figure(scope: Scope, value: str) -> tuple[Measure, asking.Part | range] | None:
    """A value like ``tickets.satisfaction:yes`` or ``kernel.days:8-14``: a measure, and how cases count in it."""
    key, _colon, part = value.partition(":")
    measure = next((m for m in measuring.measures(scope.visit.house.registry) if m.key == key), None)
    if measure is None:
        return None
    known = next((p for p in asking.PARTS if p == part), None)
    if known is not None:
        return measure, known
    low, dash, high = part.partition("-")
    if not (dash and low.isascii() and low.isdigit() and high.isascii() and high.isdigit() and len(part) < 8 and measure.kind == "days"):
        return None
    return measure, range(int(low), int(high) + 1)


def _say_figure(scope: Scope, value: str) -> str:
    found = _of_figure(scope, value)
    if found is None:
        return ""
    measure, part = found
    how = PARTS[part] if isinstance(part, str) else f"{part.start}–{part.stop - 1}" if len(part) > 1 else str(part.start)
    return scope.visit.say(_("{figure} ({how})"), figure=measure.title, how=how)


def _behind(scope: Scope, query: Query, value: str) -> Query:
    found = _of_figure(scope, value)
    today = scope.visit.at.astimezone(_zone(scope)).date()
    return msgspec.structs.replace(query, also=(*query.also, asking.counts_as(found[0].key, found[1], today))) if found else query


def _sets(**columns: Callable[[str], Any]) -> Callable[[Scope, Query, str], Query]:
    return lambda _scope, query, value: msgspec.structs.replace(query, **{name: read(value) for name, read in columns.items()})


OLDEST, NEWEST = _("Oldest first"), _("Newest first")
OPEN = {"no": True, "yes": False}
FILTERS = (
    Filter(name="type", title=_("Kind of case"), offers=_kinds, narrow=_of_kind),
    Filter(name="state", title=_("State"), offers=_states, narrow=_sets(states=lambda v: (v,))),
    Filter(name="waits", title=_("Waits for"), offers=_waits, narrow=_waiting_for),
    Filter(name="category", title=_("Category"), offers=_categories, narrow=_sets(category=str)),
    Filter(name="area", title=_("Place"), offers=_areas, known=_area, narrow=_in_area),
    Filter(name="department", title=_("Department"), offers=_departments, narrow=_of_department),
    Filter(
        name="channel",
        title=_("Came by"),
        offers=lambda scope: [(name, scope.visit.say(title)) for name, title in casepage.CHANNELS.items()],
        narrow=_sets(channel=str),
    ),
    Filter(name="closed", title=_("Open or closed"), offers=_closed, narrow=_sets(open=OPEN.get)),
    Filter(name="from", title=_("Received from"), kind="date", offers=lambda _scope: (), known=_say_day, narrow=_bounded("since", after=False)),
    Filter(name="to", title=_("Received until"), kind="date", offers=lambda _scope: (), known=_say_day, narrow=_bounded("before", after=True)),
    Filter(
        name="ended_from",
        title=_("Closed from"),
        kind="date",
        offers=lambda _scope: (),
        known=_say_day,
        narrow=_bounded("ended_since", after=False),
    ),
    Filter(
        name="ended_to",
        title=_("Closed until"),
        kind="date",
        offers=lambda _scope: (),
        known=_say_day,
        narrow=_bounded("ended_before", after=True),
    ),
    Filter(name="urgent", title=_("Urgent only"), kind="checkbox", offers=_yes(_("yes")), narrow=_sets(urgent=bool)),
    Filter(name="unread", title=_("Unread only"), kind="checkbox", offers=_yes(_("yes")), narrow=_unseen),
    # What the report's numbers lead to: it is in no form, only in addresses.
    Filter(name="under", title=_("Department"), kind="address", offers=lambda _scope: (), known=_under, narrow=_below),
    Filter(name="figure", title=_("Figure"), kind="address", offers=lambda _scope: (), known=_say_figure, narrow=_behind),
    Filter(
        name="order",
        title=_("Order"),
        kind="order",
        offers=lambda scope: [("oldest", scope.visit.say(OLDEST)), ("newest", scope.visit.say(NEWEST))],
        narrow=_sets(newest_first=lambda v: v == "newest"),
    ),
)
BY_NAME = {f.name: f for f in FILTERS}
