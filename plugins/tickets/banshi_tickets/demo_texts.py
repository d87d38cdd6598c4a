"""What the residents and clerks of the demo city say. Invented, all of it; {place} is where it is said of."""

from __future__ import annotations

SPOKEN: tuple[tuple[str, str, str], ...] = (
    ("help", "street_lighting", "我们这条巷子灯黑了三天了，老人晚上不敢下楼倒垃圾。打过一次电话，说修，没见人来。"),
    ("complaint", "noise", "楼下烧烤摊放音响放到半夜一点，孩子明天考试。找过他们，态度很差。"),
    ("help", "lifts", "电梯隔三差五困人，物业说等维修基金。我妈八十二，住九楼，下不来。"),
    ("complaint", "water", "今早没通知就停水，几点来也不知道。家里有婴儿，冲奶粉的水都没有。"),
    ("complaint", "other", "跑了三趟，每次都说还差一样。能不能一次说清楚到底要什么？"),
    ("help", "drainage", "{place}的下水道堵了，一下雨污水就往外冒，孩子上学只能踩着砖头过。"),
    ("help", "roads", "{place}人行道塌了一个坑，昨天有位阿姨踩进去崴了脚。请先围起来。"),
    ("complaint", "waste", "垃圾桶满了四五天没人清，味道大，苍蝇多。以前每天早上都有人来。"),
    ("suggestion", "greenery", "建议在小荷里东边空地上种几棵树，放两把长椅，老人散步有地方歇脚。"),
    ("complaint", "building_sites", "工地夜里十一点还在打桩，窗户都在抖。牌子上写的是晚上十点停工。"),
    ("consultation", "elderly", "请问八十岁以上的老人办助餐卡要带什么材料？我父亲腿脚不便，能不能我替他去？"),
    ("praise", "street_lighting", "昨晚反映的路灯，今天下午就修好了。来的师傅很客气，还帮我们看了楼道的灯。谢谢！"),
    ("report", "market", "菜场门口有人卖来路不明的肉，没有检疫章，早上五六点出来，七点就走。请不要告诉他是我说的。"),
    ("help", "energy", "暖气只有十五度，家里有刚出生的孩子。热力公司说压力够，物业说是热力的事。到底谁管？"),
    ("complaint", "parking", "消防通道天天停满车，上次救护车进不来。划了线也没人管。"),
    ("complaint", "transport", "26 路车末班提前走，连着三天没等到，只好走回家。站牌上写的是 21:30。"),
    ("help", "toilets", "{place}的公厕坏了一个月，贴着“维修中”，没见人修。附近都是老人。"),
    ("help", "animals", "小区里有三四条没人管的大狗，追着孩子跑。请来看看，别等咬了人。"),
    ("help", "welfare", "邻居老两口都病着，儿子在外地。能不能有人上门看看他们符不符合救助？"),
    ("complaint", "property", "物业费涨了，楼道灯坏了不换，门禁坏了不修。开会从来不通知业主。"),
    ("suggestion", "transport", "学校门口上下学时间建议设个临时红绿灯，接孩子的车全堵在路口。"),
    ("consultation", "other", "外地户口孩子在云璟小区租房住，上小学需要哪些材料？什么时候报名？"),
    ("complaint", "graffiti", "楼道墙上全是办证、开锁的小广告，刚刷过又贴。门上也贴。"),
    ("help", "drainage", "井盖没了！就在{place}，我用树枝挡着，晚上看不见的。"),
    ("complaint", "noise", "广场舞音箱对着居民楼，早上六点就开始。不是不让跳，能不能小声一点。"),
    ("help", "street_lighting", "路口红绿灯旁边那盏大灯一直闪，晃眼睛，骑车很危险。"),
    ("complaint", "building_sites", "渣土车不盖布，一路掉土，晴天一身灰，雨天一脚泥。"),
    ("consultation", "energy", "老房子想装充电桩，物业说要供电同意，供电说要物业盖章。先找谁？"),
    ("praise", "elderly", "助餐点的小周每天给我家老人送饭上楼，风雨无阻。想请你们表扬她。"),
    ("suggestion", "waste", "厨余垃圾投放时间能不能晚上延长到九点？上班的人赶不上。"),
    ("help", "greenery", "门口大槐树有根粗枝断了一半挂在上面，风一吹就晃，下面是幼儿园。"),
    ("complaint", "water", "自来水发黄有铁锈味，放了十分钟还是黄的。楼上楼下都一样。"),
    ("report", "other", "有人在临溪那边河道里倒油漆桶，我拍了照片。车是白色面包车。"),
    ("complaint", "market", "缺斤少两，三斤橘子回家一称两斤四两。找市场管理处，说摊主已经走了。"),
    ("help", "roads", "盲道被共享单车占满，我视力不好，差点撞上。请帮忙清一清。"),
    ("complaint", "lifts", "电梯检验合格证过期两个月了还在用，坐着心慌。"),
    ("consultation", "welfare", "下岗以后医保怎么接着交？去窗口要带什么？"),
    ("help", "elderly", "我一个人住，七十六了，不会用手机。想请人每星期来帮我打扫一次，要多少钱？"),
    ("suggestion", "parking", "纺机厂老厂区的空地晚上能不能开放给周边居民停车？白天照样归他们。"),
    ("complaint", "toilets", "公厕没有扶手，老人蹲下去起不来。请装一个。"),
    ("help", "street_lighting", "The lamp at the bus stop has been out for a week. I come home after ten and cannot see the kerb."),
    ("consultation", "other", "Which papers do I need to register a change of address? I moved here from the next district last month."),
    ("complaint", "noise", "Drilling in the flat above starts at six every morning, weekends too. We have asked them twice."),
    ("praise", "roads", "The hole in the pavement was mended the day after I reported it. Thank you to the crew."),
    ("suggestion", "transport", "A bench and a small roof at the stop would help the old people who wait there in the rain."),
)

