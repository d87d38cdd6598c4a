"""What is said on the way, by residents and by clerks, and the small parts from which texts are put together. Invented, all of it.

What ends in "_simply" is said of questions, papers and people, where there is no place to go to and nothing to mend.
"""

from __future__ import annotations

from collections.abc import Mapping

SLOTS: Mapping[str, tuple[str, ...]] = {
    "since": ("三天了", "五六天了", "快一个星期了", "十来天了", "半个月了", "快一个月了"),
    "hour": ("晚上十点", "晚上十一点", "半夜十二点", "早上五点多", "中午一点"),
    "floor": ("二楼", "三楼", "四楼", "五楼", "六楼", "七楼", "十一楼"),
    "some": ("两", "三", "四", "五", "六", "八"),
}

NAMES = {
    "zh": (
        "陈桂香",
        "刘志远",
        "孙丽珍",
        "何建国",
        "罗小云",
        "马秀兰",
        "唐文清",
        "许家宁",
        "冯大为",
        "曹慧",
        "董立新",
        "彭玉兰",
        "蒋思源",
        "韩雪梅",
        "张小芳",
        "李长顺",
        "王静雯",
        "赵海燕",
        "周明远",
        "吴桂兰",
        "徐浩然",
        "朱月娥",
        "胡国庆",
        "林子涵",
        "高春花",
        "郑伟成",
        "梁雪琴",
        "宋晓东",
    ),
    "en": ("Anna Berg", "Tom Ashby", "Meera Rao", "Lucas Fontaine", "Aiko Mori", "Samuel Otieno", "Ines Duarte", "Grace Mwangi"),
}

BEGINNINGS = (
    "{area}这边，",
    "我住{area}，",
    "在{place}，",
    "我家在{area}，",
    "我是{area}的居民，",
    "替邻居反映一下，",
    "再反映一次，",
    "就在{place}附近，",
)
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "help": (
        "麻烦尽快派人来看看。",
        "家里有老人，出入不方便。",
        "家里有小孩，实在担心。",
        "已经{since}。",
        "白天上班，晚上七点以后方便接电话。",
        "不急着要答复，先弄安全了再说。",
        "我可以带你们去看位置。",
        "楼下几家都受影响。",
        "来之前打个电话，我下去接。",
        "谢谢你们，辛苦了。",
        "下雨天更厉害。",
        "上次来修过一回，没两天又坏了。",
        "我拍了照片，需要可以发。",
        "小区群里好几家都在问。",
        "先做个临时措施也行。",
    ),
    "complaint": (
        *(
            "希望有个明确的说法。",
            "已经{since}，找谁都说不归他管。",
            "不是为难谁，就想有人管一管。",
            "请告诉我什么时候能解决。",
            "之前打过一次电话，没有下文。",
        ),
        "我们十几户都可以作证。",
        "希望不要只是口头答应。",
        "能不能定个时间表？",
        "请处理之后告诉我一声。",
        "我愿意配合，但请别再拖了。",
        "老人孩子都受不了。",
        "白天上班，请晚上联系。",
        "希望你们来现场看一眼就明白了。",
        "已经跟物业说过两次。",
        "请不要转来转去。",
    ),
    "report": (
        "请替我保密。",
        "我不想让人知道是我说的。",
        "再不管要出事的。",
        "希望查一查，别打草惊蛇。",
        "时间地点我都记着，需要可以再问。",
        "不是第一次了。",
    ),
    "suggestion": (
        *(
            "不知道可不可行，供你们参考。",
            "花钱不多，方便不少人。",
            "别的地方这样做，效果挺好。",
            "我问了几位邻居，都赞成。",
            "哪怕先试一个月也好。",
            "谢谢你们听。",
        ),
    ),
    "consultation": (
        *(
            "麻烦说详细一点，谢谢。",
            "最好能告诉我带什么材料。",
            "网上没查清楚，所以问一下。",
            "不会用手机，打电话告诉我就行。",
            "周末能办吗？",
            "帮家里老人问的。",
        ),
    ),
    "praise": (
        "请一定转告。",
        "现在这样认真的人不多了。",
        "我们一家都记着。",
        "麻烦替我说声谢谢。",
        "希望单位也表扬一下。",
        "小区里都说好。",
    ),
}
ENDINGS_EN = (
    "Thank you for looking into it.",
    "I can be reached after six.",
    "Several neighbours say the same.",
    "It has been like this for a while.",
)

