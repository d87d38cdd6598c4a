"""Draw every page with sample data, in both languages, and look at it: screenshots, axe-core, no sideways scrolling.

    python tools/preview.py OUT_DIR [--only WORD]

Needs the static parts (node tools/build_static.mjs), axe-core (npm install) and a chromium on the path. Pages are served
with the real security headers, so a style or script that the policy forbids fails here. Ends with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import mimetypes
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, Page, Route, sync_playwright

from banshi import texts
from banshi.web import pages, templating
from banshi.web.security import HEADERS

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SITE = "https://preview.test"
WIDTHS = {"wide": (1280, 900), "tel": (375, 812)}
NARROWEST = 320

Say = Callable[[str, str], str]
Sample = tuple[str, str, msgspec.Struct, dict[str, Any]]
"""Name of the picture, template, page struct, and what the chrome has otherwise than usual."""


def main() -> int:
    """Draw, look, and tell what is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="", help="pages whose name contains this")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None or not AXE.is_file():
        print("needs a chromium on the path, and axe-core (npm install)", file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    drawn = {f"{name}.{language}": html for language in texts.LANGUAGES for name, html in draw(language) if asked.only in name}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        wrong = [line for name, html in drawn.items() for line in look(browser, name, html, asked.out)]
        browser.close()
    print("\n".join(wrong) or f"{len(drawn)} pages, nothing wrong")
    return 1 if wrong else 0


def draw(language: texts.Language) -> Iterator[tuple[str, str]]:
    """Yield every sample as a name and its HTML."""
    env = templating.environment({}, "kernel", language)

    def say(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    for name, template, page, changes in samples(say):
        frame = msgspec.structs.replace(chrome(say, language), **changes)
        yield name, env.get_template(template).render(chrome=frame, page=page)


def look(browser: Browser, name: str, html: str, out: Path) -> Iterator[str]:
    """Take the pictures of one page; yield what is wrong with it."""
    (out / f"{name}.html").write_text(html, encoding="utf8")
    for width, (across, down) in WIDTHS.items():
        page = browser.new_page(viewport={"width": across, "height": down})
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.route("**/*", lambda route: serve(route, html))
        page.goto(SITE + "/")
        page.screenshot(path=out / f"{name}.{width}.png", full_page=True)
        yield from (f"{name} {width}: {line}" for line in [*said, *unfit(page), *small(page, name)])
        if width == "tel":
            page.set_viewport_size({"width": NARROWEST, "height": down})
            over = page.evaluate("document.documentElement.scrollWidth")
            if over > NARROWEST:
                yield f"{name}: {over} px wide on a screen of {NARROWEST}"
        page.close()


def serve(route: Route, html: str) -> None:
    """Answer one request of the browser: the page itself, or one of the static parts."""
    path = route.request.url.removeprefix(SITE)
    if path == "/":
        route.fulfill(body=html, headers=HEADERS | {"Content-Type": "text/html; charset=utf-8"})
    elif path.startswith("/static/"):
        file = templating.static_folder() / path.removeprefix("/static/")
        route.fulfill(body=file.read_bytes(), headers={"Content-Type": mimetypes.guess_type(file.name)[0] or "text/plain"})
    else:
        route.fulfill(status=404, body="")


def unfit(page: Page) -> Iterator[str]:
    """Yield what axe-core finds against WCAG 2.2 AA and its own best practices."""
    page.evaluate(AXE.read_text(encoding="utf8"))
    found = page.evaluate(
        "axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ' ' + (n.any[0]?.message ?? v.help))))"
    )
    yield from found


def small(page: Page, name: str) -> Iterator[str]:
    """Yield what is too small for a finger on the portal: 44 px high, text links and hidden inputs aside."""
    if name.startswith("desk"):
        return
    yield from page.evaluate(
        """[...document.querySelectorAll(
            "button, summary, .govuk-button, .tools a, .menu a, .links a, .subjects a, .ways a, input:not([type=hidden]), select, textarea")]
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
        .filter(e => !e.matches(".tools__large, .govuk-radios__input, .govuk-checkboxes__input"))
        .map(e => `only ${Math.round(e.getBoundingClientRect().height)} px high: ${e.outerHTML.slice(0, 80)}`)"""
    )


# -- sample data: invented, from the demonstration city -------------------------------------------------------------------


def chrome(say: Say, language: texts.Language) -> pages.Chrome:
    """Return what surrounds a resident's page."""
    return pages.Chrome(
        language=language,
        tag=texts.TAGS[language],
        site=say("南浦区 · 办事", "Nanpu District · Public services"),
        home="/d/nanpu",
        hotline=say("24 小时热线 0000-12345", "24-hour hot line 0000-12345"),
        hotline_number="0000-12345",
        menu=(
            pages.Link(text=say("服务", "Services"), href="/d/nanpu", current=True),
            pages.Link(text=say("查询进度", "Follow a case"), href="/track"),
            pages.Link(text=say("我的事项", "My cases"), href="/my"),
        ),
        languages=(
            pages.Link(text="中文", href="/?lang=zh", current=language == "zh"),
            pages.Link(text="English", href="/?lang=en", current=language == "en"),
        ),
        large=False,
        large_href="/?large=1",
        sign_in_href="/sign-in",
        csrf="token",
        district=say("南浦区", "Nanpu District"),
        districts=(
            pages.Link(text=say("南浦区", "Nanpu District"), href="/d/nanpu", current=True),
            pages.Link(text=say("栖山区", "Qishan District"), href="/d/qishan"),
        ),
        request_id="3f9a1c77e2d04b18",
    )


def at_desk(say: Say) -> dict[str, Any]:
    """Return what the chrome has otherwise at the desk."""
    menu = (
        pages.Link(text=say("办件", "Cases"), href="/desk", current=True),
        pages.Link(text=say("门户", "Portal"), href="/"),
        pages.Link(text=say("管理", "Administration"), href="/admin"),
    )
    return {"desk": True, "menu": menu, "signed_in": say("工号 30217 · 城市照明所", "Staff 30217 · City Lighting Office")}


def samples(say: Say) -> Iterator[Sample]:
    """Yield every page in every state that looks different."""
    yield from portal_samples(say)
    yield from filing_samples(say)
    yield from case_samples(say)
    yield from desk_samples(say)
    yield from other_samples(say)


def portal_samples(say: Say) -> Iterator[Sample]:
    """Yield the first page and what leads into it."""
    report = pages.Link(
        text=say("反映问题、求助", "Report a problem or ask for help"),
        href="/s",
        summary=say("路灯、噪声、环境卫生、投诉与建议", "Street lights, noise, litter; complaints and suggestions"),
    )
    praise = pages.Link(
        text=say("表扬与建议", "Praise and suggestions"),
        href="/s2",
        summary=say("好人好事、改进服务的想法", "What went well, and what could be better"),
    )
    nurse = pages.Link(
        text=say("护士变更注册", "Change a nurse's registration"),
        href="/n",
        summary=say("材料齐全，当场办结", "Done at once when the papers are complete"),
    )
    place = pages.Link(
        text=say("公共场所卫生许可", "Hygiene licence for a public place"),
        href="/p",
        summary=say("含现场核查，限时办结", "With a site check; within a set time"),
    )
    home = pages.Link(
        text=say("居家照护与助餐", "Care and meals at home"),
        href="/h",
        summary=say("家政、康复、送餐、陪诊", "Housekeeping, exercise, meals, company to the doctor"),
    )
    card = pages.Link(
        text=say("出行 120 卡", "Emergency card to carry outdoors"),
        href="/c",
        summary=say("60 岁以上空巢老人，联系谁、用什么药", "Over 60 and living alone: whom to call, which medicines"),
    )
    family = pages.Link(
        text=say("孕前检查与随访", "Checks before and during pregnancy"), href="/f", summary=say("夫妻双方，免费", "For both spouses, free")
    )
    subjects = (
        pages.Subject(title=say("反映问题", "Something is wrong"), services=(report, praise)),
        pages.Subject(title=say("办证照", "Licences and permits"), services=(nurse, place)),
        pages.Subject(title=say("家里有老人", "Old age at home"), services=(home, card)),
        pages.Subject(title=say("生育与家庭支持", "Having children"), services=(family,)),
    )

    def page(query: str = "", found: tuple[pages.Link, ...] | None = None, mine: str = "") -> pages.HomePage:
        return pages.HomePage(query=query, search_action="/d/nanpu", subjects=subjects, found=found, track_href="/track", mine=mine, mine_href="/my")

    yield "home", "portal/home.html", page(mine=say("2 件正在办理", "2 being worked on")), {"signed_in": say("张秀芳", "Zhang Xiufang")}
    yield "home-large", "portal/home.html", page(), {"large": True}
    yield "home-found", "portal/home.html", page(say("路灯", "street light"), (report,)), {}
    yield "home-nothing", "portal/home.html", page(say("冰箱", "fridge"), ()), {}
    districts = (
        pages.Link(text=say("南浦区", "Nanpu District"), href="/d/nanpu"),
        pages.Link(text=say("栖山区", "Qishan District"), href="/d/qishan"),
    )
    yield (
        "choose",
        "portal/choose.html",
        pages.ChooseDistrictPage(links=districts),
        {"district": "", "site": say("云澜市 · 办事", "Yunlan City · Public services")},
    )
    form = track_form(say)
    yield "track", "portal/track.html", pages.TrackPage(form=form), {}
    stage = pages.StagePart(
        number="4071-8826-3915",
        state=say("正在办理", "In progress"),
        tone="going",
        department=say("城市照明管理所", "City Lighting Office"),
        telephone="0000-5566-3021",
    )
    yield "track-stage", "portal/track.html", pages.TrackPage(form=track_form(say, "4071-8826-3915"), stage=stage), {}
    problem = say("这个编号不对，请对照回执再看一遍。", "This number cannot be right. Compare it with your receipt.")
    yield "track-problem", "portal/track.html", pages.TrackPage(form=track_form(say, "4071-8826-3916", problem)), {}
    rows = case_rows(say)
    yield "my", "portal/my.html", pages.MyPage(rows=rows, next="/my?after=x", track_href="/track"), {"signed_in": say("张秀芳", "Zhang Xiufang")}
    yield "my-empty", "portal/my.html", pages.MyPage(rows=(), next="", track_href="/track"), {"signed_in": say("张秀芳", "Zhang Xiufang")}


def track_form(say: Say, number: str = "", problem: str = "") -> pages.Form:
    """Return the form that asks for number and code."""
    return pages.Form(
        action="/track",
        fields=(
            pages.Field(
                name="number",
                label=say("诉求编号", "Case number"),
                hint=say("十二位数字，例如 4071-8826-3915", "Twelve digits, like 4071-8826-3915"),
                kind="text",
                value=number,
                error=problem,
            ),
            pages.Field(
                name="code",
                label=say("查询码", "Code"),
                hint=say("六位数字。不填只能看到办到哪一步。", "Six digits. Without it you see the stage only."),
                kind="text",
                optional=True,
            ),
        ),
        button=say("查看", "Show the case"),
        problems=(pages.Problem(text=problem, field="number"),) if problem else (),
    )


def filing_samples(say: Say) -> Iterator[Sample]:
    """Yield the way from the service to the receipt."""
    title = say("反映问题、求助", "Report a problem or ask for help")
    start = pages.Form(action="/start", fields=(), button=say("开始填写", "Start now"), cancel="/d/nanpu")
    yield (
        "start",
        "portal/start.html",
        pages.StartPage(
            title=title,
            summary=say(
                "哪里不对、哪里需要帮忙，说给我们听。能当场答复的当场答复，其余登记编号，交承办单位办理。",
                "Tell us what is wrong or where you need help. What can be answered is; the rest gets a number and goes to a department.",
            ),
            before=say(
                "需要：发生的地点，您看到的情况。\n留下电话，承办人好与您联系；也可以匿名。",
                "You need: where it is, and what you saw.\nLeave a telephone so that the officer can reach you; you may also stay anonymous.",
            ),
            form=start,
        ),
        {},
    )
    kinds = tuple(
        pages.Choice(value=str(i), label=label, chosen=i == 3)
        for i, label in enumerate(
            (
                say("咨询", "Question"),
                say("求助", "Help"),
                say("投诉", "Complaint"),
                say("举报", "Report of wrongdoing"),
                say("建议", "Suggestion"),
                say("表扬", "Praise"),
            )
        )
    )
    areas = (
        pages.Choice(value="h", label=say("槐荫里街道", "Huaiyinli Street")),
        pages.Choice(value="h1", label="\u3000" + say("柿子巷社区", "Shizi Lane"), chosen=True),
        pages.Choice(value="h2", label="\u3000" + say("纺机厂社区", "Textile Works")),
    )
    told = say(
        "我们这条巷子灯黑了三天了，老人晚上不敢下楼倒垃圾。\n打过一次电话，说修，没见人来。",
        "The lights in our lane have been out for three days; old people dare not go down at night.\nI called once; nobody came.",
    )

    def fields(problem: str = "") -> tuple[pages.Field, ...]:
        return (
            pages.Field(name="kind", label=say("属于哪一类", "What kind of matter is it?"), kind="radios", choices=kinds),
            pages.Field(
                name="story",
                label=say("请说说情况", "What happened?"),
                hint=say("什么时候、在哪里、影响到谁。", "When, where, and whom it affects."),
                kind="textarea",
                value="" if problem else told,
                rows=5,
                longest=2000,
                error=problem,
            ),
            pages.Field(name="area", label=say("地点", "Place"), kind="select", choices=areas),
            pages.Field(
                name="telephone", label=say("联系电话", "Telephone"), kind="telephone", value="100 0000 2187", autocomplete="tel", optional=True
            ),
            pages.Field(name="since", label=say("从哪天开始", "Since when?"), kind="date", optional=True),
            pages.Field(
                name="share",
                label=say("同意承办单位看到我的电话", "The department may see my telephone"),
                hint=say("不勾选时由热线转达。", "Otherwise the hot line passes messages on."),
                kind="checkbox",
                value="true",
            ),
        )

    lead = say("用自己的话说就行，写得越具体越好办。", "Your own words will do; the more exact, the quicker it goes.")
    ask = {"service": title, "title": say("发生了什么", "What is the matter"), "lead": lead, "position": 1, "total": 3, "back": "/back"}
    yield "ask", "portal/ask.html", pages.AskPage(**ask, form=pages.Form(action="/a", fields=fields(), button=say("继续", "Continue"))), {}
    problem = say("请说说发生了什么", "Say what happened")
    yield (
        "ask-problem",
        "portal/ask.html",
        pages.AskPage(
            **ask,
            form=pages.Form(
                action="/a", fields=fields(problem), button=say("继续", "Continue"), problems=(pages.Problem(text=problem, field="story"),)
            ),
        ),
        {},
    )
    one = pages.Field(name="kind", label=say("属于哪一类？", "What kind of matter is it?"), kind="radios", choices=kinds)
    yield (
        "ask-one",
        "portal/ask.html",
        pages.AskPage(
            service=title,
            title=one.label,
            lead="",
            position=2,
            total=3,
            back="/back",
            form=pages.Form(action="/a", fields=(one,), button=say("继续", "Continue")),
        ),
        {},
    )
    answers = (
        pages.Answer(label=say("类别", "Kind"), value=say("投诉", "Complaint"), change="/a#kind"),
        pages.Answer(label=say("情况", "What happened"), value=told, change="/a#story"),
        pages.Answer(label=say("地点", "Place"), value=say("槐荫里街道 柿子巷社区", "Huaiyinli Street, Shizi Lane"), change="/a#area"),
        pages.Answer(label=say("姓名", "Name"), value="", change="/a#name"),
        pages.Answer(label=say("联系电话", "Telephone"), value="100 0000 2187", change="/a#telephone"),
    )
    yield (
        "check",
        "portal/check.html",
        pages.CheckPage(service=title, answers=answers, back="/back", form=pages.Form(action="/check", fields=(), button=say("提交", "Send"))),
        {},
    )
    done = pages.DonePage(
        number="4071-8826-3915",
        code="482913",
        title=say("柿子巷路灯三天不亮", "Street lights in Shizi Lane out for three days"),
        department=say("市政务服务和数据管理局（12345）", "City Services and Data Office (12345)"),
        telephone="0000-5566-1000",
        follow="/case/4071-8826-3915",
    )
    yield "done", "portal/done.html", done, {}
    yield "done-large", "portal/done.html", done, {"large": True}


def steps(say: Say) -> tuple[pages.Step, ...]:
    """Return a line of steps, the third of five being now."""
    return (
        pages.Step(title=say("登记", "Registered"), note=say("11月18日", "18 Nov"), status="done"),
        pages.Step(title=say("受理", "Accepted"), note=say("11月18日", "18 Nov"), status="done"),
        pages.Step(title=say("办理", "In progress"), note=say("11月19日", "19 Nov"), status="now"),
        pages.Step(title=say("答复", "Answered"), note="", status="todo"),
        pages.Step(title=say("办结", "Closed"), note="", status="todo"),
    )


def story(say: Say, *, staff: bool) -> tuple[pages.Entry, ...]:
    """Return a story, newest first."""
    entries = [
        pages.Entry(
            at=say("11月20日 09:12", "20 Nov, 09:12"),
            machine_at="2025-11-20T09:12:00+08:00",
            who=say("城市照明管理所 工号 30217", "City Lighting Office, staff 30217"),
            headline=say("已到现场，配电箱进水，需要换件", "On site: the switch box took in water, a part is needed"),
            text=say("需要更换控制器，配件明天到。", "The controller has to be replaced; the part comes tomorrow."),
            facts=((say("预计恢复", "Expected"), say("11月24日前", "before 24 Nov")),),
        ),
        pages.Entry(
            at=say("11月19日 20:40", "19 Nov, 20:40"),
            machine_at="2025-11-19T20:40:00+08:00",
            who=say("诉求人", "Applicant") if staff else say("您", "You"),
            headline=say("补充了情况", "Added information"),
            text=say("晚上七点以后整条街都黑，老人出门不安全。", "After seven the whole street is dark; it is not safe for old people."),
            own=not staff,
        ),
        pages.Entry(
            at=say("11月19日 08:30", "19 Nov, 08:30"),
            machine_at="2025-11-19T08:30:00+08:00",
            who=say("南浦区城市管理局", "Nanpu Urban Management Bureau"),
            headline=say("转办", "Passed on"),
            text=say("本局已核实位置；灯杆由城市照明管理所维护。", "We checked the place; the poles are kept up by the City Lighting Office."),
            facts=((say("转至", "Handed to"), say("城市照明管理所", "City Lighting Office")),),
        ),
        pages.Entry(
            at=say("11月18日 15:05", "18 Nov, 15:05"),
            machine_at="2025-11-18T15:05:00+08:00",
            who=say("12345 热线", "Hot line 12345"),
            headline=say("已登记并受理", "Registered and accepted"),
            text=say("您来电反映。依据《云澜市城市照明办法（示例）》。", "By telephone. Under the Yunlan City lighting rules (example)."),
        ),
    ]
    if staff:
        entries.insert(
            1,
            pages.Entry(
                at=say("11月20日 08:55", "20 Nov, 08:55"),
                machine_at="2025-11-20T08:55:00+08:00",
                who=say("城市照明管理所 工号 30217", "City Lighting Office, staff 30217"),
                headline=say("内部备注", "Internal note"),
                text=say("上月同一配电箱也进过水，建议一并加盖。", "The same box took in water last month; cover it this time."),
                staff_only=True,
            ),
        )
    return tuple(entries)


def action_form(say: Say, action: str) -> pages.Form:
    """Return the form of an action."""
    return pages.Form(
        action=action,
        fields=(
            pages.Field(
                name="text",
                label=say("补充什么", "What is new?"),
                hint=say("承办人和以后接手的人都会看到。", "The officer, and whoever takes over, will read it."),
                kind="textarea",
                value=say("今晚还是黑的。", "It is still dark tonight."),
                rows=5,
                longest=1000,
            ),
        ),
        button=say("补充情况", "Add information"),
        hidden=(("key", "k1"), ("revision", "7")),
        cancel="/case/4071-8826-3915",
    )


def case_samples(say: Say) -> Iterator[Sample]:
    """Yield a resident's case."""
    actions = (
        pages.ActionLink(name="add", title=say("补充情况", "Add information"), href="?do=add#do", leading=True),
        pages.ActionLink(name="withdraw", title=say("撤回", "Withdraw"), href="?do=withdraw#do"),
    )
    page = pages.CasePage(
        number="4071-8826-3915",
        title=say("柿子巷路灯三天不亮", "Street lights in Shizi Lane out for three days"),
        kind=say("投诉 · 路灯", "Complaint · Street lights"),
        state=say("正在办理", "In progress"),
        tone="going",
        steps=steps(say),
        progress=50,
        story=story(say, staff=False),
        received=say("11月18日 15:05", "18 Nov, 15:05"),
        holder=pages.Contact(title=say("城市照明管理所", "City Lighting Office"), staff_number="30217", telephone="0000-5566-3021"),
        oversight=pages.Contact(
            title=say("市政府督查室", "City Oversight Office"), telephone="0000-5566-0001", address=say("槐荫里 18 号", "18 Huaiyinli")
        ),
        facts=(
            (say("地点", "Place"), say("槐荫里街道 柿子巷社区", "Huaiyinli Street, Shizi Lane")),
            (say("收到", "Received"), say("11月18日 15:05", "18 Nov, 15:05")),
        ),
        actions=actions,
    )
    yield "case", "portal/case.html", page, {}
    yield "case-large", "portal/case.html", page, {"large": True}
    opened = (msgspec.structs.replace(actions[0], chosen=True), actions[1])
    form = action_form(say, "/case/4071-8826-3915/add")
    doing = msgspec.structs.replace(page, actions=opened, form=form, form_title=say("补充情况", "Add information"))
    yield "case-form", "portal/case.html", doing, {}
    problem = say("有人在您填写时办理了这件诉求，请看过之后再提交。", "Somebody acted on this case while you were writing. Look, then send again.")
    raced = msgspec.structs.replace(doing, changed=page.story[:1], form=msgspec.structs.replace(form, problems=(pages.Problem(text=problem),)))
    yield "case-changed", "portal/case.html", raced, {}
    waiting = msgspec.structs.replace(page, state=say("等您补充", "Waiting for you"), tone="waiting")
    yield (
        "case-notice",
        "portal/case.html",
        msgspec.structs.replace(waiting, notice=say("这件诉求已经办结，不能再补充。", "This case is closed; nothing can be added."), actions=()),
        {},
    )


def case_rows(say: Say, *, staff: bool = False) -> tuple[pages.CaseRow, ...]:
    """Return a list of cases."""
    rows = (
        (
            "4071-8826-3915",
            say("柿子巷路灯三天不亮", "Street lights in Shizi Lane out for three days"),
            say("路灯 · 槐荫里街道柿子巷社区", "Street lights · Huaiyinli Street, Shizi Lane"),
            say("办理中", "In progress"),
            "going",
            say("张*芳", "Zhang *"),
            True,
        ),
        (
            "5530-1274-9082",
            say("青禾街道变压器夜间噪声", "Transformer hum at night, Qinghe Street"),
            say("噪声 · 青禾街道", "Noise · Qinghe Street"),
            say("等待居民补充", "Waiting for the applicant"),
            "waiting",
            say("李*", "Li *"),
            False,
        ),
        (
            "6198-0457-2231",
            say("小荷里市场垃圾清运不及时", "Rubbish at Xiaoheli market is collected late"),
            say("环卫 · 小荷里社区", "Litter · Xiaoheli"),
            say("明天提级", "Goes up tomorrow"),
            "late",
            say("匿名", "Anonymous"),
            False,
        ),
        (
            "7042-3391-8846",
            say("电梯隔三差五困人，老人住九楼下不来", "The lift keeps stopping; old people on the ninth floor cannot get down"),
            say("物业 · 云璟社区", "Housing · Yunjing"),
            say("已办结 · 满意", "Closed · satisfied"),
            "done",
            say("赵*敏", "Zhao *"),
            False,
        ),
        (
            "3316-7720-4158",
            say("要求处理邻里债务", "Asks for help with a debt between neighbours"),
            say("咨询 · 纺机厂社区", "Question · Textile Works"),
            say("不予受理", "Not taken"),
            "ended",
            say("钱*", "Qian *"),
            False,
        ),
    )
    office = say("城市照明管理所", "City Lighting Office")
    when = say("11月18日 15:05", "18 Nov, 15:05")
    last = say("新：11月20日 09:12", "New: 20 Nov, 09:12")
    return tuple(
        pages.CaseRow(
            number=n,
            href=f"/case/{n}",
            title=t,
            under=u,
            state=s,
            tone=tone,
            applicant=a if staff else "",
            department=office,
            received=when,
            last=last,
            urgent=urgent and staff,
        )  # type: ignore[arg-type]
        for n, t, u, s, tone, a, urgent in rows
    )


def desk_samples(say: Say) -> Iterator[Sample]:
    """Yield the staff's pages."""
    frame = at_desk(say)
    views = (
        pages.Link(text=say("我的", "My work"), href="/desk", current=True, count="12"),
        pages.Link(text=say("本单位", "My department"), href="/desk/department", count="86"),
        pages.Link(text=say("可见全部", "All I may see"), href="/desk/all", count="1000+"),
    )
    filters = tuple(
        pages.Link(text=t, href="?", current=i == 0)
        for i, t in enumerate(
            (
                say("全部状态", "All states"),
                say("待签收", "To be signed for"),
                say("办理中", "In progress"),
                say("等待居民补充", "Waiting for the applicant"),
                say("待回访", "To be called back"),
            )
        )
    )
    queue = pages.QueuePage(
        title=say("我的", "My work"),
        lead=say("最早的在前", "Oldest first"),
        views=views,
        filters=filters,
        rows=case_rows(say, staff=True),
        next="?after=x",
        first="",
        total="12",
    )
    yield "desk-queue", "desk/queue.html", queue, frame
    yield "desk-queue-large", "desk/queue.html", queue, frame | {"large": True}
    yield "desk-queue-empty", "desk/queue.html", msgspec.structs.replace(queue, rows=(), next="", total="0"), frame
    yield (
        "desk-queue-problem",
        "desk/queue.html",
        msgspec.structs.replace(queue, problem=say("这个编号不对，少了一位。", "This number cannot be right: one digit is missing.")),
        frame,
    )
    actions = tuple(
        pages.ActionLink(name=str(i), title=t, href=f"?do={i}#do", leading=i == 0)
        for i, t in enumerate(
            (
                say("办结并答复", "Settle and answer"),
                say("转办", "Pass on"),
                say("请居民补充", "Ask the applicant"),
                say("记录进展", "Record progress"),
                say("提请上级办理", "Ask the superior"),
                say("内部备注", "Internal note"),
            )
        )
    )
    page = pages.DeskCasePage(
        number="4071-8826-3915",
        title=say("柿子巷路灯三天不亮", "Street lights in Shizi Lane out for three days"),
        kind=say("投诉 · 路灯", "Complaint · Street lights"),
        state=say("办理中", "In progress"),
        tone="going",
        steps=steps(say),
        progress=50,
        story=story(say, staff=True),
        facts=(
            (say("收到", "Received"), say("11月18日 15:05", "18 Nov, 15:05")),
            (say("最近变动", "Last change"), say("11月20日 09:12", "20 Nov, 09:12")),
            (say("来源", "Came by"), say("电话", "Telephone")),
            (say("类别", "Category"), say("路灯", "Street lights")),
            (say("地点", "Place"), say("槐荫里街道柿子巷社区", "Huaiyinli Street, Shizi Lane")),
        ),
        said=(
            (
                say("情况", "What happened"),
                say("我们这条巷子灯黑了三天了，老人晚上不敢下楼倒垃圾。", "The lights in our lane have been out for three days."),
            ),
            (say("姓名", "Name"), say("张*芳", "Zhang *")),
            (say("联系电话", "Telephone"), "100****2187"),
        ),
        parties=((say("诉求人", "Applicant"), say("张*芳", "Zhang *")), (say("代为登记", "Filed by"), say("柿子巷社区", "Shizi Lane community"))),
        department=pages.Contact(title=say("城市照明管理所", "City Lighting Office"), staff_number="30217", telephone="0000-5566-3021"),
        superiors=(
            (
                say("业务上级", "Superior by trade"),
                pages.Contact(title=say("市城市管理局", "City Urban Management Bureau"), telephone="0000-5566-3000"),
            ),
            (say("属地上级", "Superior by area"), pages.Contact(title=say("南浦区政府", "Nanpu District Government"), telephone="0000-5566-2000")),
        ),
        duties=(
            say("道路照明设施的维护、抢修。", "Upkeep and repair of street lighting."),
            say("《云澜市城市照明办法（示例）》第九条", "Yunlan City lighting rules (example), section 9"),
        ),
        actions=actions,
        reveal=pages.Form(action="/reveal", fields=(), button=say("显示完整信息（留痕）", "Show in full (logged)")),
    )
    yield "desk-case", "desk/case.html", page, frame
    yield "desk-case-large", "desk/case.html", page, frame | {"large": True}
    opened = (actions[0], msgspec.structs.replace(actions[1], chosen=True), *actions[2:])
    form = msgspec.structs.replace(action_form(say, "/desk/case/x/pass_on"), button=say("转办", "Pass on"))
    doing = msgspec.structs.replace(page, actions=opened, form=form, form_title=say("转办", "Pass on"))
    yield "desk-case-form", "desk/case.html", doing, frame
    raced = msgspec.structs.replace(
        doing, changed=page.story[:2], notice=say("您填写时已有人办理了这件诉求。", "Somebody acted on this case while you were writing.")
    )
    yield "desk-case-changed", "desk/case.html", raced, frame


def other_samples(say: Say) -> Iterator[Sample]:
    """Yield the door, what was kept, and every failure."""
    form = pages.Form(
        action="/sign-in",
        fields=(
            pages.Field(name="login", label=say("账号", "Login"), kind="text", autocomplete="username"),
            pages.Field(name="password", label=say("密码", "Password"), kind="password", autocomplete="current-password"),
        ),
        button=say("登录", "Sign in"),
    )
    demo = (("zhang", "demo", say("居民", "Resident")), ("lamp", "demo", say("城市照明管理所", "City Lighting Office")))
    yield "sign-in", "sign_in.html", pages.SignInPage(form=form, kept=False, demo=demo), {}
    wrong = say("账号或密码不对。", "The login or the password is not right.")
    yield (
        "sign-in-kept",
        "sign_in.html",
        pages.SignInPage(form=msgspec.structs.replace(form, problems=(pages.Problem(text=wrong, field="login"),)), kept=True),
        {},
    )
    again = pages.Form(action="/a", fields=(), button=say("现在提交", "Send it now"), cancel="/", hidden=(("text", "x"),))
    yield (
        "resume",
        "resume.html",
        pages.ResumePage(answers=((say("情况", "text"), say("今晚还是黑的。\n请尽快。", "It is still dark tonight.\nPlease hurry.")),), form=again),
        {},
    )
    posts = (
        pages.Choice(value="1", label=say("城市照明管理所 · 30217", "City Lighting Office · 30217"), chosen=True),
        pages.Choice(value="2", label=say("市城市管理局 · 30988", "City Urban Management Bureau · 30988")),
    )
    post = pages.Field(name="post", label=say("您现在以哪个岗位工作？", "In which post do you work now?"), kind="radios", choices=posts)
    yield (
        "desk-capacity",
        "capacity.html",
        pages.CapacityPage(form=pages.Form(action="/desk/post", fields=(post,), button=say("继续", "Go on"))),
        at_desk(say),
    )
    ways = (
        pages.Link(text=say("回到首页", "To the first page"), href="/"),
        pages.Link(text=say("按编号查询", "Follow a case by its number"), href="/track"),
    )
    told = {
        400: (
            say("请求有误", "Something in the request is not right"),
            say("请返回检查后再提交一次。", "Go back, look at what you entered, and send it again."),
        ),
        401: (say("请先登录", "Sign in to go on"), say("登录后才能看到这一页。", "This page is for people who are signed in.")),
        403: (say("您没有这项权限", "You may not do this"), say("您的岗位不含这项权限。", "Your post does not carry the right to do this.")),
        404: (
            say("这里没有内容", "There is nothing here"),
            say(
                "地址可能有误，或页面已移动。诉求可以直接按编号查询。",
                "The address may be mistyped, or the page was moved. A case number can be looked up by itself.",
            ),
        ),
        409: (
            say("情况已有变化", "This does not fit what is there now"),
            say("这件诉求已经办结；如需继续，请先申请重办。", "Case 4071-8826-3915 is closed; re-open it first, or open a follow-up."),
        ),
        410: (
            say("这份表单已不再保留", "This is no longer here"),
            say("未提交的表单保留七天，请重新填写。", "Forms wait for seven days; please begin again."),
        ),
        429: (say("尝试次数过多", "Too many attempts"), say("请十分钟后再试。", "Try again in ten minutes.")),
        500: (
            say("我们这边出了问题", "Something went wrong on our side"),
            say(
                "没有任何改动。故障已记录，告诉我们下面的编号就能查到。",
                "Nothing was changed. The fault is recorded; if you tell us the number below, we find it at once.",
            ),
        ),
        503: (
            say("暂时无法答复", "We cannot answer at this moment"),
            say(
                "几秒后页面会自动恢复。您之前提交的内容不会丢失。",
                "The page comes back by itself in a few seconds. Nothing that you sent before is lost.",
            ),
        ),
    }
    for status, (title, lead) in told.items():
        yield f"error-{status}", "error.html", pages.ErrorPage(status=status, title=title, lead=lead, ways=ways), {}
    yield "desk-error", "error.html", pages.ErrorPage(status=403, title=told[403][0], lead=told[403][1], ways=ways), at_desk(say)


if __name__ == "__main__":
    sys.exit(main())
