"""The plugin's own pages.

words       how the catalogue's values are said
guide       the public catalogue: matters, sub-items, questions, the exact list, reforms
filing      applying, and number and code afterwards
materials   what is still to be handed in
asking      asking once for everything that is missing
desk        what the pages of the catalogue at the desk share
editing     versions, drafts, publishing, retiring
bringing    a file into the catalogue
reforming   what is delegated, abolished, merged, taken over
handbook    one version whole, for officers
editor      a sub-item as fields of a form, and back
"""
