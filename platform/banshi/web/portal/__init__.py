"""The resident's portal: find a service, file, get a number, follow it, answer.

home        services, and one field that searches them and numbers
filing      from the first question to the confirmation
following   number and code
own         one's own cases
"""

from __future__ import annotations

from banshi.web.portal import filing, following, home, own

HANDLERS = [
    home.home,
    home.district_home,
    filing.start,
    filing.begin,
    filing.ask,
    filing.answer,
    following.track,
    following.follow,
    own.my_cases,
    own.show_case,
    own.act,
]
