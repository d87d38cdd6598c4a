"""Applications of the demo city, in every stage that one department's hands lead to; what other departments say comes from whoever plays with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from banshi import DemoCase
from banshi_approvals.application.facts import ON_PAPER
from banshi_approvals.catalogue import content
from banshi_approvals.catalogue.content import Item
from banshi_approvals.demo.filling import book

Beat = tuple[float, str, Mapping[str, Any], str]
Way = Callable[[list[str], Item], list[Beat]]

PLACES = {
    "nanpu": (("shizixiang", "柿子巷"), ("fangjichang", "纺机厂路"), ("xiaoheli", "小荷里")),
    "qishan": (("yunjing", "云璟路"), ("linxi", "临溪街"), ("xinghuayuan", "杏花苑")),
}
HOUSES = ("云上", "柿子树", "小荷", "临溪", "青禾", "杏花", "南浦", "栖山", "槐荫", "望澜")
KINDS = {
    "hotel": "旅馆",
    "bath": "浴室",
    "pool": "游泳馆",
    "cinema": "影城",
    "hairdresser": "理发店",
    "water-second": "物业服务公司",
    "water-central": "水厂",
    "clinic-licence": "门诊部",
    "clinic-small": "诊所",
    "clinic-plan": "康复医院",
    "clinic-change": "门诊部",
    "rays-licence": "口腔医院",
    "nursery-hygiene": "托育园",
    "disinfectant-plant": "卫生用品厂",
    "place-renewal": "宾馆",
    "place-change": "宾馆",
    "disinfectant-renewal": "卫生用品厂",
}
PEOPLE = ("张秀英", "李明远", "王静雯", "陈文清", "赵家宁", "刘海燕", "周立新", "吴春花", "徐慧敏", "马思远")
GROUNDS = ("over_65", "pregnant", "afar")
FOUND = "材料齐全，内容一致，符合《云澜市行政审批服务办法（示例）》第五条规定。"
SHORT = "人员资质与申报的范围不一致，不符合《云澜市医疗机构管理条例（示例）》第十六条的规定。"
ELSEWHERE = "申请的场所不在本区，依据《云澜市行政审批服务办法（示例）》第六条，不属于本局受理范围。"
FAULT = "第二页缺少签字，请补签后重新提交。"


def given(codes: list[str]) -> dict[str, Any]:
    """Return the form with which materials are handed in on paper."""
    return {"papers": [f"{code}:{ON_PAPER}" for code in codes]}


def _fresh(codes: list[str], item: Item) -> list[Beat]:
    return []


def _handed(codes: list[str], item: Item) -> list[Beat]:
    return [(0.1, "hand_in", given(codes), "clerk")]


def _asked(codes: list[str], item: Item) -> list[Beat]:
    return [(0.1, "hand_in", given(codes[:1]), "clerk"), (1.2, "ask", {"faults": [f"{codes[0]}:{FAULT}", *(f"{c}:" for c in codes[1:])]}, "clerk")]


def _completed(codes: list[str], item: Item) -> list[Beat]:
    return [*_asked(codes, item), (3.5, "hand_in", given(codes), "clerk")]


def _examining(codes: list[str], item: Item) -> list[Beat]:
    beats = [*_handed(codes, item), (1.0, "accept", {}, "clerk"), (2.0, "check", {"step": "formal", "found": FOUND}, "clerk")]
    if "joint" in item.steps:
        beats.append((2.5, "ask_departments", {}, "clerk"))
    return beats


def _special(codes: list[str], item: Item) -> list[Beat]:
    return [*_examining(codes, item), (3.2, "begin_special", {"why": "inspection", "days": 10}, "clerk")]


def _proposed(codes: list[str], item: Item) -> list[Beat]:
    checks = [(2.0 + n / 2, "check", {"step": s, "found": FOUND}, "clerk") for n, s in enumerate(item.steps)]
    return [*_handed(codes, item), (1.0, "accept", {}, "clerk"), *checks, (4.0, "propose", {"outcome": "granted", "reasons": FOUND}, "clerk")]


def _granted(codes: list[str], item: Item) -> list[Beat]:
    return [*_proposed(codes, item), (4.8, "decide", {"outcome": "granted"}, "head")]


def _refused(codes: list[str], item: Item) -> list[Beat]:
    beats = _proposed(codes, item)
    return [*beats[:-1], (4.0, "propose", {"outcome": "refused", "reasons": SHORT}, "clerk"), (4.9, "decide", {"outcome": "refused"}, "head")]


def _sent_back(codes: list[str], item: Item) -> list[Beat]:
    return [*_proposed(codes, item), (4.6, "send_back", {"text": "请补充说明人员资质的核对情况。"}, "head")]


def _spot(codes: list[str], item: Item) -> list[Beat]:
    return [(0.05, "hand_in", given(codes), "clerk"), (0.1, "decide_now", {"outcome": "granted"}, "clerk")]


def _not_accepted(codes: list[str], item: Item) -> list[Beat]:
    return [(0.8, "not_accept", {"reasons": ELSEWHERE, "ways": "请向场所所在区的审批窗口提出申请。"}, "clerk")]


def _withdrawn(codes: list[str], item: Item) -> list[Beat]:
    return [*_handed(codes, item), (0.9, "withdraw", {}, "resident")]


def _said(codes: list[str], item: Item) -> list[Beat]:
    return [*_examining(codes, item), (2.8, "say", {"text": "平面图有一处改动，已重新画好，需要再交一份吗？"}, "resident")]


WAYS: tuple[tuple[Way, tuple[str, ...], tuple[float, ...]], ...] = (
    (_fresh, ("hotel", "worker-health", "nurse-registration"), (0.3, 0.6, 1.1)),
    (_handed, ("bath", "cinema", "doctor-registration"), (0.5, 1.4, 2.2)),
    (_asked, ("hotel", "nursery-hygiene", "maternal-staff"), (3.0, 5.5, 8.0)),
    (_completed, ("pool", "clinic-licence"), (4.5, 6.0)),
    (_examining, ("hotel", "cinema", "nursery-hygiene", "clinic-plan", "water-central"), (4.0, 5.5, 6.5, 8.0, 9.0)),
    (_special, ("bath", "rays-licence", "disinfectant-plant"), (6.0, 9.0, 12.0)),
    (_said, ("water-second",), (5.0,)),
    (_proposed, ("doctor-registration", "nurse-registration"), (5.0, 5.4)),
    (_sent_back, ("clinic-change",), (6.0,)),
    (_granted, ("doctor-registration", "nurse-registration", "disinfectant-renewal", "nurse-registration"), (25.0, 60.0, 90.0, 200.0)),
    (_refused, ("clinic-change", "doctor-registration"), (35.0, 75.0)),
    (_spot, ("worker-health", "water-worker-health", "nurse-renewal", "place-change"), (1.5, 12, 40, 70)),
    (_spot, ("clinic-small", "hairdresser", "doctor-sites"), (110, 150, 260)),
    (_not_accepted, ("place-renewal",), (18.0,)),
    (_withdrawn, ("hotel", "worker-health"), (22.0, 45.0)),
)  # fmt: skip


def cases(rng: Random) -> Sequence[DemoCase]:
    """Return about forty applications, the oldest first."""
    found = [_filed(rng, way, code, days, n) for way, codes, ages in WAYS for n, (code, days) in enumerate(zip(codes, ages, strict=True))]
    return sorted(found, key=lambda one: -one.days_ago)


def _filed(rng: Random, way: Way, code: str, days: float, turn: int) -> DemoCase:
    item = next(i for i in book().items if i.code == code)
    situation: dict[str, str] = {}
    for question in item.questions:
        if content.asked(question, situation):
            situation[question.name] = rng.choice(question.choices[: 1 if question.name == "self" else None]).value
    district = ("nanpu", "qishan")[turn % 2]
    area, street = rng.choice(PLACES[district])
    person = item.holder == "person"
    data: dict[str, Any] = {
        "item": code,
        "situation": [f"{name}:{value}" for name, value in situation.items()],
        "holder_kind": "person" if person else "institution",
        "holder": rng.choice(PEOPLE) if person else f"云澜市{rng.choice(HOUSES)}{KINDS.get(code, '服务部')}",
        "contact_telephone": f"100 0000 {rng.randrange(10_000):04d}",
        "area": area,
        "ground": GROUNDS[rng.randrange(3)] if item.at_once and rng.random() < 0.4 else "none",
    }
    if not person:
        data["place"] = f"{street} {rng.randrange(1, 90)} 号"
    codes = [m.code for m in content.materials(item, situation)]
    return DemoCase(
        case_type="application",
        district=district,
        data=data,
        channel="web",
        days_ago=days + rng.random() / 3,
        resident=rng.randrange(120),
        steps=tuple(way(codes, item)),
    )
