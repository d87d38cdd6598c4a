"""The small town of the tests: every plugin on, but off in the West; one office a district, with an officer for each role.

ruan is the city, with the intake desk, the oversight body and an administrator; east and north have an office with all duties; west has one with
none, and everything off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banshi.plugins import Registry

DISTRICTS = (("east", "东区", "East"), ("north", "北区", "North"), ("west", "西区", "West"))
OFF = "west"


def write(registry: Registry) -> str:
    """Return the organisation file of the small town for these plugins."""
    return "\n".join(_lines(registry)) + "\n"


def _lines(registry: Registry) -> Iterator[str]:
    switches = {on: "{ " + ", ".join(f"{p.name} = {on}" for p in registry.plugins) + " }" for on in ("true", "false")}
    duties = [f'{{ case_type = "{c.key}", text = {{ zh = "全部", en = "All of it" }} }}' for c in registry.case_types]
    roles = [f"{r.owner}.{r.name}" for r in registry.roles]
    yield from ("[[district]]", 'code = "ruan"', 'level = "city"', 'title = { zh = "阮城", en = "Ruan" }', 'zone = "Asia/Shanghai"')
    yield f"plugins = {switches['true']}"
    for code, zh, en in DISTRICTS:
        yield from ("", "[[district]]", f'code = "{code}"', 'parent = "ruan"', 'level = "district"', f'title = {{ zh = "{zh}", en = "{en}" }}')
        if code == OFF:
            yield f"plugins = {switches['false']}"
        yield from ("", "[[district]]", f'code = "{code}-lane"', f'parent = "{code}"', 'level = "community"')
        yield f'title = {{ zh = "{zh}柿树里", en = "{en} Persimmon Lane" }}'
    yield from _department("oversight", "ruan", "督查室", "Oversight", part="oversight")
    yield from _department("intake", "ruan", "热线中心", "Hot Line", part="intake", above="oversight")
    for code, zh, en in DISTRICTS:
        yield from _department(f"{code}-office", code, f"{zh}办公室", f"{en} Office", above="oversight", duties=[] if code == OFF else duties)
    yield from _officer("90001", "intake", "kernel.administrator", "赵七")
    for first, (code, _zh, _en) in enumerate(DISTRICTS, start=1):
        for number, role in enumerate(roles, start=1):
            yield from _officer(f"{first}{number:04}", f"{code}-office", role, f"{'陈林吴'[first - 1]}{number}")


def _department(code: str, district: str, zh: str, en: str, *, part: str = "", above: str = "", duties: list[str] | None = None) -> Iterator[str]:
    yield from ("", "[[department]]", f'code = "{code}"', f'district = "{district}"', f'title = {{ zh = "{zh}", en = "{en}" }}')
    yield 'telephone = "0000-0000-0001"'
    if part:
        yield f'part = "{part}"'
    if above:
        yield from (f'superior_by_trade = "{above}"', f'superior_by_area = "{above}"')
    yield f"duties = [{', '.join(duties or ())}]"


def _officer(number: str, department: str, role: str, name: str) -> Iterator[str]:
    yield from ("", "[[staff]]", f'number = "{number}"', f'department = "{department}"', f'roles = ["{role}"]', f'name = "{name}"')
    yield f'login = "officer{number}"'
