"""What the requests know of the demo city: where things happen, who is in charge, who stands beside. The city's own file says the same."""

from __future__ import annotations

from collections.abc import Mapping

PLACES = (
    ("shizixiang", "nanpu", "柿子巷", "柿子巷 12 号门口"),
    ("shizixiang", "nanpu", "柿子巷", "柿子巷北口"),
    ("shizixiang", "nanpu", "柿子巷", "柿子巷老井边"),
    ("fangjichang", "nanpu", "纺机厂", "纺机厂宿舍 4 栋"),
    ("fangjichang", "nanpu", "纺机厂", "纺机厂东门"),
    ("fangjichang", "nanpu", "纺机厂", "纺机厂老礼堂"),
    ("xiaoheli", "nanpu", "小荷里", "小荷里菜场"),
    ("xiaoheli", "nanpu", "小荷里", "小荷里 2 号院"),
    ("xiaoheli", "nanpu", "小荷里", "小荷里河埠头"),
    ("huaiyinli", "nanpu", "槐荫里", "槐荫里大街公交站"),
    ("yunjing", "qishan", "云璟", "云璟小区 5 栋"),
    ("yunjing", "qishan", "云璟", "云璟小区南门"),
    ("linxi", "qishan", "临溪", "临溪桥头"),
    ("linxi", "qishan", "临溪", "临溪社区活动室"),
    ("xinghuayuan", "qishan", "杏花苑", "杏花苑 3 期"),
    ("xinghuayuan", "qishan", "杏花苑", "杏花苑西门"),
    ("qinghe", "qishan", "青禾街道", "青禾口袋公园"),
    ("", "yunlan", "云澜大道", "云澜大道公交枢纽"),
)
"""Area, the district in which it is filed, the area's name, and a place in it; the last is the city's own."""

_WORKS = {"nanpu": "nanpu-management", "qishan": "qishan-building", "yunlan": "city-management"}
_STREETS = {"nanpu": "nanpu-management", "qishan": "qinghe-office", "yunlan": "city-management"}
_HOMES = {"nanpu": "huaiyinli-office", "qishan": "qishan-building"}
_EVERYWHERE = ("nanpu", "qishan", "yunlan")
IN_CHARGE: Mapping[str, Mapping[str, str]] = {
    "street_lighting": dict.fromkeys(_EVERYWHERE, "lighting"),
    "roads": _WORKS,
    "drainage": _WORKS,
    "parking": _WORKS,
    "waste": _STREETS,
    "greenery": _STREETS,
    "noise": _STREETS,
    "toilets": _STREETS,
    "graffiti": _STREETS,
    "animals": _STREETS | {"nanpu": "huaiyinli-office"},
    "property": _HOMES,
    "lifts": _HOMES,
    "energy": _HOMES,
    "water": _HOMES,
    "building_sites": _HOMES,
    "market": {"nanpu": "nanpu-health", "qishan": "city-commerce", "yunlan": "city-commerce"},
    "transport": dict.fromkeys(_EVERYWHERE, "city-commerce"),
    "welfare": dict.fromkeys(_EVERYWHERE, "city-civil"),
    "elderly": dict.fromkeys(_EVERYWHERE, "city-civil"),
    "other": {"nanpu": "nanpu-services", "qishan": "qishan-services"},
}
"""The department in charge, by category and district; a category is not filed for a district that is not named."""

CARING = frozenset({"welfare", "elderly"})
INDOORS = CARING | {"other", "transport"}
"""Where there is no place to go to and nothing to mend."""
NEXT: Mapping[str, tuple[str, ...]] = {
    "nanpu": ("nanpu-management", "huaiyinli-office", "city-management"),
    "qishan": ("qishan-building", "qinghe-office", "city-management"),
    "yunlan": ("city-management", "city-commerce", "lighting"),
}
"""To whom a department turns when its own part is done, the nearest first."""

STAFF: Mapping[str, tuple[str, ...]] = {
    "lighting": ("30217", "30218"),
    "city-management": ("30101", "30102"),
    "city-civil": ("20101", "20102", "20103"),
    "city-commerce": ("22001", "22002"),
    "nanpu-management": ("43001", "43002", "43003"),
    "nanpu-health": ("42001", "42002"),
    "huaiyinli-office": ("48001", "48002", "48003"),
    "qishan-building": ("54001", "54002"),
    "qinghe-office": ("58001", "58002"),
}
REVIEWS = frozenset({"city-civil"})
"""Departments in which a colleague reads an answer before it goes."""
DESKS = frozenset({"hotline", "nanpu-services", "qishan-services"})
ATOP = frozenset({"city-civil", "city-management", "city-commerce", "city-health", "hotline"})
"""Departments with nobody above them by trade."""

TITLES = {
    "lighting": "市城市照明管理所",
    "city-management": "市城市管理局",
    "city-civil": "市民政局",
    "city-commerce": "市商务局",
    "city-health": "市卫生健康委",
    "nanpu-management": "南浦区城市管理局",
    "nanpu-health": "南浦区卫生健康局",
    "nanpu-services": "南浦区政务服务和数据管理局",
    "huaiyinli-office": "槐荫里街道办事处",
    "qishan-building": "栖山区住房和城乡建设局",
    "qishan-services": "栖山区政务服务和数据管理局",
    "qinghe-office": "青禾街道办事处",
}
RULES = {
    "street_lighting": "《云澜市城市照明办法（示例）》第九条",
    "roads": "《云澜市市政设施管理办法（示例）》第十二条",
    "drainage": "《云澜市市政设施管理办法（示例）》第二十条",
    "parking": "《云澜市停车管理办法（示例）》第十五条",
    "waste": "《云澜市市容环境卫生管理办法（示例）》第八条",
    "greenery": "《云澜市城市绿化办法（示例）》第十八条",
    "noise": "《云澜市环境噪声管理办法（示例）》第十一条",
    "toilets": "《云澜市市容环境卫生管理办法（示例）》第二十三条",
    "graffiti": "《云澜市市容环境卫生管理办法（示例）》第三十条",
    "animals": "《云澜市养犬管理办法（示例）》第七条",
    "property": "《云澜市物业管理办法（示例）》第二十六条",
    "lifts": "《云澜市住宅电梯管理办法（示例）》第十条",
    "energy": "《云澜市供热管理办法（示例）》第十四条",
    "water": "《云澜市城市供水办法（示例）》第十六条",
    "building_sites": "《云澜市建设工程文明施工规定（示例）》第九条",
    "market": "《云澜市集贸市场管理办法（示例）》第十三条",
    "transport": "《云澜市公共交通办法（示例）》第十九条",
    "welfare": "《云澜市社会救助办法（示例）》第六条",
    "elderly": "《云澜市养老服务条例（示例）》第十七条",
    "other": "《云澜市政务服务热线办法（示例）》第五条",
}