PLACES: tuple[tuple[str, str, str], ...] = (
    ("shizixiang", "nanpu", "柿子巷 12 号门口"),
    ("shizixiang", "nanpu", "柿子巷北口"),
    ("fangjichang", "nanpu", "纺机厂宿舍 4 栋"),
    ("fangjichang", "nanpu", "纺机厂东门"),
    ("xiaoheli", "nanpu", "小荷里菜场旁"),
    ("xiaoheli", "nanpu", "小荷里 2 号院"),
    ("huaiyinli", "nanpu", "槐荫里大街公交站"),
    ("yunjing", "qishan", "云璟小区 7 栋"),
    ("yunjing", "qishan", "云璟小区南门"),
    ("linxi", "qishan", "临溪桥头"),
    ("linxi", "qishan", "临溪社区活动室"),
    ("xinghuayuan", "qishan", "杏花苑 3 期"),
    ("qinghe", "qishan", "青禾街道口袋公园"),
)

NAMES = ("陈桂香", "刘志远", "孙丽", "何建国", "罗小云", "马秀英", "唐文", "许家宁", "冯大伟", "曹慧", "董立", "彭玉兰", "蒋思源", "Anna Berg")

ASKED: dict[str, tuple[str, ...]] = {
    "street_lighting": ("请问是哪一根灯杆？杆上有一块小牌子，写着编号。", "是整条巷子都不亮，还是只有一盏？"),
    "lifts": ("请告诉我们是几栋几单元，电梯里的设备编号是多少。",),
    "noise": ("请问一般从几点到几点？是每天都有，还是周末？",),
    "water": ("请问是整栋楼都没水，还是只有您家？水表前的阀门开着吗？",),
    "other": ("请补充具体位置和时间，我们好安排人去看。", "方便的话，请告诉我们附近的门牌号。"),
}

ADDED: dict[str, tuple[str, ...]] = {
    "street_lighting": ("从巷口数第三根，牌子上写着 SZ-0312。", "整条巷子都黑，晚上七点以后就看不见路了。"),
    "lifts": ("3 栋 2 单元，今天早上又困了一次人，困了四十分钟。",),
    "noise": ("每天晚上九点半到一点，周五周六更晚。",),
    "water": ("整栋楼都没水，阀门是开着的。",),
    "other": ("就在公交站往东二十米，一看就看到了。", "今天又看了一下，还是老样子。", "谢谢，照片我也可以提供。"),
}

ANSWERED: dict[str, tuple[str, ...]] = {
    "street_lighting": (
        "已到现场，配电箱进水，控制器已更换，当晚恢复照明。依据《云澜市城市照明办法（示例）》，一般故障两个工作日内修复。",
        "三盏灯已换成新灯头，并检查了整条线路。若再不亮，请直接拨打热线并报灯杆编号。",
    ),
    "noise": ("已联合街道到现场，经营者承诺 22:00 后关闭音响。依据《云澜市环境噪声管理办法（示例）》，再次发生将立案处理。",),
    "water": ("主管道爆裂，已于当日 15:40 修复通水。没有提前通知是因为抢修，今后抢修也会在一小时内张贴告示。",),
    "lifts": ("已责令维保单位更换门机控制板，检验合格后恢复使用。维修期间社区安排了两位志愿者帮忙买菜送药。",),
    "roads": ("已围挡，次日完成回填和铺砖。感谢您提醒。",),
    "drainage": ("管道已疏通，清出淤泥半车；井盖当天补上并加装防坠网。",),
    "waste": ("清运车故障，已调备用车清完，并从本周起恢复每日清运。",),
    "elderly": ("八十岁以上老人凭身份证即可办理，子女可以代办。社区工作人员也可以上门。",),
    "praise": ("谢谢您。您的话已经转达给当事人和他的单位。",),
    "other": (
        "情况已核实，处理完毕。过程和依据写在附注里，如有不清楚的请继续告诉我们。",
        "已按您反映的情况办理。谢谢您的耐心。",
        "经核实，这件事按现行规定暂不能办，原因和今后的安排已当面向您说明。",
    ),
}
