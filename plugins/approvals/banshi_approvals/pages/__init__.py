"""The plugin's own pages.

words       how the catalogue's values are said
guide       the public catalogue: matters, sub-items, questions, the exact list, reforms
filing      applying, and number and code afterwards
materials   what is still to be handed in, and asking for it
editing     the catalogue at the desk: versions, drafts, publishing, files, reforms
editor      a sub-item as fields of a form, and back
"""
