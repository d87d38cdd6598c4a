"""What can go wrong, as one tree. A message names what went wrong and the way out; the edge translates it.

BanshiError
├── SettingsError         a BANSHI_ variable is unknown, missing or malformed
├── PluginError           a plugin breaks its contract
├── DatabaseUnavailable   503: PostgreSQL does not answer
├── FilesUnavailable      503: the place where files lie does not answer, or is full
└── Refused               the request cannot be carried out; has an HTTP status
├── Invalid           400: the input is wrong, field by field
├── NotSignedIn       401
├── Forbidden         403
├── NotFound          404
├── OutOfOrder        503: the plugin behind an address is broken, or set aside
├── Conflict          409
│   ├── KeyReused     the idempotency key came before with another body
│   ├── NotAllowedNow the state of the case does not allow the action
│   └── Changed       somebody else acted since the page was read
│       └── Stale     412: the same, told to a program that sent the revision
└── Throttled         429: too many attempts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banshi.texts import Said, Text


class BanshiError(Exception):
    """Root of everything that banshi raises on purpose."""


class SettingsError(BanshiError):
    """A setting is unknown, missing or malformed."""


class PluginError(BanshiError):
    """A plugin breaks its contract; the message names the plugin and the mend."""


class DatabaseUnavailable(BanshiError):
    """PostgreSQL does not answer; the request may be sent again shortly."""


class FilesUnavailable(BanshiError):
    """The place where files lie does not answer, is full, or lacks one that it should have; the message is for the operator."""


class Refused(BanshiError):
    """The request was understood and is not carried out.

    ``text`` is what the reader sees (translated at the edge), ``values`` fill its placeholders.
    """

    status: ClassVar[int] = 400

    def __init__(self, text: Text | str, **values: object) -> None:
        self.text = text
        self.values = values
        super().__init__(str(text).format_map(_Lenient(values)))


class Invalid(Refused):
    """Fields are wrong: ``problems`` maps a field's name to the text that helps to mend it."""

    def __init__(self, text: Text | str, problems: Mapping[str, Text | Said | str] | None = None, **values: object) -> None:
        self.problems: dict[str, Text | Said | str] = dict(problems or {})
        super().__init__(text, **values)


class NotSignedIn(Refused):
    """Nobody is signed in, or the session or token is no longer valid."""

    status = 401


class Forbidden(Refused):
    """The capacity in which the actor acts does not carry the permission."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or the actor may not know of it."""

    status = 404


class Conflict(Refused):
    """The request does not fit what is there now."""

    status = 409


class KeyReused(Conflict):
    """An idempotency key came before, with another body."""


class NotAllowedNow(Conflict):
    """The state of the case does not allow the action."""


class Changed(Conflict):
    """Somebody else acted on the case since it was read; ``events`` are those the actor may see, oldest first."""

    def __init__(self, text: Text | str, events: Sequence[object] = (), **values: object) -> None:
        self.events = tuple(events)
        super().__init__(text, **values)


class Stale(Changed):
    """The same, told to a program that sent the revision it had read (RFC 9110, 13.1.1)."""

    status = 412


class OutOfOrder(Refused):
    """The plugin behind an address is broken, or set aside; the rest of the platform serves."""

    status = 503


class Throttled(Refused):
    """Too many attempts; ``seconds`` until the next one counts."""

    status = 429

    def __init__(self, text: Text | str, seconds: int, **values: object) -> None:
        self.seconds = seconds
        super().__init__(text, seconds=seconds, **values)


class _Lenient(dict[str, object]):
    """Leaves a placeholder standing where no value is given."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
