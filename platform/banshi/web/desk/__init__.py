"""The staff desk.

queue       a list of work as a page; lists says which there are, filters how they are narrowed, menu what stands at their side
find        search by number, by words, by applicant
group       several queues on one page: the intake desk's own
views       saved views
export      a list as a file
bulk        one thing for many cases of a list
handover    what one shift tells the next
absence     who is away and who stands in, one's own and others'
keys        the help sheet of the keyboard
case        one case, and what can be done with it now
sheet       how it is drawn: facts, story with what is new, who else has it open
by_hand     a rule that a clerk does by hand, with their reason
closing     the form of a closing report; reports lists them for those who lead
caller      what a resident says on the telephone, entered with their code (proof)
attachments files of a case
timing      by when, and how that was counted
together    what a case belongs together with: groups, links, a case from a case
register    a new case for somebody on the telephone or at the window
shelf       the library: read by staff, written by librarians
mail        mails that did not join a case by themselves
components  the style guide
answers     a department's templates for answers
"""

from __future__ import annotations

from banshi.web.desk import (
    absence,
    answers,
    attachments,
    bulk,
    by_hand,
    caller,
    case,
    closing,
    components,
    export,
    find,
    group,
    handover,
    keys,
    mail,
    queue,
    register,
    reports,
    shelf,
    timing,
    together,
    views,
)

HANDLERS = [
    queue.mine,
    queue.department,
    queue.everything,
    queue.owed,
    queue.queue,
    queue.left,
    queue.absent,
    absence.show_own,
    absence.show,
    absence.show_all,
    absence.enter,
    absence.take_back,
    absence.name,
    absence.revoke,
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
    closing.show,
    closing.write,
    by_hand.show,
    by_hand.escalate,
    reports.show,
    reports.export_reports,
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
    mail.show_all,
    mail.show,
    mail.give,
    mail.preview,
    mail.join,
    mail.file,
    mail.close,
    mail.again,
    answers.show_all,
    answers.add,
    answers.show,
    answers.change,
    answers.remove,
]
