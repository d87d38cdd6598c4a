"""A mail is read whatever it is: never an error, never slow, in every charset that mails come in, and only what is new of its words."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi.notify import heads, parsing, trimming

NEW = "灯还是不亮。\n请再来看看。"


@given(data=st.binary(max_size=3000))
def test_whatever_the_bytes_are_it_never_raises(data: bytes):
    parsing.parse(data)
    parsing.parse(b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + data)


@given(
    parts=st.lists(
        st.sampled_from([b"--x\n", b"--x--\n", b"\n", b"Content-Type: multipart/mixed; boundary=x\n", b"Content-Type: text/html\n", b"a\n"])
    )
)
def test_a_tree_in_any_disorder_is_read_as_far_as_it_goes(parts: list[bytes]):
    parsing.parse(b"Content-Type: multipart/mixed; boundary=x\n\n" + b"".join(parts))


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_what_a_good_mailer_wrote_is_what_is_read(text: str):
    made = EmailMessage()
    made["From"], made["Subject"] = "a@b.example", "x"
    made.set_content(text)
    whole = parsing.parse(made.as_bytes())
    assert whole.faults == ()
    words = "\n".join(w for w in (whole.text, whole.rest) if w)
    assert words.split() == trimming.clean(text).split()


@pytest.mark.parametrize(
    "below",
    [
        "> 已经修好了。\n> 谢谢。",
        "在 2026年11月23日 周一 09:00，城市 <city@example.org> 写道：\n> 已经修好了。",
        "On Mon, 23 Nov 2026 at 09:00, City <city@example.org> wrote:\n> done\n>\n> more",
        "On Mon, 23 Nov 2026 at 09:00, City of a very long name\n<city@example.org> wrote:\n\n> done",
        "-----原始邮件-----\n发件人: city@example.org\n发送时间: 2026年11月23日\n收件人: fang\n主题: 诉求\n\n已经修好了。",
        '------------------ 原始邮件 ------------------\n发件人: "city";\n已经修好了。',
        "-----Original Message-----\nFrom: City\nSent: Monday\nTo: Fang\nSubject: lamp\n\ndone",
        "From: City <city@example.org>\nSent: Monday\nTo: Fang\nSubject: lamp\n\ndone",
        "发自我的iPhone",
        "Sent from my iPhone\n\n> done",
        "-- \n张芳\n100 0000 1234",
        "--\nZhang Fang\n\n> done\n> more",
        "来自QQ邮箱客户端",
    ],
)
def test_what_is_quoted_or_signed_below_is_cut_and_kept_aside(below: str):
    new, rest = trimming.cut(f"{NEW}\n\n{below}")
    assert new == NEW
    assert rest.split() == below.split()


@pytest.mark.parametrize(
    "text",
    [
        "> 哪一盏？\n三号门口那盏。\n> 从哪天起？\n周一。",
        "> 已经修好了。\n\n没有修好！",
        "发件人: 这是我写的一行",
        "He wrote: it is dark",
        "他在微信里写道：灯坏了\n但是没人来。",
        "电话 -- 没人接",
        "> 全部是引用",
        "第一行\n--\n" + "\n".join(f"这不是签名，第 {n} 行" for n in range(20)),
    ],
)
def test_what_stands_between_the_lines_or_only_looks_like_it_stays(text: str):
    assert trimming.cut(text) == (text, "")


def test_html_becomes_words_with_its_quotations_behind_them():
    source = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>灯还是&nbsp;<b>不亮</b>。</p><ul><li>一</li><li>二</li></ul>"
        '<div class="gmail_quote"><div>Le lundi, la ville a écrit&nbsp;:</div><blockquote>fait</blockquote></div></body></html>'
    )
    new, rest = trimming.cut(trimming.clean(trimming.plain(source)))
    assert new.split() == ["灯还是", "不亮。", "一", "二"]
    assert rest.endswith("> fait")
    outlook = '<p>yes</p><div id="divRplyFwdMsg"><b>Von:</b> Stadt</div><p>old</p>'
    assert trimming.cut(trimming.clean(trimming.plain(outlook)))[0] == "yes"


@pytest.mark.parametrize(
    "evil",
    ["<!--" * 200_000, "<a " * 250_000, "<" * 800_000, "<script>" * 100_000, "<blockquote>" * 70_000, "> x\ny\n" * 30_000, "On a wrote\n" * 20_000],
    ids=str.__len__,
)
def test_no_words_keep_a_worker_busy(evil: str):
    begun = time.process_time()
    for kind in ("plain", "html"):
        parsing.parse(f"From: a@b\nContent-Type: text/{kind}\n\n{evil}".encode())
    assert time.process_time() - begun < 10


def test_no_tree_keeps_a_worker_busy():
    begun = time.process_time()
    head = b"From: a@b\n"
    deep = head + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20)) + b"--b\n" * 2_000_000
    assert parsing.parse(deep).faults
    many = head + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 1_000_000
    assert "parts" in parsing.parse(many).faults
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    ("said", "charset"),
    [
        ("朱镕基㐂€", "gb2312"),
        ("繁體字", "big5"),
        ("日本語", "iso-2022-jp"),
        ("café", "iso-8859-1"),
        ("路灯", ""),
        ("路灯", "x-unknown"),
        ("路灯", "us-ascii"),
    ],
)
def test_charsets(said: str, charset: str):
    raw = said.encode({"gb2312": "gb18030", "": "gb18030", "x-unknown": "utf8", "us-ascii": "utf8"}.get(charset, charset))
    assert heads.decode(raw, charset) == said


def test_heads_as_mailers_write_them():
    read = heads.read_head(
        b"From nobody Mon Nov 23 09:00:00 2026\r\n"
        b"Subject: =?utf-8?B?6Lev5w==?=\r\n =?UTF-8?b?ga8=?= =?iso-8859-1?Q?caf=E9_?=x\r\n"
        + 'From: "张, 芳" <Fang@Example.COM>\r\n'.encode("gb18030")
        + b"To: City <city@example.org>,\r\n\tother@example.org\r\nDelivered-To: city+abc@example.org\r\nMessage-ID: <1@x>\r\n\r\nbody"
    )
    assert (read.subject, read.sender, read.message_id) == ("路灯café x", "fang@example.com", "<1@x>")
    assert read.recipients == ("city@example.org", "other@example.org", "city+abc@example.org")
    assert heads.read_head(b'From: "president@city.example" <evil@far.example>\n\n').sender == "evil@far.example"
    assert heads.read_head(b"From: a@b.example\nFrom: c@d.example\n\n").sender == ""
    assert heads.read_head(b"Subject: x\n\nFrom: a@b.example\n").sender == ""
