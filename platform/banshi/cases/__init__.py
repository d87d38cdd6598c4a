"""The unified case record: what has to be done, by whom and by when, for every domain alike.

tables        case, event, party, type version, idempotency, personal index
numbers       twelve digits that survive being dictated, and the code that goes with one
chain         the digest of each event over the one before it
book          type versions as rows, and `House`: what every domain function is handed
decoding      raw input to a form's struct, field by field
opening       open_many · open_one
acting        act_many · act_one, and which actions are allowed now
upgrading     open cases of an older version of their type
visibility    which cases an actor may see, as branches
reading       one case, its story; lists by key; counts, bounded and exact
importing     another system's cases from a file
verifying     finds a changed, removed or reordered line and a missing case
"""
