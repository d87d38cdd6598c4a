"""Messages to people and from them.

notices     in-app: what happened on a case since the resident, or the officer in charge, last looked
replying    the address to which somebody answers: it alone says which case a mail belongs to
heads       who wrote a mail, to whom, and whether a machine did
parsing     a mail from bytes to words and files; it never raises
trimming    its words: plain, without what was quoted or signed below them
mailroom    the tables of inbound mail, and a mail taken: stored as it came before anything is made of it
inbound     what becomes of a mail: it is read, its files are looked at, and it is judged
judging     whether it joins its case, waits for a clerk, or is set aside
joining     how it becomes part of a case
quarantine  what clerks do with the mails that wait
fetching    mail from a server, by IMAP
working     the periodic jobs of all this
"""

from __future__ import annotations

from banshi.notify.notices import BOUND, NOTICES, Place, count_unread, inbox, notice, read, read_all, read_place, take, unread, write_place

__all__ = ["BOUND", "NOTICES", "Place", "count_unread", "inbox", "notice", "read", "read_all", "read_place", "take", "unread", "write_place"]