ZH: Mapping[str, tuple[str, ...]] = {
    "assigned": (
        "",
        "请跟进。",
        "这一片你熟，麻烦去一趟。",
        "上个月的也是你办的，一起看看。",
        "今天能到现场最好。",
    ),
    "notes": (
        *(
            "已电话联系，约好明天上午现场查看。",
            "上个月有一件类似的，处理办法可以参考。",
            "老人独居，上门前先打电话。",
            "已与街道联系，请他们一起去。",
        ),
        *(
            "缺配件，供货方说后天到。",
            "现场照片在共享文件夹。",
            "对方负责人下周一才回来。",
            "同一处三个月内第二次，留意。",
            "居民白天上班，晚上七点后联系。",
        ),
        "社区网格员说情况属实。",
        "已查旧记录，管线图上没有这一段。",
        "与物业核对过，责任清楚。",
        "今天下雨没法施工，改明天。",
    ),
    "told": (
        *(
            "已到现场看过，正在备料，预计两天内动工，请再等等。",
            "已约好相关单位明天上午一起到场，结果当天告诉您。",
            "配件从外地调，预计三天到货。这几天先做了临时防护。",
        ),
        *(
            "已找到原因，需要挖开一小段，夜里施工，会尽量压低声响。",
            "已约谈对方负责人，给了三天整改期限，到期我们再去看。",
            "情况已核实，正在办内部手续，最迟本周五给您答复。",
        ),
        "我们今天又去了一次，人不在，明天早上再去。",
        "涉及两家单位，已请他们坐到一起商量，不会让您两头跑。",
    ),
    "asked": (
        "请问具体在什么位置？附近有什么标志？",
        "请问大约从什么时候开始？每天都这样吗？",
        "请问方便我们什么时间上门？",
        "请问有没有照片或者编号可以告诉我们？",
    ),
    "after_answer": (
        "如有反复，请随时来电。",
        "给您带来不便，请谅解。",
        "一周后我们会再去看一次。",
        "经办人的工号在本页，有事可以直接找。",
        "谢谢您告诉我们。",
        "附近同类的几处也一并查过了。",
        "今后这里列入每月巡查。",
        "处理前后的照片已存档。",
        "已同时告知社区，请他们帮着留意。",
    ),
    "coming": (
        "已安排人员明天上午上门查看，请保持电话畅通。",
        "已排入本周的计划，最迟周五到场。",
        "已请值班人员今晚先去看一眼，明天再答复您。",
    ),
    "again": (
        *(
            "我们再次到了现场，同您一起核对了每一处。上次没有处理到的已经补上，一周后会主动回访。",
            "上次只修了表面，是我们没查到底。这次换了整段，试了两天没有再出现。",
        ),
        *(
            "对不起，让您又说了一遍。今天负责人到场，当面定下办法，已经做完并请您看过。",
            "已重新处理，并换了一家施工单位。保修一年，出了问题直接找我们。",
        ),
        "上次答复写得不清楚，向您说明：已办的、没办的、为什么没办，今天都当面讲了，没办的也已补办。",
    ),
    "outside": (
        "需由供电单位停电配合，已联系，等候对方安排。",
        "墙体属产权单位，已发函请其确认，回函后继续办理。",
        "需待管线权属单位现场交底后方可开挖。",
    ),
    "went_on": ("对方已答复并配合，今天起继续办理。", "回函收到，权属已确认，继续办理。"),
    "longer": ("所需配件要到货后才能更换，已向居民说明。", "现场比预计复杂，需要两次施工。"),
    "agreed": ("分管负责人", "局办公会"),
    "supported": ("已协调两名技术人员到场支援，费用由局里统筹。", "已请产权单位负责人到场会商，本周内定方案。"),
    "named": ("经研究，由{next}负责到底，其他单位配合。", "该处属{next}管理范围，由其承办。"),
    "major": ("涉及多户居民出行安全，影响面大。", "同类问题半年内第三次发生，应总结原因。"),
    "sent_back": (
        *(
            "依据写全，条款要写清楚；另外把办理时间告诉居民。",
            "语气再缓一点，先说明为什么让人等了这么久。",
            "“按规定办理”居民看不懂，请写清楚下一步做什么、找谁。",
            "金额和到账时间要核对后再写。",
        ),
    ),
    "last_settled": (
        "",
        "",
        "居民来电确认已解决。",
        "已与居民一起看过，居民表示满意。",
        "现场复查正常。",
        "已办好，并告知居民以后怎么联系。",
    ),
    "last_explained": (
        *(
            "已当面说明规定和今后的安排；居民表示理解，但希望再想想办法。申诉的途径和电话已告知。",
            "规定和理由已逐条说明，居民保留意见。可以向市政府督查室反映，地址和电话已写在答复里。",
        ),
    ),
    "last_referred": (
        "不属于行政机关的职权。已告知调解、法院和法律援助的地址与电话。",
        "应由法院处理。已把法律援助窗口的位置和办公时间告诉居民。",
    ),
    "passed_on": (
        *(
            "我们这一部分已经办完：现场清理和临时防护都做好了。余下的属于{next}的职责，照片和材料已一并移交。",
            "路面以上的已修好；地下的部分由{next}负责，已约好后天上午一起到场。",
        ),
        "已完成检查并责令整改。后续的巡查由{next}承担，居民的联系方式一并转去，不用再说一遍。",
    ),
    "raised": (
        *(
            "已去过三次，对方不配合。需要有执法权的部门出面。",
            "要动用维修经费，超出我们的权限；方案和预算已做好，请上级定。",
            "涉及两个区的交界，我们只能管一半。请上级明确由谁负责。",
        ),
        "需要多个单位同一天到场，我们召集不起来，请上级牵头。",
    ),
    "dispute_course": (
        "到现场看过两次，与居民当面谈过一次，全部记录已附。",
        "查了档案，量了现场，也请社区一起作了说明。",
    ),
    "dispute_result": (
        "依据{rule}，能做的已经做完；居民要求的一项，规定不允许。",
        "依据{rule}答复居民，理由已逐条写明。",
    ),
    "dispute_opinion": (
        "“道理我懂，可日子还是没法过。你们再想想办法。”",
        "“规定是死的，人是活的。我不同意就这样结了。”",
        "“我要听上面怎么说。”",
    ),
    "dispute_suggestion": (
        "建议由上级会同相关单位再看一次现场，看有没有折中的办法。",
        "建议把这类情形写进明年的改造计划。",
    ),
    "returned": (
        *(
            "经核对，这里不在{own}的管理范围。依据{rule}，应由{next}办理。",
            "现场看过，这一处不归{own}管。建议转{next}。",
            "事项属实，但{own}没有这项职责，清单可查。请派给{next}。",
        ),
    ),
    "dispatched": (
        "经核对职责清单，属{next}的职责，请今天签收，先与居民联系。",
        "退单理由成立，改派{next}。请先接住，再谈分工。",
    ),
    "upheld": (
        "依据{rule}，这一项写在{own}的职责里，请按期办理；有难处可以请上级协调。",
        "已查养护协议，这一段归{own}。请勿再退，居民已经等了一天。",
    ),
    "arbitrated": (
        "两家各管一段，居民不必分清楚。由{own}主办，{next}协办，一家答复。",
        "已听取两家意见。一半在{own}，一半在{next}：{own}主办，{next}协办，不得再退。",
    ),
    "contributed": (
        "我们这一段已清理完毕，照片已交主办单位。",
        "已派人到场配合，当天完成了围挡和疏导。",
        "我们负责的手续已办好，材料今天送到主办单位。",
    ),
    "elsewhere": (
        *(
            "云澜市法律援助窗口：云澜大道 1 号一楼，0000-5566-9001，工作日 9:00 至 17:00。",
            "所在街道的人民调解委员会，不收费：槐荫里 5 号，0000-5567-8009。",
        ),
        "云澜市劳动人事争议仲裁窗口：康宁路 12 号，0000-5566-9011。",
        "云澜市行政复议窗口：云澜大道 1 号三楼，0000-5566-9021。",
    ),
    "added": (
        *(
            "今天又去看了一下，还是老样子。",
            "邻居也愿意作证，需要的话可以打我电话。",
            "照片在我手机里，需要的话可以发给你们。",
            "请快一点，大家都等着呢。",
        ),
        *(
            "补充一下：晚上比白天厉害。",
            "刚才又发生了一次，时间是{hour}。",
            "位置说得不准，应该是再往东走二十来米。",
            "我下周不在家，钥匙在楼下邻居那里。",
        ),
    ),
    "glad": (
        "",
        "",
        "",
        "处理得很快，谢谢。",
        "师傅态度很好。",
        "总算解决了。",
        "可以，没有别的了。",
        "比我想的快。",
        "来的人讲得很清楚。",
        "修是修好了，就是等得久了点。",
        "还行。",
    ),
    "unhappy": (
        *(
            "来了一趟，什么都没变。",
            "说修好了，第二天又坏了。",
            "只在电话里说了几句，没人到现场。",
            "答复看不懂，也没说什么时候办。",
            "只弄了一半，另一半没人管。",
        ),
        "问题还在，请别急着结。",
        "说的和做的不一样。",
    ),
    "withdrawn": (
        "",
        "不用麻烦了，今天已经有人来弄好了。我撤回。",
        "自己找人弄好了，撤回吧。谢谢。",
        "是我看错了，不好意思。",
        "跟对方已经说开了，不用再处理。",
    ),
    "reopened": (
        "好了不到一个星期又这样，请再派人。",
        "昨天又出现了，和原来一模一样。",
        "前几天确实好了，下了一场雨又不行了。",
    ),
    "reopened_by_staff": (
        "回访时居民说问题又出现了。",
        "居民来电：好了没几天又这样，请原单位再去。",
        "热线又接到同一处的来电，原件重新办理。",
    ),
    "reopened_by_oversight": (
        "督查抽查时现场未见处理，请重新办理并说明原因。",
        "抽查发现答复与现场不符，重办。",
    ),
    "above": (
        "我们会同原单位又看了一次现场。规定的一条不能松，但在规定之内又想了一个办法，已当面同您商量，记录附后。",
        "已调阅全部记录，原来的处理合乎规定。您最在意的一点，我们列入了明年的计划，到时会先听您的意见。",
        "我们重新核了一遍，结论不变，理由逐条写在附件里。您仍不同意的，可以向市政府督查室反映。",
    ),
    "assigned_simply": ("", "请跟进。", "这一类你熟，请直接给居民回个电话。", "请先核对口径再答复。"),
    "notes_simply": (
        "已请业务科室核对口径，明天一并答复。",
        "同样的问题本月第三次有人问，建议写进常见问题。",
        "已调出去年的记录，做法可以参考。",
        "居民白天上班，晚上七点后联系。",
        "已电话联系，居民愿意等到下周。",
        "与街道核对过，情况属实。",
    ),
    "told_simply": (
        "您说的已收到，正在向经办科室核实，两天内答复您。",
        "材料已齐，正在走内部手续，最迟本周五给您答复。",
        "已把情况报给负责的同志，下周一开会商量，结果会告诉您。",
    ),
    "after_answer_simply": ("还有不清楚的，随时来电。", "经办人的工号在本页，有事可以直接找。", "谢谢您告诉我们。"),
    "coming_simply": ("已收到，正在核实，最迟本周五答复您。", "已请经办的同志联系您，请保持电话畅通。"),
    "again_simply": (
        "上次答复写得不清楚，向您说明：已办的、没办的、为什么没办，今天都当面讲了，没办的也已补办。",
        "对不起，让您又说了一遍。今天负责人同您通了电话，当面定下办法，已经办完。",
        "我们重新核对了全部材料，上次漏看的一份已补上，结果今天生效。",
    ),
    "last_settled_simply": ("", "", "已向居民逐条说明，居民表示清楚了。", "已转达，并记入登记。", "已办好，并告知居民以后怎么联系。"),
    "added_simply": (
        "忘了说，我白天上班，晚上七点以后方便接电话。",
        "补充一下：户口本和身份证都在手边，需要可以马上拍。",
        "请快一点，过几天就要用了。",
    ),
    "glad_simply": ("", "", "", "说得很清楚。", "谢谢，这下明白了。", "接电话的人很耐心。", "可以，没有别的了。", "比我想的快。", "还行。"),
    "unhappy_simply": ("答复看不懂，也没说什么时候办。", "只在电话里说了几句，没解决问题。", "说的和做的不一样。", "让我再等，等到什么时候？"),
    "withdrawn_simply": ("", "已经办好了，撤回吧。谢谢。", "窗口当场就办了，不用再处理。"),
    "reopened_simply": ("说好的事情到现在没有办到。", "前两天好了，这几天又和原来一样。"),
}
EN: Mapping[str, tuple[str, ...]] = {
    "assigned": ("",),
    "notes": ("Called back: they speak English, are at home after six.", "A like one last month; the same fitter should go."),
    "told": ("We have been there and ordered the part; it comes in two days. Until then a barrier stands there.",),
    "asked": ("Where exactly is it, please, and since when?",),
    "after_answer": ("Please call us if it comes back.", "The staff number is on this page.", "We shall look again in a week."),
    "coming": ("Somebody will come and look tomorrow morning. Please keep your telephone at hand.",),
    "again": ("We came again and went through every point with you. What was missed is done now; we shall call you in a week.",),
    "outside": ("The power company has to switch off the line first. We have asked for a date.",),
    "went_on": ("They answered and the line is off. We go on today.",),
    "longer": ("The part has to be ordered; the resident was told.",),
    "agreed": ("The head of the bureau",),
    "supported": ("Two technicians help on site; the bureau bears the cost.",),
    "named": ("{next} is responsible to the end; the others help.",),
    "major": ("It concerns the safety of many households.",),
    "sent_back": ("Say what happens next, and when.",),
    "last_settled": ("", "The resident confirmed by telephone."),
    "last_explained": ("The rules and the ways to complain were explained.",),
    "last_referred": ("Outside our powers. The addresses of mediation, court and legal aid were given.",),
    "elsewhere": ("Legal aid window: 1 Yunlan Avenue, ground floor, 0000-5566-9001, weekdays 9 to 17.",),
    "added": ("I looked again today: nothing has changed.", "My neighbours say the same. I can send photographs."),
    "glad": ("", "Quick and friendly. Thank you.", "It works now.", "Fine."),
    "unhappy": ("Nobody came.", "It was mended and broke again the next day."),
    "withdrawn": ("", "No need any more, it has been put right."),
    "reopened": ("It has come back.",),
}
IN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "zh": {**ZH, "join": ("",)},
    "en": {**{name: said for name, said in ZH.items() if not name.endswith("_simply")}, **EN, "join": (" ",)},
}


def filled(text: str, slots: Mapping[str, str]) -> str:
    """Return the text with its slots filled, as far as they are known."""
    for name, value in slots.items():
        text = text.replace(f"{{{name}}}", value)
    return text
