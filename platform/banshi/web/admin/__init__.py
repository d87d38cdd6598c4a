"""Administration: what is set for a district, by whom and why.

plugins       which are installed, and where they are on
calendar      the working calendar of a district: a year at a glance, hours, versions
changing      changing it: a form or a file, what it would move, and the change itself
rules         every limit and every rule in force, where its value comes from, and changing it
escalations   what would happen by itself up to a moment, and backlogs
standing      when a deputy is offered a case
wordings      the texts of messages, and what could not be sent
webhooks      which programs are told what, and what came of it
frame         what these pages share
"""

from __future__ import annotations

from banshi.web.admin import calendar, changing, escalations, plugins, rules, standing, webhooks, wordings

HANDLERS = [
    *plugins.HANDLERS,
    *calendar.HANDLERS,
    *changing.HANDLERS,
    *rules.HANDLERS,
    *escalations.HANDLERS,
    *standing.HANDLERS,
    *wordings.HANDLERS,
    *webhooks.HANDLERS,
]
