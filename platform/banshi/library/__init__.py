"""The library: what a clerk cites and a resident reads before filing.

tables      an entry, its versions (never changed, only followed by another), and what was settled by reading
rendering   Markdown to HTML in which nobody can hide anything
writing     a new version, and its end
reading     what is valid on a day, found by words or by code
comparing   what changed from one version to another
citing      which version an answer rests on
settling    what reading settled, counted
importing   a folder of Markdown files

Duties and telephones are not copied here: they are the directory's, and shown from there.
"""
