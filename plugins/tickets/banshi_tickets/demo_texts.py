"""What the residents and clerks of the demo city say. Invented, all of it.

{place} and {area} stand for where it is said of. The first sentence of a text becomes the case's title.
"""

from __future__ import annotations

import msgspec


class Voice(msgspec.Struct, frozen=True):
    """One resident: what they file, what they are asked and reply, what they are answered, and how that ends."""

    kind: str
    category: str
    text: str
    ask: str
    reply: str
    answer: str
    outcome: str = "settled"
    language: str = "zh"


VOICES = (
    Voice(
        "help",
        "street_lighting",
        "我们这条巷子灯黑了三天了，老人晚上不敢下楼倒垃圾。打过一次电话，说修，没见人来。",
        "请问是哪一根灯杆不亮？杆上一人高的地方有块小牌子，写着编号。",
        "从巷口数第三根，牌子上是 0312。不过整条巷子都黑，不止这一根。",
        "今天下午到场，配电箱进水，控制器已更换，整条巷子当晚恢复照明。上次来电没有及时派人，是我们的疏忽。"
        "依据《云澜市城市照明办法（示例）》，一般故障两个工作日内修复。",
    ),
    Voice(
        "help",
        "street_lighting",
        "{place}那盏路灯一直闪，晃眼睛。骑车经过很危险，我已经差点摔了一次。",
        "是一直闪，还是刚亮的时候闪？大约几点看到的？",
        "天一黑就闪，一直闪到早上。",
        "灯头接触不良，已换新，并检查了同一回路的其余几盏。若再闪，请打热线并报灯杆编号。",
    ),
    Voice(
        "complaint",
        "street_lighting",
        "新装的路灯正对着我家卧室，半夜亮得像白天。拉了窗帘也没用，一个多月没睡好了。",
        "请问您家在几楼，哪个窗户受影响？方便我们晚上去量一下吗？",
        "三楼东头那间。晚上八点以后都在家。",
        "已给正对窗户的两盏灯加装遮光罩，23 点以后亮度降一半。巷口那盏为安全不能再降，请您理解。",
    ),
    Voice(
        "praise",
        "street_lighting",
        "昨晚反映的路灯，今天下午就修好了。来的师傅很客气，还顺手帮我们看了楼道的灯。谢谢！",
        "",
        "",
        "谢谢您。您的话已经转给当班的师傅，也记进了班组的表扬登记。",
    ),
    Voice(
        "complaint",
        "noise",
        "楼下烧烤摊放音响放到半夜一点，孩子明天考试。找过他们，态度很差。",
        "请问是每天都放，还是周末？一般从几点开始？",
        "每天九点半开始，周五周六最晚。昨天到一点二十。",
        "昨晚与街道一起到场，经营者当面承诺 22 点以后不再放音响，占道的桌子已收回店内。"
        "依据《云澜市环境噪声管理办法（示例）》，再次发生将依法处罚；我们本周会再查三次。",
    ),
    Voice(
        "complaint",
        "noise",
        "广场舞的音箱对着居民楼，早上六点就开始。不是不让她们跳，能不能小声一点，转个方向也行。",
        "请问跳舞的地方具体在哪里？大概多少人？",
        "就在活动室前面的空地，三十来个人，两只音箱。",
        "已请社区和舞队一起商量：早上七点以后开始，音箱背向居民楼，音量以隔街听不清歌词为准。舞队队长留了电话给社区。",
    ),
    Voice(
        "complaint",
        "noise",
        "楼上装修不分时间，周日早上七点电钻就响。敲门不开，物业也管不住。",
        "请问是几栋几单元几层？门口贴装修公示了吗？",
        "2 单元 501，门口什么都没贴。",
        "已联系业主和装修队，签了承诺：工作日 8 点到 12 点、14 点到 18 点施工，周末不用电钻。公示今天已贴在单元门口。",
    ),
    Voice(
        "help",
        "lifts",
        "电梯隔三差五困人，物业说等维修基金。我妈八十二，住九楼，下不来。",
        "请告诉我们是几栋几单元，轿厢里那块牌子上的设备编号是多少？老人这几天买菜看病有人帮忙吗？",
        "3 栋 2 单元。今天早上又困了一次人，四十分钟才放出来。买菜现在靠邻居。",
        "门机控制板已更换，检验合格后恢复使用。大修用的维修基金，社区已组织业主表决，票数公布在单元门口。"
        "修理期间由社区志愿者每天上门一次，直到电梯恢复。",
    ),
    Voice(
        "complaint",
        "lifts",
        "电梯检验合格证过期两个月了还在用，坐着心慌。问物业，说“马上就检”。",
        "请问合格证上写的有效期到哪一天？一共几部电梯这样？",
        "写的是上上个月月底。两部都一样。",
        "两部电梯已停用并于当天补检合格，新证贴在轿厢内。对物业公司逾期未检，已依据《云澜市住宅电梯管理办法（示例）》责令改正。",
    ),
    Voice(
        "complaint",
        "water",
        "今早没通知就停水，几点来也不知道。家里有婴儿，冲奶粉的水都没有。",
        "请问是整栋楼都没水，还是只有您家？水表前的阀门开着吗？",
        "整栋楼都没有。阀门是开着的，邻居家也一样。",
        "主管爆裂，已于当天 15:40 修复通水。抢修来不及提前通知，但一小时内应当贴出告示，这一点没有做到，已要求供水单位改正。"
        "有婴儿、病人的家庭今后可以登记，停水时送水上门。",
    ),
    Voice(
        "complaint",
        "water",
        "自来水发黄，有铁锈味。放了十分钟还是黄的，楼上楼下都一样。",
        "请问是什么时候开始的？热水、冷水都黄吗？",
        "前天换了水表以后就这样。冷水黄，热水更黄。",
        "换表时扰动了旧管里的锈，已从单元总管放水冲洗，取样检验合格，报告贴在单元门口。这段立管已列入今年更换计划。",
    ),
    Voice(
        "help",
        "drainage",
        "{place}的下水道堵了，一下雨污水就往外冒。孩子上学只能踩着砖头过。",
        "请问冒水的是哪个井？附近有没有饭店？",
        "公交站后面那个圆井。旁边就是两家小饭馆。",
        "管道已疏通，清出油垢半车。两家饭馆没有隔油池，已要求一周内装上；三天后我们再来看一次。",
    ),
    Voice(
        "help",
        "drainage",
        "井盖没了！就在{place}，我用树枝挡着，晚上看不见的。",
        "谢谢您！请问井盖在路中间还是人行道上？",
        "人行道上，靠花坛这边。",
        "接报后四十分钟到场围挡，当晚补上新井盖，并加装了防坠网。谢谢您先挡了一下。",
    ),
    Voice(
        "help",
        "roads",
        "{place}人行道塌了一个坑。昨天有位阿姨踩进去崴了脚，请先围起来。",
        "请问坑大约多大？那位阿姨后来去医院了吗？",
        "脸盆那么大，半尺深。阿姨自己走回去的，不知道姓什么。",
        "当天已围挡，第二天回填夯实、重铺地砖。下面是旧管沟，已请排水那边查过，没有渗漏。",
    ),
    Voice(
        "help",
        "roads",
        "盲道被共享单车占满了。我视力不好，今天差点撞上，请帮忙清一清。",
        "请问是哪一段路？您一般什么时候经过？",
        "从公交站到菜场这一段，早上七点多和下午四点。",
        "已清走 43 辆，并在这一段划定停车框、设了禁停。企业每天早晚各清一次，由我们抽查。如果还有，请直接打我们的电话。",
    ),
    Voice(
        "complaint",
        "waste",
        "垃圾桶满了四五天没人清，味道大，苍蝇多。以前每天早上都有人来。",
        "请问是几号院的桶？一共几只？",
        "大门进来左手边，四只都满了，地上也堆着。",
        "清运车坏了没有及时换车，是我们安排不周。当天已调备用车清完并冲洗地面，从第二天起恢复每日清运。",
    ),
    Voice(
        "suggestion",
        "waste",
        "厨余垃圾投放时间能不能晚上延长到九点？上班的人赶不上，只好第二天再扔，夏天都臭了。",
        "请问您说的是哪一个投放点？大约多少户有这个情况？",
        "东门那个点。我们群里问了，三十多户都想晚一点。",
        "建议采纳：从下月起东门投放点延长到 21 点，值守的人也排好了。试行一个月，效果好再推到其他投放点。",
    ),
    Voice(
        "report",
        "waste",
        "有人半夜往{place}的空地上倒装修垃圾。用的是一辆没有牌照的三轮车，已经三次了。",
        "请问大约几点？车往哪个方向走？您的信息我们会保密。",
        "都是夜里十二点以后，往河边那条路去的。",
        "已装临时摄像头，第三天晚上当场查获，责令清运并依据《云澜市市容环境卫生管理办法（示例）》处罚。举报人信息没有提供给对方。",
    ),
    Voice(
        "suggestion",
        "greenery",
        "建议在{area}东边的空地上种几棵树，放两把长椅。老人散步走到那里，想歇歇脚都没地方坐。",
        "请问您说的空地，是靠围墙那块还是靠路那块？",
        "靠围墙那块，原来堆沙子的地方。",
        "现场看过，可以种。明年春天栽四棵桂花、放三把带扶手的长椅，图样贴在社区公告栏，欢迎再提意见。",
    ),
    Voice(
        "help",
        "greenery",
        "门口大槐树有根粗枝断了一半，挂在上面。风一吹就晃，下面是幼儿园接孩子的地方。",
        "请问树干上有没有编号牌？幼儿园几点放学？",
        "有，一块绿牌子，看不清。四点半放学。",
        "赶在放学前到场，断枝已锯下运走，树冠其余枯枝也清了。这棵是老树，已请专业人员作一次全面检查。",
    ),
    Voice(
        "complaint",
        "building_sites",
        "工地夜里十一点还在打桩，窗户都在抖。牌子上写的是晚上十点停工。",
        "请问是哪个工地？连续几天了？",
        "{place}对面那个，连着四天了。",
        "当晚到场叫停。工地没有夜间施工许可，已责令改正并记入企业信用记录；值班电话贴在工地门口，夜里也有人接。",
    ),
    Voice(
        "complaint",
        "building_sites",
        "渣土车不盖布，一路掉土。晴天一身灰，雨天一脚泥，窗户都不敢开。",
        "请问车是从哪个门出来的？有没有看清车牌或者公司名字？",
        "从南门出来，白天十点到下午三点最多，车门上的字糊着泥。",
        "已要求工地装好冲洗台，不冲洗、不盖布不放行；沿路每天洒水两次。抽查三天，未再发现。",
    ),
    Voice(
        "complaint",
        "property",
        "物业费涨了，楼道灯坏了不换，门禁坏了不修。开会从来不通知业主。",
        "请问涨价是什么时候开始的？有没有看到公告或者签过字？",
        "上个月开始，一平方多收四毛。没有公告，没人来签过字。",
        "未经业主共同决定不得涨价，已依据《云澜市物业管理办法（示例）》要求退回多收部分，下月账单抵扣。楼道灯已换，门禁本周内修好。",
    ),
    Voice(
        "help",
        "property",
        "顶楼漏雨两年了，墙皮一块一块往下掉。物业推给开发商，开发商找不到人，我们老两口不知道该找谁。",
        "请问房子交付几年了？漏在哪几间？",
        "交房四年多。客厅和小房间都漏，这次下雨接了三盆水。",
        "屋面防水还在五年保修期内，应由建设单位负责。我们已约建设单位和物业到场，确定了返修方案，下周开工，完工后一起淋水试验。",
    ),
    Voice(
        "report",
        "market",
        "菜场门口有人卖来路不明的肉，没有检疫章。早上五六点出来，七点就走。请不要告诉他是我说的。",
        "请问一般在菜场哪个门？是推车还是面包车？您的信息我们会保密。",
        "西门，一辆灰色面包车，后备箱里卖。",
        "次日清晨检查，查扣无检疫证明的猪肉 62 斤，已移交处理。举报人的信息没有提供给任何一方。",
    ),
    Voice(
        "complaint",
        "market",
        "缺斤少两，三斤橘子回家一称两斤四两。找市场管理处，说摊主已经走了。",
        "请问是几号摊位？大约几点买的？有没有小票？",
        "进门右手第二排靠里面。上午十点左右，没有小票。",
        "对整排摊位的秤作了检查，一台作弊秤已没收，摊主退赔。市场门口的公平秤也重新检定过，您可以随时复称。",
    ),
    Voice(
        "complaint",
        "transport",
        "26 路末班车提前走，连着三天没等到，只好走回家。站牌上写的是 21:30。",
        "请问您在哪一站等？是往哪个方向？",
        "在{place}，往新城方向。",
        "查了行车记录，那三天末班车确实提前了 6 到 11 分钟，已对线路作出处理，并从本周起由站点签点发车。耽误您回家，抱歉。",
    ),
    Voice(
        "suggestion",
        "transport",
        "建议学校门口上下学时间设个临时红绿灯。接孩子的车全堵在路口，孩子在车缝里钻。",
        "请问是哪所学校的哪个门？最堵的是几点到几点？",
        "北门，下午四点二十到五点。",
        "经勘察，路口太窄，装灯反而更堵。改为放学时段单向通行，由护学岗疏导，接送车停在两百米外的空地。试行两周后再听大家意见。",
        "explained",
    ),
    Voice(
        "consultation",
        "transport",
        "请问老年乘车卡丢了怎么补？我父亲七十三，户口在外地，跟我住。",
        "请问您父亲原来的卡是在哪个窗口办的？有没有居住证明？",
        "去年在街道窗口办的，居住证明有。",
        "外地户口、有居住证明的同样可以补。带身份证和居住证明到任一街道窗口，当场补卡，不收费；老人不方便，子女可以代办。",
    ),
    Voice(
        "complaint",
        "parking",
        "消防通道天天停满车，上次救护车进不来。划了线也没人管。",
        "请问是小区里面还是外面的路？一般哪个时段最满？",
        "小区里面，从大门到 5 栋这一段，晚上七点以后。",
        "已联合消防和街道拖离 9 辆，通道口装了活动桩，钥匙在门岗。物业每晚巡两次，我们每周抽查一次。",
    ),
    Voice(
        "suggestion",
        "parking",
        "老厂区的空地晚上能不能开放给周边居民停车？白天照样归他们用。",
        "请问您说的是靠东门那块吗？大约能停多少辆？",
        "对，东门那块，停六七十辆没问题。",
        "与产权单位商量后，同意每晚 19 点到次日 7 点开放 60 个车位，每月收费用于照明和看守，下月 1 日开始登记。谢谢您的主意。",
    ),
    Voice(
        "help",
        "energy",
        "暖气只有十五度，家里有刚出生的孩子。热力公司说压力够，物业说是热力的事。到底谁管？",
        "请问您家是几楼、是不是一梯的最末一户？全家都不热，还是只有一间？",
        "六楼顶头，全家都不热，摸着只是温的。",
        "由我们牵头，热力公司和物业一起上门测温：楼栋回水管堵塞，属物业维护范围，当天清洗，室温已到 20 度。"
        "低于 18 度的天数按《云澜市供热管理办法（示例）》退费。",
    ),
    Voice(
        "consultation",
        "energy",
        "老房子想装充电桩，物业说要供电同意，供电说要物业盖章。到底先找谁？",
        "请问车位是您自己的，还是租的？",
        "买的产权车位，在地下一层。",
        "先向供电营业点申请，带车位证明和身份证，由他们上门勘察；能装的，物业应当在三个工作日内盖章。我们已把这一点书面告知物业。",
    ),
    Voice(
        "complaint",
        "toilets",
        "{place}的公厕坏了一个月，贴着“维修中”，没见人修。附近都是老人，憋不住。",
        "请问男厕、女厕都关了吗？附近最近的公厕有多远？",
        "都关了。最近的要走十来分钟。",
        "下水管断裂，配件到货晚了，没有及时公告。已于昨天修好开放；今后停用超过两天，必须就近设移动厕所并贴出开放日期。",
    ),
    Voice(
        "suggestion",
        "toilets",
        "公厕没有扶手，老人蹲下去起不来。请装一个，最好再有一个坐便的。",
        "请问是哪一处公厕？",
        "{place}旁边这个。",
        "扶手已装好。坐便间要改管道，列入下季度改造，改好前门口放了可折叠的坐便椅。",
    ),
    Voice(
        "help",
        "animals",
        "小区里有三四条没人管的大狗，追着孩子跑。请来看看，别等咬了人。",
        "请问狗一般什么时候、在哪里出现？有没有人喂？",
        "傍晚在垃圾房旁边，有人放剩饭。",
        "收容 4 条，已送收容所检疫，可以领养。剩饭点已清理，并贴了告示。请家长这几天仍留意孩子。",
    ),
    Voice(
        "complaint",
        "animals",
        "对门遛狗从来不牵绳，也不捡粪。说过两次，他说“我家狗不咬人”。",
        "请问他一般几点遛狗？是什么样的狗？",
        "早上六点半、晚上八点，一条黄色大狗。",
        "社区和我们一起上门，依据《云澜市养犬管理办法（示例）》给予警告，狗已登记、办了牌。再犯将罚款。",
    ),
    Voice(
        "help",
        "welfare",
        "邻居老两口都病着，儿子在外地。能不能有人上门看看，他们符不符合救助？",
        "请问他们住在哪里？您告诉过他们要帮忙反映吗？",
        "就在我家隔壁。说过了，他们不好意思自己打电话。",
        "已上门，符合临时救助条件，当天代为申请，一周内到账；另外登记了送餐和每周探访。谢谢您替他们开口。",
    ),
    Voice(
        "consultation",
        "welfare",
        "下岗以后医保怎么接着交？去窗口要带什么，能不能在网上办？",
        "请问您的劳动关系是哪个月结束的？",
        "上个月底。",
        "三个月内以灵活就业身份接续，中间不断档。带身份证到任一综合窗口，或在网上办，当场生效；有困难的可以同时申请补贴。",
    ),
    Voice(
        "complaint",
        "welfare",
        "残疾人补贴的材料交上去一个半月了，没有回音。问社区，社区说报上去了；问街道，街道说没收到。",
        "请问材料是交给哪一位、哪一天？有没有回执？",
        "上上个月 8 号交到社区，没给回执。",
        "材料压在社区，没有上报，责任在我们这一边。已当天补报并审核通过，从申请当月起补发。今后收材料一律给回执。",
    ),
    Voice(
        "consultation",
        "elderly",
        "请问八十岁以上的老人办助餐卡要带什么材料？我父亲腿脚不便，能不能我替他去？",
        "请问老人住在哪个社区？饮食上有没有要注意的？",
        "住在{area}。有糖尿病，牙也不好。",
        "带老人身份证即可，子女代办只要再带自己的身份证；也可以由社区上门办。助餐点有少糖、软食两种，办卡时请说明。",
    ),
    Voice(
        "praise",
        "elderly",
        "助餐点的小周每天给我家老人送饭上楼，风雨无阻。想请你们表扬她。",
        "",
        "",
        "已转告小周和助餐点，并报社区作为本季度表扬人选。祝老人安康。",
    ),
    Voice(
        "help",
        "elderly",
        "我一个人住，七十六了，不会用手机。想请人每星期来帮我打扫一次，要多少钱？",
        "您好，请问您住几楼？哪一天方便？我们先请人来看看。",
        "住二楼。星期二、星期四都在家。",
        "已安排服务站的师傅星期二上午上门，以后每星期一次，每次两小时。按您的年龄每次补贴后自付 15 元，不用手机，打电话就能改时间。",
    ),
    Voice(
        "complaint",
        "graffiti",
        "楼道墙上全是办证、开锁的小广告，刚刷过又贴。门上也贴，撕都撕不下来。",
        "请问是哪个单元？",
        "1 到 4 单元都有，4 单元最多。",
        "四个单元已清洗粉刷，广告上的号码已移交处理。门禁修好后外人不易进入，志愿者每周六清一次。",
    ),
    Voice(
        "help",
        "graffiti",
        "学校围墙被人喷了骂人的大字。孩子每天从那里走，请尽快盖掉。",
        "请问是哪一段围墙？",
        "正门往西二十米，朝马路这一面。",
        "当天已覆盖，并请学校的孩子们周末来画一幅画。附近的摄像记录已交有关单位。",
    ),
    Voice(
        "complaint",
        "other",
        "跑了三趟，每次都说还差一样。能不能一次说清楚到底要什么？",
        "对不起，让您跑了这么多趟。请问您办的是哪一件事，在哪个窗口？",
        "给儿子办落户以后换证，在区里的大厅。第一次要照片，第二次要复印件，第三次要原件。",
        "已查实：窗口没有一次性告知，我们向您道歉。全部材料清单已发给您，您手里的都够了，第四趟不用跑，由工作人员上门取。",
    ),
    Voice(
        "consultation",
        "other",
        "外地户口，孩子在这里租房住，上小学需要哪些材料？什么时候报名？",
        "请问孩子几月出生？租房合同登记过吗？",
        "八月生的，合同去年就登记了。",
        "带居住证明、登记过的租房合同、户口本和预防接种证，六月第一个周末起报名，先网上填、再到学校核对。全部清单见公告。",
    ),
    Voice(
        "report",
        "other",
        "有人往{place}附近的河道里倒油漆桶。我拍了照片，车是白色面包车。",
        "谢谢您！请问是哪一天、几点？照片上能看清车牌吗？您的信息我们会保密。",
        "前天傍晚六点左右，车牌只看清后三位。",
        "油漆桶当天已捞起，水样合格。当事人已找到并受处罚，费用由他承担。举报人信息没有公开。",
    ),
    Voice(
        "suggestion",
        "other",
        "大厅里的指示牌字太小，老花眼看不清。能不能换成大字，再加个拼音？",
        "请问是一楼大厅，还是二楼窗口上面的？",
        "一楼，进门那块最小。",
        "一楼的牌子已换成大字，进门处每天有一位引导员。拼音没有加，多数老人说看图更清楚，所以每个窗口配了图。",
    ),
    Voice(
        "complaint",
        "other",
        "朋友借了我两万块，一年多不还，现在电话也不接。请政府出面帮我要回来。",
        "请问有没有借条或者转账记录？对方住在本市吗？",
        "有转账记录，没有借条。他还住在本市。",
        "很理解您的着急。个人之间的借款属于民事纠纷，行政机关没有权力代为催讨。"
        "您可以先到街道人民调解委员会申请调解（不收费），也可以带转账记录向人民法院起诉；请不到律师的，法律援助窗口可以帮您写诉状。",
        "referred",
    ),
    Voice(
        "complaint",
        "other",
        "对法院的判决不服，去了三次都说已经判了。希望市里过问一下。",
        "请问收到判决书是哪一天？",
        "上个月 20 号收到的。",
        "案子在法院，行政机关不能过问判决。您收到判决书未满十五日的可以上诉；已经生效的，可以向上一级法院申请再审，窗口可以告诉您需要的材料。",
        "referred",
    ),
    Voice(
        "complaint",
        "greenery",
        "楼前的樟树把我家阳光全挡住了，冬天屋里像冰窖。要求砍掉。",
        "请问您家在几楼？树离窗户大约多远？",
        "二楼，三四米吧。",
        "现场量过：树龄四十年以上，按《云澜市城市绿化办法（示例）》不得砍伐，但可以修剪。已把对着窗户的枝条疏掉，冬天日照能多两个多小时；"
        "以后每年秋天修一次。您若不同意，可以向市城市管理局申诉，电话在本页。",
        "explained",
    ),
    Voice(
        "help",
        "street_lighting",
        "The lamp at the bus stop has been out for a week. I come home after ten and cannot see the kerb.",
        "Which stop is it, and is there a number on the pole?",
        "The one near {place}. The plate says 0187.",
        "The driver unit had failed; it was replaced on Tuesday evening and the lamp is lit. Thank you for the number.",
        language="en",
    ),
    Voice(
        "consultation",
        "other",
        "Which papers do I need to register a change of address? I moved here from the next district last month.",
        "Do you rent, or do you own the flat?",
        "I rent. The lease is registered.",
        "Bring your passport or residence permit and the registered lease to any window. It is done at once and costs nothing.",
        language="en",
    ),
    Voice(
        "complaint",
        "noise",
        "Drilling in the flat above starts at six every morning, weekends too. We have asked them twice.",
        "Which building and floor, please, and since when?",
        "Building 7, above the fifth floor, for two weeks now.",
        "We spoke with the owner and the contractor: work is now from 8 to 12 and from 14 to 18 on weekdays only. The notice is on the door.",
        language="en",
    ),
    Voice(
        "praise",
        "roads",
        "The hole in the pavement was mended the day after I reported it. Thank you to the crew.",
        "",
        "",
        "Thank you. We read your words to the crew at the morning meeting.",
        language="en",
    ),
    Voice(
        "suggestion",
        "transport",
        "A bench and a small roof at the stop would help the old people who wait there in the rain.",
        "Which side of the road do you mean?",
        "The side towards the market.",
        "A shelter with two seats is in this year's list for that stop, to be built before winter.",
        language="en",
    ),
    Voice(
        "complaint",
        "waste",
        "The bins behind our building overflow every weekend. The bags are torn open by Monday.",
        "How many bins are there, and which building is it?",
        "Four bins, at the east gate.",
        "We added two bins and a collection on Sundays. Please tell us if it is not enough.",
        language="en",
    ),
    Voice(
        "help",
        "elderly",
        "My neighbour is ninety and lives alone. She forgot the stove twice this month, and I travel a lot.",
        "Does she know that you are asking, and may we call on her?",
        "Yes, she said you may come on any morning.",
        "We visited her with the community nurse. She now has a stove that turns itself off, a daily call, and a meal brought at noon.",
        language="en",
    ),
    Voice(
        "complaint",
        "other",
        "My former landlord keeps my deposit and does not answer. I have the contract and his receipt.",
        "When did the lease end?",
        "At the end of last month.",
        "A deposit between tenant and landlord is a civil matter, which we cannot decide. The mediation committee of your street hears such cases"
        " free of charge; with the contract and the receipt you can also go to court, and the legal aid window helps with the papers.",
        "referred",
        "en",
    ),
)

