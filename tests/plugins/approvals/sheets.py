"""One paper of each kind, of an invented city."""

from __future__ import annotations

from datetime import date

from banshi_approvals.papers import kinds
from banshi_approvals.papers.kinds import Gap, Material, Missing, Way

ORGAN = "云澜市卫生健康委员会"
DAY = date(2026, 11, 20)
MATTER = "医疗机构执业登记（诊所）"
HEAD = kinds.Head(
    organ=ORGAN,
    number="云卫许〔2026〕12号",
    case="407188263915",
    day=DAY,
    address="https://banshi.example/check/yw-2026-12?code=7K4P-92QM",
    code="7K4P-92QM",
)
LAW = "《中华人民共和国行政许可法》第三十条"
APPEALS = (
    Way(title="行政复议", where="云澜市人民政府（收到本决定之日起六十日内）", until=date(2027, 1, 19)),
    Way(title="行政诉讼", where="云澜市有管辖权的人民法院（收到本决定之日起六个月内）", until=date(2027, 5, 20)),
)

ALL: tuple[kinds.AnyPaper, ...] = (
    kinds.Notification(
        head=HEAD,
        matter=MATTER,
        situation=(("申请人是谁？", "个人"), ("房屋是自有还是租用？", "租用")),
        materials=(
            Material(name="设置申请书", form="原件1份", basis=LAW, sample="见服务指南附件1"),
            Material(name="房屋租赁合同", form="复印件1份，核对原件", basis="《云澜市诊所设置办法（示例）》第八条"),
            Material(name="消防安全承诺书", form="原件1份", basis=LAW, core=False),
        ),
        statutory="20个工作日",
        promised="5个工作日",
        fee="不收费",
        where="云澜市政务服务大厅二楼综合窗口",
    ),
    kinds.Receipt(head=HEAD, applicant="王㐂", matter=MATTER, received=("设置申请书", "房屋租赁合同")),
    kinds.Acceptance(
        head=HEAD,
        applicant="王㐂",
        matter=MATTER,
        accepted=DAY,
        statutory=date(2026, 12, 18),
        promised=date(2026, 11, 27),
        gaps=(Gap(name="消防安全承诺书", until=date(2026, 12, 4)),),
    ),
    kinds.Correction(
        head=HEAD,
        applicant="王㐂",
        matter=MATTER,
        missing=(
            Missing(
                name="房屋租赁合同",
                reason="合同已于2026年10月31日到期\n请提供有效的合同",
                basis="《云澜市诊所设置办法（示例）》第八条",
                sample="见服务指南附件3",
            ),
            Missing(name="医师执业证书", reason="未提交", basis=LAW),
        ),
        until=date(2026, 12, 20),
        overriding="租赁合同在第一次告知后到期。",
    ),
    kinds.NotAccepted(
        head=HEAD,
        applicant="王㐂",
        matter=MATTER,
        reasons=("该事项依法不属于本机关职权范围。",),
        basis=("《中华人民共和国行政许可法》第三十二条第一款第（二）项",),
        ways=(Way(title="向有权机关申请", where="云澜市市场监督管理局"), *APPEALS),
    ),
    kinds.Special(
        head=HEAD,
        applicant="王㐂",
        matter=MATTER,
        procedure="现场核查",
        reason="该事项须核查诊室布局",
        basis="《中华人民共和国行政许可法》第四十五条",
        begins=DAY,
        expected=date(2026, 11, 30),
    ),
    kinds.Decision(
        head=HEAD,
        applicant="王㐂",
        matter=MATTER,
        outcome="in-part",
        basis=("《中华人民共和国行政许可法》第三十八条",),
        granted=("内科",),
        refused=("口腔科",),
        reasons=("口腔科未配备专用消毒设备，关键项不合格。",),
        licence="云卫医诊20260012",
        appeals=APPEALS,
    ),
    kinds.Licence(
        head=HEAD,
        title="诊所执业许可证",
        holder="云澜市𠮷祥诊所",
        holder_number="9999XXXXMA0000000X",
        facts=(("负责人", "王㐂"), ("地址", "云澜市南浦区柿子巷8号"), ("诊疗科目", "内科")),
        conditions=("按登记的诊疗科目执业。", "每年接受一次校验。"),
        since=DAY,
        until=date(2031, 11, 19),
    ),
    kinds.Ending(
        head=HEAD,
        how="revoked",
        holder="云澜市𠮷祥诊所",
        title="诊所执业许可证",
        licence="云卫医诊20260012",
        since=DAY,
        reasons=("以欺骗手段取得许可。",),
        basis=("《中华人民共和国行政许可法》第六十九条",),
        appeals=APPEALS,
    ),
    kinds.Promise(
        head=HEAD,
        how="gap",
        applicant="王㐂",
        matter=MATTER,
        told=("缺少的材料为非主要材料。",),
        promised=("在约定日期前补齐下列材料。", "材料内容真实。"),
        gaps=(Gap(name="消防安全承诺书", until=date(2026, 12, 4)),),
        consequences=("逾期未补齐的，撤回受理；弄虚作假的，依法处理。",),
    ),
)
