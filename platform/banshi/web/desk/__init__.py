"""The staff desk.

queue       a list of work as a page; lists says which there are, filters how they are narrowed, menu what stands at their side
find        search by number, by words, by applicant
group       several queues on one page: the intake desk's own
views       saved views
export      a list as a file
bulk        one thing for many cases of a list
handover    what one shift tells the next
keys        the help sheet of the keyboard
case        one case, and what can be done with it now
sheet       how it is drawn: facts, story with what is new, who else has it open
caller      what a resident says on the telephone, entered with their code (proof)
attachments files of a case
timing      by when, and how that was counted
together    what a case belongs together with: groups, links, a case from a case
register    a new case for somebody on the telephone or at the window
shelf       the library: read by staff, written by librarians
components  the style guide
answers     a department's templates for answers
"""

from __future__ import annotations

from banshi.web.desk import (
    answers,
    attachments,
    bulk,
    caller,
    case,
    components,
    export,
    find,
    group,
    handover,
    keys,
    queue,
    register,
    shelf,
    timing,
    together,
    views,
)

HANDLERS = [
    queue.mine,
    queue.department,
    queue.everything,
    queue.queue,
    shelf.show,
    shelf.departments,
    shelf.department,
    shelf.new,
    shelf.add,
    shelf.entry,
    shelf.tell,
    shelf.ask_change,
    shelf.change,
    shelf.retire,
    components.show,
    components.nothing,
    find.find,
    find.find_person,
    export.export,
    group.group,
    views.show_all,
    views.keep,
    views.show,
    views.ask_change,
    views.change,
    views.remove,
    bulk.many,
    handover.show,
    handover.write,
    keys.show,
    case.show_case,
    case.reveal,
    case.act,
    caller.admit,
    caller.act,
    caller.hang_up,
    timing.show,
    attachments.show,
    attachments.add,
    attachments.withdraw,
    attachments.give,
    attachments.preview,
    together.show,
    together.join,
    together.leave,
    together.link,
    together.file,
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
