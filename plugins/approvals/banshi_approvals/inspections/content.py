"""A scored inspection form as it is published (domain 6.3): items in sections, the key ones all to be met, of the others a share."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from banshi_approvals.catalogue.content import Said


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to look at, with the rule it rests on; a ``key`` one must be met."""

    code: str
    text: Said
    rule: Said = {}
    key: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Items that are looked at in one place."""

    title: Said
    items: tuple[Item, ...]


class InspectionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole form; ``pass_at`` is the share, in percent, of the applicable general items that must be met."""

    code: str
    title: Said
    sections: tuple[Section, ...]
    pass_at: int = 85

    def items(self) -> Iterator[Item]:
        """Give all items in order."""
        for section in self.sections:
            yield from section.items

    def item(self, code: str) -> Item | None:
        """Return the item of that code."""
        return next((i for i in self.items() if i.code == code), None)
