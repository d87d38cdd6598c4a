"""The few requests that are there on purpose, so that whoever looks for them finds them (domain, "Demo city")."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from banshi import DemoCase
from banshi_tickets.demo.filing import filed
from banshi_tickets.demo.voices import VOICES, Voice

LANE = ("shizixiang", "nanpu", "柿子巷", "柿子巷北口")
MARKET = ("xiaoheli", "nanpu", "小荷里", "小荷里菜场")
GATE = ("fangjichang", "nanpu", "纺机厂", "纺机厂东门")
TOWER = ("yunjing", "qishan", "云璟", "云璟小区 7 栋")
MANY = 31

BETWEEN = Voice(
    "complaint",
    "drainage",
    "纺机厂东门的下水井盖陷下去一半，城管说是街道的，街道说是城管的。都一个星期了，到底谁管？",
    "",
    "",
    "井座已重做，井盖换成防沉降的，路面当天恢复。两家单位今后对这一段一起巡查，您只要打热线，不必分清是谁的。",
)
DEBT = next(v for v in VOICES if v.outcome == "referred" and v.language == "zh")
MEAT = next(v for v in VOICES if v.kind == "report" and v.category == "market")
LAMP, STALL = (next(v for v in VOICES if v.category == c and v.language == "zh") for c in ("street_lighting", "noise"))

TOWER_LIFT = Voice("help", "lifts", "", "", "", "两部电梯的曳引机都已更换，检验合格。维修期间的上门服务继续到本周末。")
WHAT = (
    "云璟 7 栋两部电梯全停了。",
    "7 栋的电梯又坏了，这回两部一起坏。",
    "我们楼（云璟 7 栋）电梯从前天晚上停到现在。",
    "云璟小区 7 栋没有电梯可用，二十六层全靠爬。",
    "7 栋电梯停运，物业贴的通知上没写什么时候修好。",
    "请问云璟 7 栋的电梯什么时候能修好？",
)
WHO = (
    "我家十八楼，老人透析一周要出门三次。",
    "我住二十二楼，刚出院，医生不让爬楼。",
    "孩子才三个月，抱着上十五楼，腿都软了。",
    "我妈八十二，已经两天没下楼了。",
    "快递都放在一楼大厅，堆成山了。",
    "我膝盖做过手术，一层一层挪上来的。",
    "家里请的护工不肯来了。",
    "送水的不送了，我们喝自来水烧的。",
    "早上送孩子上学，下楼要二十分钟。",
    "我们家有轮椅，根本出不去。",
    "昨天有位大爷在楼梯上坐了半个钟头。",
)
WISH = ("至少先修好一部。", "请给个准日子。", "能不能派人帮老人买菜？", "物业电话打不通。", "听说是要动维修基金，能不能快一点批？")


def on_purpose(rng: Random) -> Iterator[DemoCase]:
    """Yield a return that an arbiter decides, a report whose person is hidden, one unrated, one done again, one not taken; and one matter of 31."""
    yield filed(rng, BETWEEN, "return dispatch return arbitrate sign contribute answer call", (16, 18), called=True, place=GATE)
    yield filed(rng, MEAT, "sign note ask_reply answer confirm", (21, 23), place=MARKET, unnamed=False)
    yield filed(rng, MEAT, "sign note", (1.5, 2), place=MARKET, unnamed=False)
    yield filed(rng, LAMP, "sign answer no_answer no_answer no_answer", (12, 14), called=True, place=LANE)
    yield filed(rng, STALL, "sign note answer call_unhappy tell answer_again call", (19, 21), called=True, place=LANE, text=STALL.text)
    yield filed(rng, DEBT, "note decline", (9, 11), place=LANE)
    yield filed(rng, LAMP, "sign prioritise answer confirm", (4, 5), place=LANE, text=LAMP.text, more={"urgency": "danger"})
    yield filed(rng, STALL, "sign tell", (2.5, 3.5), called=True, place=LANE, more={"discreet": True})
    yield from one_matter(rng)


def one_matter(rng: Random) -> Iterator[DemoCase]:
    """Yield the 31 requests about one thing: each in other words, within two days, some signed for, some not yet."""
    said = rng.sample([a + b + c for a in WHAT for b in WHO for c in WISH], MANY)
    for number, text in enumerate(said):
        beats = ("sign tell", "sign", "")[min(number * 3 // MANY, 2)]
        yield filed(
            rng,
            TOWER_LIFT,
            beats,
            (2.2 - number * 0.06, 2.3 - number * 0.06),
            place=TOWER,
            text=text,
            unnamed=False,
            more={"place": TOWER[3], "urgency": "urgent", "kind": "complaint" if number % 3 == 1 else "help", "discreet": False},
        )
