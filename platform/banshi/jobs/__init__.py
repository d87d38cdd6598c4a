"""Work that nobody waits for.

relay       reads case events in the order in which they became final, and feeds each consumer exactly where it left off
periodic    jobs with a timetable, carried by procrastinate
"""
