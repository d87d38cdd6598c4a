"""The catalogue of matters.

content     what a sub-item says, as structs
checking    what is wrong with one
files       the catalogue as a TOML file
keeping     drafts, publishing, retiring
importing   a file into the catalogue
reforms     delegated, abolished, merged, taken over
applying    what reforms do to open cases
reading     what holds on a day in a district
finding     what fits somebody's words
notice      the one-time notification: exactly what is needed in a situation
"""
