"""Licences: granted, renewed, watched over, and found by whoever asks (domain 6.1, 7.8).

register    reads them: by number, code, institution, district; how one stands at a moment
granting    what a decision writes
renewing    which licence may be renewed, by whom, in which time
writing     what happens to one: its row, its story, word to its holder, a paper
changing    the case type of a holder who changes it or gives it back
checks      the case type of checks afterwards: every year, and of what was promised
findings    the case type of what supervision found, up to suspending and revoking
minding     what jobs do every day: reminders before the end, yearly checks
"""
