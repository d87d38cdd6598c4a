"""The joint review: each department that is asked answers in a case of its own, with its own clock (domain 6.3)."""