PLACES = (
    ("shizixiang", "nanpu", "柿子巷", "柿子巷 12 号门口"),
    ("shizixiang", "nanpu", "柿子巷", "柿子巷北口"),
    ("fangjichang", "nanpu", "纺机厂", "纺机厂宿舍 4 栋"),
    ("fangjichang", "nanpu", "纺机厂", "纺机厂东门"),
    ("xiaoheli", "nanpu", "小荷里", "小荷里菜场"),
    ("xiaoheli", "nanpu", "小荷里", "小荷里 2 号院"),
    ("huaiyinli", "nanpu", "槐荫里", "槐荫里大街公交站"),
    ("yunjing", "qishan", "云璟", "云璟小区 7 栋"),
    ("yunjing", "qishan", "云璟", "云璟小区南门"),
    ("linxi", "qishan", "临溪", "临溪桥头"),
    ("linxi", "qishan", "临溪", "临溪社区活动室"),
    ("xinghuayuan", "qishan", "杏花苑", "杏花苑 3 期"),
    ("qinghe", "qishan", "青禾街道", "青禾口袋公园"),
    ("", "yunlan", "云澜大道", "云澜大道公交枢纽"),
)
"""Area, the district in which it is filed, the area's name, and a place in it; the last is the city's own."""

NAMES = {
    "zh": ("陈桂香", "刘志远", "孙丽珍", "何建国", "罗小云", "马秀兰", "唐文清", "许家宁", "冯大为", "曹慧", "董立新", "彭玉兰", "蒋思源", "韩雪梅"),
    "en": ("Anna Berg", "Tom Ashby", "Meera Rao", "Lucas Fontaine"),
}
NOTES = (
    "已电话联系，约好明天上午现场查看。",
    "上个月有一件类似的，处理办法可以参考。",
    "老人独居，上门前先打电话。",
    "已与街道联系，请他们一起去。",
    "缺配件，供货方说后天到。",
)
ADDED = {
    "zh": (
        "今天又去看了一下，还是老样子。",
        "邻居也愿意作证，需要的话可以打我电话。",
        "照片在我手机里，需要的话可以发给你们。",
        "请快一点，大家都等着呢。",
    ),
    "en": ("I looked again today: nothing has changed.", "My neighbours say the same. I can send photographs."),
}
COMING = {
    "zh": "已安排人员明天上午上门查看，请保持电话畅通。",
    "en": "Somebody will come and look tomorrow morning. Please keep your telephone at hand.",
}
WITHDRAWN = {
    "zh": ("不用麻烦了，今天已经有人来弄好了。我撤回。", "居民来电：事情已经自行解决，要求撤回。"),
    "en": ("No need any more, it has been put right. I take it back.", "The resident called: it has solved itself, and the request is withdrawn."),
}
"""What the resident says, and what the clerk writes at the close."""
LAST_WORDS = {
    "zh": {
        "settled": ("", "居民来电确认已解决。", "已与居民一起看过，居民表示满意。"),
        "explained": ("已当面说明规定和今后的安排；居民表示理解，但希望再想想办法。申诉的途径和电话已告知。",),
        "referred": ("不属于行政机关的职权。已告知调解、法院和法律援助的地址与电话。",),
    },
    "en": {
        "settled": ("", "The resident confirmed by telephone."),
        "explained": ("The rules and the ways to complain were explained.",),
        "referred": ("Outside our powers. The addresses of mediation, court and legal aid were given.",),
    },
}
REOPENED = {
    "zh": ("回访时居民说问题又出现了。", "居民来电：好了不到一个星期又这样，请再派人。"),
    "en": ("The resident called: it has come back.",),
}
AGAIN = {
    "zh": "我们再次到了现场，同您一起核对了每一处。上次没有处理到的已经补上，一周后会主动回访。",
    "en": "We came again and went through every point with you. What was missed is done now; we shall call you in a week.",
}
