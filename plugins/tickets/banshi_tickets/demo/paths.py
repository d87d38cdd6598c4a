"""The ways that the demo's requests go, as data: a path is a list of beats (scene.py); "?" after one means that it happens now and then.

Together they use every action, end in every state and with every outcome; seven of ten requests are closed.
"""

from __future__ import annotations

import msgspec

from banshi_tickets.demo.town import CARING, INDOORS
from banshi_tickets.demo.voices import Voice

ANY = frozenset({"consultation", "help", "complaint", "report", "suggestion", "praise"})
ASKED = ANY - {"praise"}
BROKEN = frozenset({"help", "complaint"})
YEAR = (6.0, 362.0)
MOVES = frozenset({"return", "pass_on", "raise_trade", "raise_area", "reassign"})


class Path(msgspec.Struct, frozen=True):
    """One way: how many requests go it, its beats, how many days ago such a one was filed, whose it can be.

    ``outcome`` is what the voice ends with. ``called``: the resident is telephoned, so there is a number. ``english``: it is told in English too.
    """

    name: str
    count: int
    beats: str
    days: tuple[float, float] = YEAR
    kinds: frozenset[str] = ASKED
    outcome: str = "settled"
    called: bool = False
    english: bool = False

    def fits(self, voice: Voice) -> bool:
        """Return whether a request of this voice can go this way."""
        beats = self.beats.split()
        return (
            voice.kind in self.kinds
            and voice.outcome == self.outcome
            and (voice.language == "zh" or self.english)
            and (MOVES.isdisjoint(beats) or voice.category not in INDOORS)
            and ("draft" not in beats or voice.category in CARING)
            and ("ask" not in beats or voice.ask != "")
        )


CLOSED = (
    Path("solved and confirmed", 84, "sign note? ask_reply? answer confirm", english=True),
    Path("solved, said so on the telephone", 95, "sign assign? tell? answer call", called=True, english=True),
    Path("closed by the department, rated later", 44, "sign note? answer close rate", english=True),
    Path("closed by the department, never rated", 26, "sign answer close", english=True),
    Path("praised", 24, "sign answer close", kinds=frozenset({"praise"}), english=True),
    Path("praised, and the resident spoke to", 8, "sign answer call", kinds=frozenset({"praise"}), called=True),
    Path("three calls and nobody there", 16, "sign answer no_answer no_answer no_answer", called=True, english=True),
    Path("would rather not say", 8, "sign answer call_declined", called=True),
    Path("a wrong number", 5, "sign answer wrong_number", called=True),
    Path("not satisfied, done again", 18, "sign answer call_unhappy tell answer_again call", called=True, kinds=BROKEN),
    Path("not solved, done again", 14, "sign ask_reply? answer confirm_no answer_again confirm", kinds=BROKEN),
    Path("rated badly, done again", 8, "sign answer close rate_badly tell? answer_again confirm", kinds=BROKEN),
    Path("waited for an outside body", 8, "sign tell? wait_go_on answer confirm", kinds=BROKEN),
    Path("took longer", 4, "sign extend answer confirm", kinds=BROKEN),
    Path("the superior named who is responsible", 4, "sign tell? support reassign sign answer call", called=True, kinds=BROKEN),
    Path("passed on", 20, "sign tell? pass_on sign answer call", called=True, kinds=BROKEN),
    Path("passed on twice", 5, "sign pass_on sign note? pass_on sign answer confirm", kinds=BROKEN),
    Path("up by trade", 10, "sign tell raise_trade sign answer confirm", kinds=BROKEN),
    Path("up by area", 10, "sign tell raise_area sign assign? answer call", called=True, kinds=BROKEN),
    Path("explained, not agreed", 12, "sign ask_reply? answer_unsolved dispute sign answer_above close", outcome="explained"),
    Path("explained and understood", 12, "sign ask_reply? answer_unsolved confirm", outcome="explained"),
    Path("returned, given to another", 16, "return dispatch sign answer call", called=True, kinds=BROKEN),
    Path("returned, and it stays", 8, "return uphold sign answer confirm", kinds=BROKEN),
    Path("returned twice, an arbiter decides", 8, "return dispatch return arbitrate sign contribute answer call", called=True, kinds=BROKEN),
    Path("not taken", 12, "note? decline", outcome="referred", english=True),
    Path("settled by another body", 8, "sign answer_unsolved close", outcome="referred", english=True),
    Path("withdrawn", 16, "sign? add? withdraw", kinds=BROKEN),
    Path("withdrawn after the answer", 5, "sign coming withdraw", kinds=BROKEN),
    Path("taken up again by the resident", 10, "sign answer confirm reopen answer_again confirm", kinds=BROKEN),
    Path("taken up again by the desk", 6, "sign answer close reopen_by_desk tell answer_again call", called=True, kinds=BROKEN),
    Path("taken up again by oversight", 3, "sign answer call_declined reopen_by_oversight assign answer_again call", called=True, kinds=BROKEN),
    Path("an officer steps back", 5, "sign recuse answer confirm"),
)
OPEN = (
    Path("new", 42, "add?", (0.02, 1.6), kinds=ANY, english=True),
    Path("new, looked at", 6, "prioritise note", (0.05, 1.0), kinds=BROKEN),
    Path("new after passing on", 5, "sign tell? pass_on", (0.5, 4.0), kinds=BROKEN),
    Path("new after going up", 4, "sign tell raise_trade", (1.5, 9.0), kinds=BROKEN),
    Path("new by area", 3, "sign note raise_area", (1.5, 9.0), kinds=BROKEN),
    Path("new after a dispute", 3, "sign answer_unsolved dispute", (2.0, 9.0), outcome="explained"),
    Path("dispatched", 3, "return dispatch", (0.3, 2.0), kinds=BROKEN),
    Path("given back", 2, "return uphold", (0.3, 2.0), kinds=BROKEN),
    Path("returned", 7, "return", (0.1, 1.2), kinds=BROKEN),
    Path("returned twice", 4, "return dispatch return", (0.5, 2.5), kinds=BROKEN),
    Path("working", 29, "sign assign? note? add?", (0.2, 9.0), english=True),
    Path("waits for an outside body", 5, "sign tell? wait", (0.8, 6.0), kinds=BROKEN),
    Path("a major case", 4, "sign mark_major tell", (0.8, 4.0), kinds=BROKEN),
    Path("working, told", 14, "sign tell prioritise?", (1.0, 12.0), kinds=BROKEN),
    Path("working with help", 4, "return dispatch return arbitrate sign contribute", (1.0, 6.0), kinds=BROKEN),
    Path("working again", 6, "sign answer confirm_no tell?", (3.0, 20.0), kinds=BROKEN),
    Path("working again after a call", 6, "sign answer call_unhappy", (3.0, 20.0), kinds=BROKEN, called=True),
    Path("taken up again", 4, "sign answer confirm reopen", (5.0, 28.0), kinds=BROKEN),
    Path("asked", 22, "sign ask", (0.8, 9.0), english=True),
    Path("answered", 26, "sign note? answer", (1.0, 7.0), kinds=ANY, english=True),
    Path("answered, nobody there yet", 7, "sign answer no_answer", (2.0, 8.0), called=True),
)
REVIEWED = (
    Path("draft waits", 6, "sign draft", (0.5, 5.0)),
    Path("draft sent back", 3, "sign draft send_back", (1.0, 6.0)),
    Path("sent back once, then sent", 14, "sign assign? ask_reply? draft send_back draft approve call", called=True),
)
"""Only in a department whose answers are read by a colleague first."""
