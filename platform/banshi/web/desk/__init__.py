"""The staff desk.

queue       lists of work
case        one case, and what can be done with it now
"""

from __future__ import annotations

from banshi.web.desk import case, queue

HANDLERS = [
    queue.mine,
    queue.department,
    queue.everything,
    queue.find,
    case.show_case,
    case.reveal,
    case.act,
]
