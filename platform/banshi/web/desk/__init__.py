"""The staff desk.

queue       lists of work
case        one case, and what can be done with it now
sheet       how it is drawn: facts, story with what is new, who else has it open
caller      what a resident says on the telephone, entered with their code (proof)
register    a new case for somebody on the telephone or at the window
answers     a department's templates for answers
"""

from __future__ import annotations

from banshi.web.desk import answers, caller, case, queue, register

HANDLERS = [
    queue.mine,
    queue.department,
    queue.everything,
    queue.find,
    case.show_case,
    case.reveal,
    case.act,
    caller.admit,
    caller.act,
    caller.hang_up,
    register.begin,
    register.look,
    register.ask,
    register.send,
    register.done,
    answers.show_all,
    answers.add,
    answers.show,
    answers.change,
    answers.remove,
]
