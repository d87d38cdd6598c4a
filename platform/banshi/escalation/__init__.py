"""Escalation: rules over clocks and counts, and what they do.

pending     which rung comes next on a case, and when: pure
firing      what a rung does to a case
sweeping    what is due is done; the index of what is due next
by_hand     a rung done by a clerk, once its condition holds
reports     the closing report of what was escalated, and their list
recounting  that index made anew after a change of calendars or rules, by the worker
moving      what a changed calendar would move, before it is changed
tables      those indexes, and what is to be counted anew
"""
