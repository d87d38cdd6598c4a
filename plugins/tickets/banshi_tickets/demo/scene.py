"""One request on its way: each beat of a path adds a step with its words, who takes it, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from banshi_tickets.demo import town, words
from banshi_tickets.demo.voices import Voice

Step = tuple[float, str, Mapping[str, Any], str]
HAPPY = ("very_satisfied",) * 4 + ("satisfied",) * 5 + ("fairly_satisfied",) * 2
UNHAPPY = ("dissatisfied", "dissatisfied", "very_dissatisfied")
NOW_AND_THEN = 0.35
SPOKEN_OF = frozenset({"consultation", "suggestion", "praise"})


class Scene:
    """Knows who is in charge at each beat, as the department would."""

    def __init__(self, rng: Random, voice: Voice, slots: Mapping[str, str], district: str, department: str, *, by_telephone: bool) -> None:
        self.rng, self.voice, self.slots, self.district = rng, voice, slots, district
        self.said = words.IN[voice.language]
        self.department, self.been = department, [department]
        self.by_telephone = by_telephone
        self.took: list[tuple[float, str, Mapping[str, Any], str]] = []

    def play(self, beats: str) -> None:
        """Go through the beats; one with "?" happens now and then."""
        for beat in beats.split():
            if not beat.endswith("?") or self.rng.random() < NOW_AND_THEN:
                getattr(self, f"_{beat.rstrip('?')}")()

    def steps(self, days_ago: float) -> tuple[Step, ...]:
        """Return the steps, squeezed into the days that there were."""
        total = sum(t[0] for t in self.took)
        scale = min(1.0, days_ago * 0.95 / total) if total else 1.0
        day, found = 0.0, []
        for took, action, form, who in self.took:
            day += took * scale
            found.append((round(day, 4), action, form, who))
        return tuple(found)

    def then(self, action: str, form: Mapping[str, Any] | None = None, who: str = "clerk", *, most: float = 1.5) -> None:
        """Add a step that took up to ``most`` days; the words' slots are filled."""
        filled = {k: words.filled(v, self.slots) if isinstance(v, str) else v for k, v in (form or {}).items()}
        self.took.append((self.rng.uniform(most / 20, most), action, filled, who))

    def _word(self, name: str) -> str:
        simply = self.voice.kind in SPOKEN_OF or self.voice.category in town.INDOORS
        return str(self.rng.choice(self.said.get(f"{name}_simply", self.said[name]) if simply else self.said[name]))

    @property
    def _resident(self) -> str:
        return "telephone" if self.by_telephone and self.rng.random() < 0.6 else "resident"

    # -- the department in charge ------------------------------------------------------------------------------------

    def _sign(self) -> None:
        self.then("sign", most=0.4)

    def _assign(self) -> None:
        officers = town.STAFF.get(self.department, ())
        if officers:
            self.then("assign", {"officer": self.rng.choice(officers), "text": self._word("assigned")}, "head", most=0.2)

    def _note(self) -> None:
        self.then("note", {"text": self._word("notes")}, most=0.5)

    def _prioritise(self) -> None:
        self.then("prioritise", {"urgency": "urgent"}, most=0.1)

    def _recuse(self) -> None:
        self.then("recuse", {"relation": self.rng.choice(("neighbour", "neighbour", "family", "other"))}, most=0.1)

    def _tell(self) -> None:
        self.then("tell", {"text": self._word("told")}, most=1)

    def _ask(self) -> None:
        self.then("ask", {"text": self.voice.ask or self._word("asked")}, most=0.8)

    def _ask_reply(self) -> None:
        if self.voice.ask:
            self._ask()
            self.then("reply", {"text": self.voice.reply}, self._resident)

    def _answer(self) -> None:
        self._answered(self._thorough(self.voice.answer))

    def _answer_unsolved(self) -> None:
        self._answered(self.voice.answer, solved="no")

    def _answer_again(self) -> None:
        self._answered(self._word("again"))

    def _answer_above(self) -> None:
        self._answered(self._word("above"), solved="no")

    def _coming(self) -> None:
        self._answered(self._word("coming"), solved="no")

    def _thorough(self, text: str) -> str:
        return text if self.rng.random() < 0.4 else text + self.said["join"][0] + self._word("after_answer")

    def _answered(self, text: str, solved: str = "yes") -> None:
        if self.department in town.REVIEWS:
            self._draft(text, solved)
            self._approve()
        else:
            self.then("answer", self._of_answer(text, solved), most=3)

    def _of_answer(self, text: str, solved: str) -> dict[str, str]:
        rule = town.RULES[self.voice.category] if self.voice.language == "zh" and self.voice.kind != "praise" and self.rng.random() < 0.6 else ""
        return {"text": text, "basis": rule, "solved": solved}

    def _draft(self, text: str = "", solved: str = "yes") -> None:
        self.then("draft", self._of_answer(text or self.voice.answer, solved), most=2.5)

    def _approve(self) -> None:
        self.then("approve", who="head", most=0.6)

    def _send_back(self) -> None:
        self.then("send_back", {"text": self._word("sent_back")}, "head", most=0.6)

    def _close(self) -> None:
        self.then("close", {"outcome": self.voice.outcome, "text": self._word(f"last_{self.voice.outcome}")}, most=2)

    # -- whose it is ---------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        body = {"zh": ("市供电公司", "房屋产权单位", "管线权属单位"), "en": ("The power company",)}[self.voice.language]
        self.then("wait", {"body": self.rng.choice(body), "text": self._word("outside")}, most=0.8)

    def _wait_go_on(self) -> None:
        self._wait()
        self.then("go_on", {"text": self._word("went_on")}, most=4)

    def _extend(self) -> None:
        asked = {"more": str(self.rng.randrange(2, 6)), "reason": self._word("longer"), "agreed": self._word("agreed")}
        self.then("extend", asked, most=1)

    def _mark_major(self) -> None:
        self.then("mark_major", {"text": self._word("major")}, most=0.5)

    def _support(self) -> None:
        self.then("support", {"text": self._word("supported")}, "oversight", most=2)

    def _reassign(self) -> None:
        code = self._next()
        self.then("reassign", {"department": code, "text": self._reason("named", next=town.TITLES[code])}, "oversight", most=2)
        self._goes_to(code)

    def _next(self) -> str:
        return next(code for code in town.NEXT[self.district] if code not in self.been)

    def _goes_to(self, code: str) -> None:
        self.department = code
        self.been.append(code)

    def _reason(self, name: str, **more: str) -> str:
        known = {"own": town.TITLES.get(self.department, ""), "rule": town.RULES[self.voice.category]} | more
        return words.filled(self._word(name), known)

    def _pass_on(self) -> None:
        code = self._next()
        self.then("pass_on", {"department": code, "text": self._reason("passed_on", next=town.TITLES[code])}, most=1)
        self._goes_to(code)

    def _raise_trade(self) -> None:
        self._raise("area" if self.department in town.ATOP else "trade")

    def _raise_area(self) -> None:
        self._raise("area")

    def _raise(self, line: str) -> None:
        self.then("raise_up", {"line": line, "text": self._word("raised")}, most=2.5)
        self._goes_to("")

    def _dispute(self) -> None:
        course, result, opinion, suggestion = (self._word(f"dispute_{n}") for n in ("course", "result", "opinion", "suggestion"))
        form = {"course": course, "result": self._reason_of(result), "opinion": opinion, "suggestion": suggestion, "line": "area"}
        self.then("dispute", form, most=1)
        self._goes_to("")

    def _reason_of(self, text: str) -> str:
        return words.filled(text, {"rule": town.RULES[self.voice.category]})

    def _return(self) -> None:
        code = self._next()
        text = self._reason("returned", next=town.TITLES[code])
        self.then("return", {"duty": town.RULES[self.voice.category], "text": text, "department": code}, most=0.3)

    def _dispatch(self) -> None:
        code = self._next()
        text = self._reason("dispatched", next=town.TITLES[code])
        self.then("dispatch", {"department": code, "text": text}, "intake", most=0.3)
        self._goes_to(code)

    def _uphold(self) -> None:
        self.then("uphold", {"text": self._reason("upheld")}, "intake", most=0.3)

    def _arbitrate(self) -> None:
        lead, helper = self.been[:2]
        text = self._reason("arbitrated", own=town.TITLES[lead], next=town.TITLES[helper])
        self.then("arbitrate", {"lead": lead, "helpers": [helper], "text": text}, "intake", most=0.5)
        self.department = lead

    def _contribute(self) -> None:
        self.then("contribute", {"text": self._word("contributed")}, "helper", most=1.5)

    def _decline(self) -> None:
        self.then("decline", {"text": self.voice.answer, "where": self._word("elsewhere")}, "intake", most=1)

    # -- what the resident says ------------------------------------------------------------------------------------------

    def _add(self) -> None:
        self.then("add", {"text": self._word("added")}, self._resident)

    def _confirm(self) -> None:
        self.then("confirm", {"solved": "yes", "rating": self.rng.choice(HAPPY), "text": self._word("glad")}, self._resident, most=3)

    def _confirm_no(self) -> None:
        rating = self.rng.choice((*UNHAPPY, ""))
        self.then("confirm", {"solved": "no", "rating": rating, "text": self._word("unhappy")}, self._resident, most=2)

    def _rate(self) -> None:
        self.then("rate", {"rating": self.rng.choice(HAPPY), "text": self._word("glad")}, "resident", most=4)

    def _rate_badly(self) -> None:
        self.then("rate", {"rating": self.rng.choice(UNHAPPY), "text": self._word("unhappy")}, "resident", most=4)

    def _withdraw(self) -> None:
        self.then("withdraw", {"text": self._word("withdrawn")}, self._resident)

    def _reopen(self) -> None:
        self.then("reopen", {"text": self._word("reopened")}, "resident", most=9)

    def _reopen_by_desk(self) -> None:
        self.then("reopen", {"text": self._word("reopened_by_staff")}, "intake", most=9)

    def _reopen_by_oversight(self) -> None:
        self.then("reopen", {"text": self._word("reopened_by_oversight")}, "oversight", most=9)

    def _call(self) -> None:
        self._called({"reached": "yes", "solved": "yes", "rating": self.rng.choice(HAPPY), "text": self._word("glad")})

    def _call_unhappy(self) -> None:
        self._called({"reached": "yes", "solved": "no", "rating": self.rng.choice(UNHAPPY), "text": self._word("unhappy")})

    def _no_answer(self) -> None:
        self._called({"reached": "no_answer"})

    def _call_declined(self) -> None:
        self._called({"reached": "declined"})

    def _wrong_number(self) -> None:
        self._called({"reached": "wrong_number"})

    def _called(self, form: Mapping[str, str]) -> None:
        self.then("call_back", form, "intake", most=1.5)
