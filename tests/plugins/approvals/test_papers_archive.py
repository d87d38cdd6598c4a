"""A case file as one PDF/A-3: what is in it, that it is the same twice, and that whatever is changed in it is told."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from sheets import ALL, ORGAN

from banshi_approvals import papers
from banshi_approvals.papers import CaseFile, Document, Event, Fault, FileSigner, Trust, opening

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs" / "approvals" / "seals.md"
PAPER = ("审受〔2026〕1号.pdf", "application/pdf")


def picture(mode: str, kind: str) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (90, 60)).save(out, kind)
    return out.getvalue()


@pytest.fixture(scope="module")
def file() -> CaseFile:
    return CaseFile(
        organ=ORGAN,
        case="407188263915",
        title="诊所执业登记 王㐂",
        day=date(2026, 11, 20),
        fields=(("收件", "2026年11月20日"), ("许可证", "")),
        documents=(
            Document(name=PAPER[0], media_type=PAPER[1], content=papers.draw(ALL[2], "zh")),
            Document(name="身份证 😀.jpg", media_type="image/jpeg", content=picture("CMYK", "JPEG")),
            Document(name="../a/b.png", media_type="image/png", content=picture("LA", "PNG")),
            Document(name="torn.png", media_type="image/png", content=picture("RGB", "PNG")[:40]),
            Document(name="x" * 300 + ".docx", media_type="no type", content=b""),
            Document(name=PAPER[0], media_type=PAPER[1], content=b"another under the same name"),
        ),
        story=(Event(at="2026年11月20日 09:30", who="申请人", what="提交", words="请尽快 😀\n" + "y" * 300, digest="ab" * 32),),
    )


@pytest.fixture(scope="module")
def made(file: CaseFile) -> bytes:
    return papers.archive(file, "zh")


def test_every_original_is_attached_byte_for_byte_and_the_manifest_names_each(made: bytes, file: CaseFile) -> None:
    held = attached(made)
    manifest = msgspec.json.decode(held.pop("manifest.json"))
    assert list(held) == [p["file"] for p in manifest["parts"]]
    assert list(held.values()) == [d.content for d in file.documents]
    assert [(p["name"], p["sha256"]) for p in manifest["parts"]] == [(d.name, hashlib.sha256(d.content).hexdigest()) for d in file.documents]
    assert [p["name"] for p in manifest["parts"] if p["shown"]] == ["身份证 😀.jpg", "../a/b.png"]  # the torn one keeps nothing from being made
    assert manifest["story"] == [msgspec.to_builtins(e) for e in file.story]
    assert not [name for name in held if "/" in name or len(name) > 110]


def test_it_is_a_pdf_a_3_in_both_languages_and_the_same_file_gives_the_same_bytes(made: bytes, file: CaseFile) -> None:
    assert papers.archive(file, "zh") == made
    for one in (made, papers.archive(file, "en")):
        said = bytes(PdfFileReader(io.BytesIO(one)).root["/Metadata"].data)
        assert b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in said
        assert papers.verify_archive(one) == []


def test_a_case_without_documents_or_story_has_an_archive_too() -> None:
    bare = CaseFile(organ=ORGAN, case="407188263915", title="", day=date(2026, 11, 20))
    assert papers.verify_archive(papers.archive(bare, "zh")) == []


def test_the_index_names_the_page_of_every_picture(made: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(made))
    assert int(reader.root["/Pages"]["/Count"]) == 6  # cover, index, story, two pictures, about


def test_a_sealed_archive_is_whole_and_still_calls_itself_archival(made: bytes, tmp_path: Path) -> None:
    issued = papers.issue(tmp_path, ORGAN, AT)
    sealed = papers.seal(made, "decision", FileSigner(issued.decision, issued.passphrase), AT, organ=ORGAN)
    assert papers.check(sealed, Trust.from_pem(issued.roots.read_bytes()), AT).verdict == "valid"
    assert papers.verify_archive(sealed) == []


def test_what_was_changed_added_taken_out_or_forged_is_told(made: bytes) -> None:
    manifest = attached(made)["manifest.json"]
    first, second = f"001 {PAPER[0]}", f"006 {PAPER[0]}"
    assert papers.verify_archive(tampered(made, lambda w: put(w, 0, b"another"))) == [Fault("changed", first)]
    assert papers.verify_archive(tampered(made, lambda w: take_out(w, first))) == [Fault("missing", first)]
    assert papers.verify_archive(tampered(made, lambda w: add(w, "late.txt"))) == [Fault("added", "late.txt")]
    assert papers.verify_archive(tampered(made, lambda w: add(w, second))) == [Fault("changed", second)]  # a second one under the same name
    forged = manifest.replace(hashlib.sha256(b"another under the same name").hexdigest().encode(), b"0" * 64)
    told = [Fault("manifest-changed", "manifest.json"), Fault("changed", second)]
    assert papers.verify_archive(tampered(made, lambda w: put(w, -1, forged))) == told
    assert papers.verify_archive(tampered(made, lambda w: take_out(w, "manifest.json"))) == [Fault("no-manifest")]
    assert papers.verify_archive(tampered(made, lambda w: put(w, -1, b"[1]"))) == [Fault("no-manifest")]


def test_what_is_no_archive_is_told_and_every_fault_has_words() -> None:
    assert papers.verify_archive(b"") == [Fault("unreadable")]
    assert papers.verify_archive(b"%PDF-1.7\nno") == [Fault("unreadable")]
    assert papers.verify_archive(papers.draw(ALL[1], "zh")) == [Fault("not-archival"), Fault("no-manifest")]
    for what in opening._TOLD:
        assert Fault(what, "x.pdf").say("en") != Fault(what, "x.pdf").say("zh")


def test_what_the_documentation_shows_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    exec("".join(blocks), {"__name__": "__main__"})


def attached(pdf: bytes) -> dict[str, bytes]:
    return dict(opening._attached(PdfFileReader(io.BytesIO(pdf))))


def tampered(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def specs(writer: Any) -> list[Any]:
    return [opening._open(s) for s in opening._named(opening._open(writer.root["/Names"]["/EmbeddedFiles"]))]


def put(writer: Any, place: int, content: bytes) -> None:
    spec = next(s for s in specs(writer) if str(s["/UF"]).startswith("001" if place == 0 else "manifest"))
    reference = writer.add_object(generic.StreamObject(stream_data=content))
    for name in ("/F", "/UF"):
        spec["/EF"][generic.NameObject(name)] = reference
    writer.update_container(spec)


def take_out(writer: Any, name: str) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]
    kept = [(n, s) for n, s in pairs(names) if str(opening._open(s)["/UF"]) != name]
    names[generic.NameObject("/Names")] = generic.ArrayObject([x for pair in kept for x in pair])
    names.pop("/Kids", None)
    writer.root[generic.NameObject("/AF")] = generic.ArrayObject([s for _n, s in kept])
    writer.update_root()
    writer.update_container(names)


def pairs(node: Any) -> list[tuple[Any, Any]]:
    flat = list(opening._open(node.get("/Names", ())))
    return [*zip(flat[::2], flat[1::2], strict=True), *(p for kid in node.get("/Kids", ()) for p in pairs(opening._open(kid)))]


def add(writer: Any, name: str) -> None:
    held = embed.EmbeddedFileObject.from_file_data(writer, b"more")
    embed.embed_file(writer, embed.FileSpec(name, file_name=name, embedded_data=held))
