"""Papers: what stands on them, whose seal, and what a change after the seal tells."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sheets import ALL, DAY, HEAD, ORGAN

from banshi_approvals import papers
from banshi_approvals.papers import FileSigner, Trust, drawing, kinds
from banshi_approvals.papers.issuing import Issued

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return papers.issue(tmp_path_factory.mktemp("seals"), ORGAN, AT)


@pytest.fixture(scope="module")
def trust(issued: Issued) -> Trust:
    return Trust.from_pem(issued.roots.read_bytes())


@pytest.fixture(scope="module")
def drawn() -> bytes:
    return papers.draw(next(p for p in ALL if isinstance(p, kinds.Decision)), "zh")


@pytest.fixture(scope="module")
def sealed(issued: Issued, drawn: bytes) -> bytes:
    return papers.seal(drawn, "decision", FileSigner(issued.decision, issued.passphrase), AT)


@pytest.mark.parametrize("paper", ALL, ids=lambda p: f"{type(p).__name__}-{getattr(p, 'how', getattr(p, 'outcome', ''))}")
def test_every_kind_is_drawn_in_both_languages_and_the_same_twice(paper: kinds.AnyPaper) -> None:
    for language in ("zh", "en"):
        one = papers.draw(paper, language)
        assert one.startswith(b"%PDF-")
        assert one == papers.draw(paper, language)


def test_a_rare_name_is_printed_and_one_that_no_font_has_is_named() -> None:
    receipt = kinds.Receipt(head=HEAD, applicant="王㐂 𠮷田", matter="x", received=("y",))
    assert papers.draw(receipt, "zh")
    with pytest.raises(papers.GlyphMissing, match=r"U\+13000"):
        papers.draw(kinds.Receipt(head=HEAD, applicant="\U00013000", matter="x", received=("y",)), "zh")


def test_a_sealed_paper_is_valid_and_says_by_whom_and_when(sealed: bytes, trust: Trust, drawn: bytes) -> None:
    assert sealed.startswith(drawn)  # not a byte of what was drawn is touched
    found = papers.check(sealed, trust, AT + timedelta(days=1000))
    assert (found.verdict, found.seal, found.organ, found.number, found.code) == ("valid", "decision", ORGAN, HEAD.number, HEAD.code)
    assert found.sealed == AT
    assert papers.check(sealed, trust, AT, revoked=lambda number: number == HEAD.number).verdict == "revoked"


def test_both_seals_may_stand_on_one_paper_but_none_twice(sealed: bytes, issued: Issued, trust: Trust) -> None:
    with pytest.raises(papers.AlreadySealed):
        papers.seal(sealed, "decision", FileSigner(issued.decision, issued.passphrase), AT)
    both = papers.seal(sealed, "acceptance", FileSigner(issued.acceptance, issued.passphrase), AT)
    assert papers.check(both, trust, AT).verdict == "valid"


def test_a_paper_that_was_changed_after_its_seal_is_told_however_it_was_changed(sealed: bytes, drawn: bytes, trust: Trust) -> None:
    from pyhanko.pdf_utils.generic import ArrayObject, FloatObject, NameObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    place = len(drawn) // 2
    flipped = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert papers.check(flipped, trust, AT).verdict in {"altered", "unreadable"}
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))  # appended: no signed byte changes, what is shown does
    page = writer.root["/Pages"]["/Kids"][0]
    page[NameObject("/CropBox")] = ArrayObject([FloatObject(n) for n in (0, 0, 100, 100)])
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    assert papers.check(out.getvalue(), trust, AT).verdict == "altered"
    assert papers.check(sealed[: len(sealed) - 400], trust, AT).verdict in {"altered", "unreadable", "unsealed"}


def signed_by(pdf: bytes, key: Path, passphrase: Path, field: str, *, box: tuple[int, int, int, int] | None = (10, 10, 500, 800)) -> bytes:
    """A signature as anybody makes one with pyHanko's own tools, in a field of any name, over the whole page."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

    signer = SimpleSigner.load_pkcs12(str(key), passphrase=passphrase.read_bytes().splitlines()[0])
    assert signer is not None
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    out = io.BytesIO()
    sign_pdf(writer, PdfSignatureMetadata(field_name=field), signer, new_field_spec=SigFieldSpec(field, box=box), output=out)
    return out.getvalue()


@pytest.mark.parametrize("field", ["countersigned", "seal-acceptance", "seal-other"])
@pytest.mark.parametrize("box", [(10, 10, 500, 800), None])
def test_a_stranger_who_signs_behind_our_seal_cannot_paint_over_it(
    sealed: bytes, trust: Trust, tmp_path: Path, field: str, box: tuple[int, int, int, int] | None
) -> None:
    other = papers.issue(tmp_path, ORGAN, AT)
    painted = signed_by(sealed, other.acceptance, other.passphrase, field, box=box)
    assert papers.check(painted, trust, AT).verdict in {"altered", "stranger"}


