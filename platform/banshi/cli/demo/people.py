"""The residents of the demo city: invented names, telephone numbers that ring nowhere."""

from __future__ import annotations

from random import Random

import msgspec

SURNAMES = "张王李赵陈刘杨黄周吴徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾"
GIVEN = (
    "小芳",
    "建国",
    "秀英",
    "志强",
    "桂兰",
    "明",
    "丽",
    "伟",
    "静",
    "文",
    "玉梅",
    "家宁",
    "思远",
    "海燕",
    "立新",
    "春花",
    "国庆",
    "雪",
    "磊",
    "慧敏",
)


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account."""

    login: str
    name: str
    telephone: str
    language: str


def residents(rng: Random, count: int) -> list[Resident]:
    """Return ``count`` residents, the same for the same source."""
    return [
        Resident(
            login=f"resident{number + 1}",
            name=rng.choice(SURNAMES) + rng.choice(GIVEN),
            telephone=f"100 0000 {rng.randrange(10_000):04d}",
            language="en" if number % 12 == 11 else "zh",
        )
        for number in range(count)
    ]
