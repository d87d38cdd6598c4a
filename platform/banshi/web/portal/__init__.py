"""The resident's portal: find a service, file, get a number, follow it, answer.

home        services, and one field that searches them and numbers
filing      from the first question to the confirmation (questions: which are asked, whose the draft is)
saving      half-filled forms: the link, the code, the account
following   number and code
attachments pictures and papers
timing      by when, and how that was counted
own         one's own cases, and those of somebody for whom one holds a mandate
inbox       what happened on them
mandating   who helps me, whom I help
nearby      what others reported, before it is filed again
consult     what the library says, before it is filed
public      what everybody may know
shelf       the library: what holds here, who does what
"""

from __future__ import annotations

from banshi.web.portal import attachments, filing, following, home, inbox, mandating, own, public, saving, shelf, timing

HANDLERS = [
    home.home,
    home.district_home,
    filing.start,
    filing.begin,
    filing.ask,
    filing.answer,
    saving.saved,
    saving.keep,
    saving.resume,
    saving.show_code,
    saving.delete,
    following.track,
    following.follow,
    own.my_cases,
    own.their_cases,
    inbox.show,
    inbox.read_all,
    public.show,
    shelf.show,
    shelf.departments,
    shelf.department,
    shelf.entry,
    mandating.show,
    mandating.give,
    mandating.end,
    own.show_case,
    timing.show,
    attachments.show,
    attachments.add,
    attachments.withdraw,
    attachments.give,
    attachments.preview,
    attachments.add_to_draft,
    attachments.remove_from_draft,
    own.print_case,
    own.act,
]