def test_a_page_whose_words_were_changed_between_two_of_our_seals_is_altered(sealed: bytes, issued: Issued, trust: Trust) -> None:
    from pyhanko.pdf_utils.generic import NameObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.add_stream_to_page(0, writer.add_object(_stream(b"0 0 0 rg 0 0 600 800 re f")))
    writer.root[NameObject("/Lang")] = NameObject("/en")
    out = io.BytesIO()
    writer.write(out)
    both = papers.seal(out.getvalue(), "acceptance", FileSigner(issued.acceptance, issued.passphrase), AT)
    assert papers.check(both, trust, AT).verdict == "altered"


def _stream(content: bytes) -> Any:
    from pyhanko.pdf_utils.generic import StreamObject

    return StreamObject(stream_data=content)


def test_what_a_paper_says_of_itself_cannot_be_changed_behind_the_seal(sealed: bytes, trust: Trust) -> None:
    from pyhanko.pdf_utils.generic import NameObject, pdf_string
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    said = writer.trailer["/Info"]
    said[NameObject("/Keywords")] = pdf_string(drawing.mark({"number": "受〔2026〕99号", "code": "ABCDABCDABCDABCD"}))
    writer.update_container(said)
    out = io.BytesIO()
    writer.write(out)
    assert papers.check(out.getvalue(), trust, AT).verdict == "altered"
    assert papers.check(sealed + b"\n% more\n", trust, AT).verdict == "altered"


def test_the_key_of_one_seal_cannot_give_the_other(drawn: bytes, issued: Issued, trust: Trust) -> None:
    swapped = papers.seal(drawn, "decision", FileSigner(issued.acceptance, issued.passphrase), AT)
    assert papers.check(swapped, trust, AT).verdict == "stranger"


def test_a_seal_leaves_no_file_behind(drawn: bytes, issued: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    papers.seal(drawn, "decision", FileSigner(issued.decision, issued.passphrase), AT, organ="从未盖过章的局")
    assert list(tmp_path.iterdir()) == []


def test_a_strangers_seal_and_none_at_all_are_told(drawn: bytes, trust: Trust, tmp_path: Path) -> None:
    other = papers.issue(tmp_path, ORGAN, AT)
    forged = papers.seal(drawn, "decision", FileSigner(other.decision, other.passphrase), AT)
    assert papers.check(forged, trust, AT).verdict == "stranger"
    assert papers.check(drawn, trust, AT).verdict == "unsealed"
    assert papers.check(b"no pdf", trust, AT).verdict == "unreadable"


def test_a_key_that_cannot_be_used_is_named_and_nothing_is_made(drawn: bytes, issued: Issued, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("wrong", encoding="utf8")
    damaged = tmp_path / "damaged.p12"
    damaged.write_bytes(issued.decision.read_bytes()[:200])
    late, early = AT + timedelta(days=4000), AT - timedelta(days=4000)
    for signer, at, said in (
        (FileSigner(tmp_path / "none.p12", issued.passphrase), AT, "cannot be read"),
        (FileSigner(issued.decision, tmp_path / "none.txt"), AT, "cannot be read"),
        (FileSigner(issued.decision, wrong), AT, "passphrase is wrong"),
        (FileSigner(damaged, issued.passphrase), AT, "damaged"),
        (FileSigner(issued.decision, issued.passphrase), late, "ended on"),
        (FileSigner(issued.decision, issued.passphrase), early, "valid from"),
    ):
        with pytest.raises(papers.SealUnavailable, match=said):
            papers.seal(drawn, "decision", signer, at)


def test_keys_are_for_their_owner_only_and_issued_once(issued: Issued) -> None:
    again = papers.issue(issued.roots.parent, ORGAN, AT)
    assert again == issued
    assert {p.stat().st_mode & 0o777 for p in (issued.acceptance, issued.decision, issued.passphrase, issued.roots)} == {0o600}


@pytest.mark.skipif(shutil.which("pdfsig") is None and not os.environ.get("REQUIRE_PDFSIG"), reason="pdfsig (poppler-utils) is not installed")
def test_another_program_calls_it_valid_too(sealed: bytes, issued: Issued, tmp_path: Path) -> None:
    store = tmp_path / "nss"
    store.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", f"sql:{store}", "-n", "root", "-t", "CT,C,C", "-i", str(issued.roots), "-a"], check=True)
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(sealed)
    said = subprocess.run(["pdfsig", "-nssdir", f"sql:{store}", str(paper)], capture_output=True, text=True, check=True).stdout
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said


def test_the_mark_tells_number_and_code_and_the_day_is_the_papers() -> None:
    assert drawing.read_mark(drawing.mark({"number": "云〔2026〕1号", "code": "A,B"})) == {"number": "云〔2026〕1号", "code": "A,B"}
    assert DAY.year == 2026
