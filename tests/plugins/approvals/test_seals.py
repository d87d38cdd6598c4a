"""Papers bear exactly one of two seals; a key that is missing, wrong or expired leaves nothing half-made; who alters a file is told."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import shutil
import sys
import types
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Person
from citywide import City
from litestar.testing import AsyncTestClient
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select

from banshi.db import Database
from banshi.identity import access
from banshi.jobs.periodic import Context
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Town, ground
from banshi.web.site import SESSION_COOKIE
from banshi_approvals import papers
from banshi_approvals.models import paper
from banshi_approvals.notices import making
from banshi_approvals.papers import opening

CHECK = "/d/north/approvals/check"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return papers.issue(tmp_path_factory.mktemp("keys") / "seals", "阮城", MOMENT - timedelta(days=30)).roots.parent


@pytest.fixture
def settings(database: Database, tmp_path: Path, keys: Path) -> Settings:
    named = {
        "seal_acceptance": "acceptance.p12",
        "seal_decision": "decision.p12",
        "seal_passphrase_file": "passphrase.txt",
        "seal_roots": "roots.pem",
    }
    told = {name: str(keys / file) for name, file in named.items()}
    return Settings(database_url=database.url, secret_key=(SECRET,), secure_cookies=False, data=tmp_path, plugins={"approvals": told})


@pytest_asyncio.fixture(loop_scope="session")
async def sealed(settings: Settings, registry: Registry, clock: Any, city: City) -> AsyncIterator[AsyncTestClient[Any]]:
    """The application of an installation with keys."""
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


async def made(database: Database) -> dict[str, Any]:
    async with database.transaction() as db:
        return {r.kind: r for r in (await db.execute(select(paper).order_by(paper.c.id))).all()}


async def run(database: Database, settings: Settings, registry: Registry) -> None:
    await making.whatever_waits(Context(database, MOMENT, settings, registry))


async def test_every_paper_that_was_given_is_made_sealed_and_checked(
    sealed: AsyncTestClient[Any], city: City, database: Database, settings: Settings, registry: Registry, town: Town, keys: Path
) -> None:
    case, number = await city.grant()
    await run(database, settings, registry)
    await run(database, settings, registry)
    rows = await made(database)
    assert {k: (r.state, r.number) for k, r in rows.items()} == {
        "receipt": ("made", "审收〔2026〕1号"),
        "decision": ("made", "审决〔2026〕1号"),
        "licence": ("made", None),
    }
    async with database.transaction() as db:
        sealed.cookies.set(SESSION_COOKIE, await access.open_session(db, town.residents["resident0"].person_id or 0, MOMENT))
    pdf = (await sealed.get(f"/case/{case}/approvals/papers/{rows['decision'].id}")).content
    trust = papers.Trust.from_pem((keys / "roots.pem").read_bytes())
    found = await asyncio.to_thread(papers.check, pdf, trust, MOMENT)
    assert (found.verdict, found.seal) == ("valid", "decision")
    receipt = (await sealed.get(f"/case/{case}/approvals/papers/{rows['receipt'].id}")).content
    assert (await asyncio.to_thread(papers.check, receipt, trust, MOMENT)).seal == "acceptance"
    person = Person(sealed)
    action = next(f["action"] for f in (await person.get(CHECK)).forms if "token=" in f["action"])

    async def told(content: bytes) -> str:
        return (await sealed.post(action, files={"files": ("p.pdf", content, "application/pdf")}, headers={"accept-language": "en"})).text

    assert "Genuine, and it holds" in await told(pdf)
    assert "Altered after it was sealed" in await told(pdf.replace(b"/Type", b"/Typo", 1))
    assert "Altered after it was sealed" in await told(pdf + b"\n% added")
    assert "Not sealed by us" in await told(b"%PDF-1.7\n%%EOF\n")
    assert number


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda keys: (keys / "acceptance.p12").unlink(), "cannot be read", id="missing"),
        pytest.param(lambda keys: (keys / "acceptance.p12").write_bytes(b"no key"), "damaged", id="broken"),
        pytest.param(lambda keys: (keys / "passphrase.txt").write_bytes(b"wrong"), "passphrase is wrong", id="wrong-passphrase"),
        pytest.param(None, "ended on", id="expired"),
    ],
)
async def test_a_key_that_is_not_right_leaves_the_paper_waiting_and_says_why(
    spoil: Any, why: str, city: City, database: Database, settings: Settings, registry: Registry, keys: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    if spoil is None:
        papers.issue(own, "阮城", MOMENT - timedelta(days=30), lasts=timedelta(days=20))
    else:
        shutil.copytree(keys, own)
        spoil(own)
    told = {k: v.replace(str(keys), str(own)) for k, v in settings.plugins["approvals"].items()}
    broken = Settings(database_url=database.url, secret_key=(SECRET,), data=tmp_path, plugins={"approvals": told})
    await city.file("simple")
    await run(database, broken, registry)
    receipt = (await made(database))["receipt"]
    assert (receipt.state, receipt.document_id, receipt.number) == ("waiting", None, None)
    assert why in receipt.why
    await run(database, settings, registry)
    receipt = (await made(database))["receipt"]
    assert (receipt.state, receipt.number, receipt.why) == ("made", "审收〔2026〕1号", "")


async def test_two_who_make_the_same_papers_make_each_once(city: City, database: Database, settings: Settings, registry: Registry) -> None:
    await city.grant()
    await asyncio.gather(*(run(database, settings, registry) for _time in range(3)))
    numbers = [r.number for r in (await made(database)).values() if r.number]
    assert sorted(numbers) == ["审决〔2026〕1号", "审收〔2026〕1号"]


async def test_the_case_file_is_one_sealed_pdf_with_everything_in_it(
    sealed: AsyncTestClient[Any], city: City, database: Database, settings: Settings, registry: Registry, town: Town, keys: Path
) -> None:
    case, _licence = await city.grant()
    await run(database, settings, registry)
    async with database.transaction() as db:
        sealed.cookies.set(SESSION_COOKIE, await access.open_session(db, town.staff["50003"].person_id or 0, MOMENT))
    assert (await sealed.get(f"/d/north/approvals/desk/{case}/archive.pdf")).status_code == 503  # its documents are away
    for content in (b"form:1", b"plan:2"):
        (keys / "content").write_bytes(content)
        await sealed.app.state.site.store.put(hashlib.sha256(content).hexdigest(), keys / "content")
    given = await sealed.get(f"/d/north/approvals/desk/{case}/archive.pdf")
    assert (given.status_code, given.headers["content-type"]) == (200, "application/pdf")
    assert papers.verify_archive(given.content) == []
    reader = PdfFileReader(io.BytesIO(given.content))
    manifest = json.loads(dict(opening._attached(reader))["manifest.json"])
    lines = [(line["what"], line["words"]) for line in manifest["story"]]
    assert lines[0][0].startswith("已收件")
    assert [words for what, words in lines if what == "已提交材料"] == ["材料: 申请表；平面图"]
    assert "审决〔2026〕1号.pdf" in [words for _what, words in lines]
    assert not {"opened", "attached", "hand_in", "decide_now"} & {what for what, _words in lines}
    trust = papers.Trust.from_pem((keys / "roots.pem").read_bytes())
    assert (await asyncio.to_thread(papers.check, given.content, trust, MOMENT)).verdict == "valid"
    going = await city.file("simple")
    assert (await sealed.get(f"/d/north/approvals/desk/{going}/archive.pdf")).status_code == 409


async def test_a_city_gives_its_own_signer_and_one_that_is_not_there_leaves_papers_waiting(
    city: City, database: Database, settings: Settings, registry: Registry, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def give(which: str, told: Any) -> papers.Signer:
        asked.append((which, told.organ))
        return papers.FileSigner(keys / f"{which}.p12", keys / "passphrase.txt")

    module = types.ModuleType("signers_of_a_city")
    module.give = give  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "signers_of_a_city", module)

    def named(name: str) -> Settings:
        told = {"seal_signer": name, "organ": "阮城市行政审批局", "seal_roots": str(keys / "roots.pem")}
        return msgspec.structs.replace(settings, plugins={"approvals": told})

    await city.grant()
    await run(database, named("signers_of_a_city:gone"), registry)
    rows = await made(database)
    assert {(r.state, r.number) for r in rows.values()} == {("waiting", None)}
    assert "BANSHI_APPROVALS_SEAL_SIGNER" in rows["decision"].why
    await run(database, named("signers_of_a_city:give"), registry)
    assert {r.state for r in (await made(database)).values()} == {"made"}
    assert set(asked) == {("acceptance", "阮城市行政审批局"), ("decision", "阮城市行政审批局")}


async def test_the_demo_city_makes_its_own_seals_once(city: City, database: Database, registry: Registry, tmp_path: Path) -> None:
    demo = Settings(database_url=database.url, secret_key=(SECRET,), data=tmp_path, demo=True)
    await city.file("simple")
    await run(database, demo, registry)
    assert (await made(database))["receipt"].state == "made"
    assert sorted(p.name for p in (tmp_path / "demo-seals").iterdir()) == ["acceptance.p12", "decision.p12", "passphrase.txt", "roots.pem"]
    assert (tmp_path / "demo-seals" / "decision.p12").stat().st_mode & 0o077 == 0
