"""Escalation: rules over clocks and counts, and what they do.

pending     which rung comes next on a case, and when: pure
firing      what a rung does to a case
sweeping    what is due is done; the index of what is due next
recounting  that index made anew after a change of calendars or rules, by the worker
moving      what a changed calendar would move, before it is changed
tables      that index, and what is to be counted anew
"""
