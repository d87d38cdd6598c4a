"""The residents of the demo city: invented names, telephone numbers that ring nowhere."""

from __future__ import annotations

from random import Random

import msgspec

SURNAMES = "张王李赵陈刘杨黄周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾"
GIVEN = (
    *("小芳", "建国", "秀英", "志强", "桂兰", "明远", "丽珍", "伟成", "静雯", "文清", "玉梅", "家宁", "思远", "海燕", "立新"),
    *("春花", "国庆", "雪琴", "大磊", "慧敏", "长顺", "银凤", "子涵", "一诺", "晓东", "月娥", "继业", "佳怡", "浩然", "春生"),
)
ABROAD = (
    *("Anna Berg", "Tom Ashby", "Meera Rao", "Lucas Fontaine", "Aiko Mori", "Samuel Otieno", "Ines Duarte", "Pavel Horak", "Grace Mwangi"),
    *("Omar Haddad", "Linh Tran", "Ewa Nowak", "Diego Salas", "Priya Nair", "Hanna Lind", "Yusuf Demir", "Clara Weiss", "Jonas Vik"),
    *("Amara Diallo", "Rosa Bianchi", "Peter Novak", "Sofia Marin", "Daniel Okoye", "Nadia Karim", "Emil Larsen"),
)
EVERY = 12  # of so many residents, one reads English


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account."""

    login: str
    name: str
    telephone: str
    language: str


def residents(rng: Random, count: int) -> list[Resident]:
    """Return ``count`` residents, the same for the same source."""
    lines = rng.sample(range(10_000), count)
    return [_resident(rng, number, line) for number, line in enumerate(lines)]


def _resident(rng: Random, number: int, line: int) -> Resident:
    english = number % EVERY == EVERY - 1
    return Resident(
        login=f"resident{number + 1}",
        name=ABROAD[number // EVERY % len(ABROAD)] if english else rng.choice(SURNAMES) + rng.choice(GIVEN),
        telephone=f"100 0000 {line:04d}",
        language="en" if english else "zh",
    )
