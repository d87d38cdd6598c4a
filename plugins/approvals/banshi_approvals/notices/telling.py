"""What stands on a paper, from what was written down when it was given: the structs that `papers` draws.

Papers are in Chinese, the language of the office; pages say the same in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from banshi import City, Language, Text, say, translator
from banshi_approvals.appeals.remedies import Remedy, remedies
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content
from banshi_approvals.papers import kinds

_ = translator("banshi_approvals")

LANGUAGE: Language = "zh"
OUTCOMES = {"granted": "granted", "granted_in_part": "in-part", "refused": "refused"}
WHYS: Mapping[str, Text | str] = {o.value: o.label for o in forms.SPECIAL}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a paper is told besides: its head, the place's zone and calendar, who can be turned to."""

    head: kinds.Head
    zone: ZoneInfo
    later: Callable[[datetime, int], date]
    basis: tuple[str, ...]
    city: City
    department_id: int | None
    district_id: int
    limits: tuple[int, int]


def paper(kind: str, said: Mapping[str, Any], known: Known) -> kinds.AnyPaper:
    """Return a paper of a kind; ``said`` is what was written down."""
    made: kinds.AnyPaper = _KINDS[kind](said, known)
    return made


def _word(text: Text | str) -> str:
    return say(text, LANGUAGE)


def _at(said: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(said["at"]))


def _day(said: Mapping[str, Any], known: Known) -> date:
    return _at(said).astimezone(known.zone).date()


def _date(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _common(said: Mapping[str, Any], known: Known) -> dict[str, Any]:
    return {"head": known.head, "applicant": said.get("holder") or "", "matter": content.say(said.get("item") or said.get("title") or {}, LANGUAGE)}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _ways(known: Known, day: date) -> tuple[kinds.Way, ...]:
    found: Sequence[Remedy] = remedies(known.city, known.department_id, known.district_id, day)
    return tuple(
        kinds.Way(
            title=_word(r.title),
            where=" ".join(p for p in (r.department.say(LANGUAGE), r.department.say_address(LANGUAGE)) if p) if r.department else _word(r.where),
            until=r.until,
        )
        for r in found
    )


def _receipt(said: Mapping[str, Any], known: Known) -> kinds.Receipt:
    received = tuple(content.say(m["title"], LANGUAGE) for m in said.get("received") or ())
    return kinds.Receipt(**_common(said, known), received=received or (_word(_("The application, filled in")),))


def _correction(said: Mapping[str, Any], known: Known) -> kinds.Correction:
    missing = tuple(
        kinds.Missing(
            name=content.say(f["title"], LANGUAGE),
            reason=f.get("reason") or _word(_("It is missing")),
            basis=content.say(f.get("basis") or {}, LANGUAGE) or "；".join(known.basis),
            sample=content.say(f.get("sample") or {}, LANGUAGE),
        )
        for f in said["faults"]
    )
    return kinds.Correction(
        **_common(said, known), missing=missing, until=known.later(_at(said), int(said["days"])), overriding=said.get("why") or ""
    )


def _acceptance(said: Mapping[str, Any], known: Known) -> kinds.Acceptance:
    statutory, promised = known.limits
    at, until = _at(said), _date(said.get("gap_until"))
    gaps = tuple(kinds.Gap(name=content.say(t, LANGUAGE), until=until) for t in said.get("gaps") or ()) if until else ()
    return kinds.Acceptance(
        **_common(said, known),
        accepted=_day(said, known),
        statutory=known.later(at, int(said.get("statutory") or statutory)),
        promised=known.later(at, int(said.get("promised") or promised)),
        gaps=gaps,
        by_law=said.get("how") == "by_law",
    )


def _not_accepted(said: Mapping[str, Any], known: Known) -> kinds.NotAccepted:
    told = tuple(kinds.Way(title=_word(_("What you can do now")), where=line) for line in _lines(said.get("ways") or ""))
    ways = (*told, *_ways(known, _day(said, known)))
    return kinds.NotAccepted(**_common(said, known), reasons=_lines(said["reasons"]), basis=known.basis, ways=ways)


def _special(said: Mapping[str, Any], known: Known) -> kinds.Special:
    begins = _day(said, known)
    return kinds.Special(
        **_common(said, known),
        procedure=_word(WHYS.get(said["why"], said["why"])),
        reason=_word(_("The sub-item needs it before it can be decided")),
        basis=_word(_("Administrative Licensing Law, article 45")),
        begins=begins,
        expected=known.later(_at(said), int(said["days"])),
    )


def _decision(said: Mapping[str, Any], known: Known) -> kinds.Decision:
    granted = said["outcome"] != "refused"
    conditions = _lines(said.get("conditions") or "")
    return kinds.Decision(
        **_common(said, known),
        outcome=OUTCOMES[said["outcome"]],  # type: ignore[arg-type]
        basis=known.basis,
        reasons=_lines(said.get("reasons") or ""),
        granted=conditions if granted else (),
        licence=said.get("licence") or "",
        appeals=() if said["outcome"] == "granted" else _ways(known, _day(said, known)),
    )


def _licence(said: Mapping[str, Any], known: Known) -> kinds.Licence:
    facts = [(_word(_("Sub-item")), content.say(said["item"], LANGUAGE)), (_word(_("Address of the premises")), said.get("place") or "")]
    since = _date(said["valid_from"])
    if since is None:
        msg = "a licence is valid from a day"
        raise ValueError(msg)
    return kinds.Licence(
        head=known.head,
        title=content.say(said["title"], LANGUAGE),
        holder=said["holder"],
        facts=tuple(f for f in facts if f[1]),
        conditions=tuple(said.get("conditions") or ()),
        since=since,
        until=_date(said.get("valid_until")),
    )


def _revocation(said: Mapping[str, Any], known: Known) -> kinds.Ending:
    day = _day(said, known)
    return kinds.Ending(
        head=known.head,
        how=said["how"],
        holder=said["holder"],
        title=content.say(said["title"], LANGUAGE),
        licence=said["number"],
        since=_date(said.get("since")) or day,
        reasons=_lines(said.get("reasons") or ""),
        basis=known.basis,
        appeals=() if said["how"] == "cancelled" else _ways(known, day),
    )


def _promise(said: Mapping[str, Any], known: Known) -> kinds.Promise:
    until = _date(said.get("until"))
    gaps = tuple(kinds.Gap(name=content.say(t, LANGUAGE), until=until) for t in said.get("materials") or ()) if until else ()
    return kinds.Promise(
        **_common(said, known),
        how="gap" if said.get("what") == "gap" else "conditions",
        promised=(_word(_("I hand in what is missing by the day beside it.")) if gaps else _word(_("I meet all conditions of this sub-item.")),),
        gaps=gaps,
        consequences=(_word(_("What was granted on a promise that is not kept is withdrawn.")),),
    )


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Known], Any]] = {
    "receipt": _receipt,
    "correction": _correction,
    "acceptance": _acceptance,
    "not_accepted": _not_accepted,
    "special": _special,
    "decision": _decision,
    "licence": _licence,
    "revocation": _revocation,
    "promise": _promise,
}
