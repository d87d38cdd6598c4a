"""Papers that were given: made as PDF with number and seal after the act that gave them, shown on the case, checked by whoever holds one.

reading     papers of a case, by code, by digest; how one stands
telling     what stands on one, as `papers` draws it
seals       the keys of the two seals, from the settings
making      draws, seals, numbers and keeps one; the job that makes all that wait
lists       the list of a situation as PDF
archives    gives the whole case file away
panels      the part "Papers" on the pages of a case
pages       gives a paper away; the public check page
"""
