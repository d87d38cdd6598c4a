"""Messages to people and from them. What goes out comes from the case's own events.

notices      in-app: what happened since the resident, or the officer in charge, last looked
topics       the closed list of what a message can be about, and how an event is sorted into it
preferences  addresses (used once they are confirmed), and who wants to be told what by which way
outgoing     the outbox: one row per recipient, way and event; claimed, sent, tried again, given up
templates    the texts, with a closed list of placeholders; a district may have its own
composing    from a row of the outbox to a letter or a text message
mail         letters over SMTP, or into a folder
sms          text messages through a provider that a plugin brings, or into a file
replying     the address to which an answer comes back: signed, so that it joins its case and nobody else's
digest       one letter a day to staff: what is new in their queue
webhooks     events to other programs: who is told what, under which secret, and what came of it
calling      how a webhook is called: signed, bounded, one at a time for each address, tried again
fence        no call leads into the own network
heads        who wrote a mail, to whom, and whether a machine did
parsing      a mail from bytes to words and files; it never raises
trimming     its words: plain, without what was quoted or signed below them
mailroom     the tables of inbound mail, and a mail taken: stored as it came before anything is made of it
inbound      what becomes of a mail: it is read, its files are looked at, and it is judged
judging      whether it joins its case, waits for a clerk, or is set aside
joining      how it becomes part of a case
quarantine   what clerks do with the mails that wait
fetching     mail from a server, by IMAP
working      the periodic jobs of all this
"""

from __future__ import annotations

from banshi.notify.notices import BOUND, NOTICES, Place, count_unread, inbox, notice, read, read_all, read_place, take, unread, write_place

__all__ = ["BOUND", "NOTICES", "Place", "count_unread", "inbox", "notice", "read", "read_all", "read_place", "take", "unread", "write_place"]
