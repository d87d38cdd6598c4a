"""What can go wrong on a way out: with the way itself, with one message for now, with one message for good."""

from __future__ import annotations

from banshi.errors import BanshiError


class Away(BanshiError):
    """The whole way is closed: the server does not answer, or refuses us. No message is to blame, none loses a try."""


class Later(BanshiError):
    """This message was not taken now; it is tried again. The message says a code, never an address."""


class Never(BanshiError):
    """This message will not be taken, however often it is tried."""
