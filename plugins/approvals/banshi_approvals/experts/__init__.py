"""Experts: the pool, the lot, and the panels that score an application (domain 6.6).

pool        who is in it, of which fields, and who can be drawn for a holder
lot         the draw: what follows from a seed and a list
facts       what a panel keeps
cases       the case type: a panel, its actions
ways        what its actions change
opening     what the application does to call experts
"""
