"""Work that nobody waits for.

relay       reads case events in the order in which they became final, and feeds each consumer exactly where it left off
children    a plugin's job in a process of its own, killed at its limit
presence    which workers are there, and since when
periodic    jobs with a timetable, carried by procrastinate
"""
