"""The report at the desk.

views       the page, and its table as CSV
drawing     the page from the figures
ways        where each number leads: the cases behind it, or the report narrowed to it
"""

from __future__ import annotations

from banshi.web.report import views

HANDLERS = [views.show, views.as_csv]
