"""Words that are searched for: Chinese as overlapping pairs of characters, everything else as stems of words.

The embedded server brings no extension that knows Chinese, so text is taken apart here and PostgreSQL keeps the pieces in a ``tsvector``. A run of
Chinese characters becomes its overlapping pairs and its last character; a single character is then found as the beginning of a pair. Digits
stay whole. What is written and what is asked go through the same function, so they cannot drift apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

import msgspec
import snowballstemmer

Weight = Literal["A", "B", "C", "D"]
"""Of how much account a place is: A a title · B what was said · C what surrounds it · D what only staff read."""

LONGEST_QUERY = 200
MOST_TERMS = 12
LONGEST_WORD = 40
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)*")
_EMPTY_SIGNS = frozenset("的了是在我你他她它们不没有也都就还这那和与请吗呢吧啊一个很到说要会可以上下着过能把被给让")
_EMPTY_STEMS = re.compile(
    "the|and|for|are|was|with|that|this|have|has|had|not|but|you|our|from|they|them|there|here|been|can|will|would|pleas|about|veri|it|is|in|of|to|on|at"
)
_IS_HAN = re.compile(rf"[{_HAN}]")
_LETTER = re.compile("[0-9A-Za-z'’]")
_HALF = (re.compile("[0-9A-Za-z'’]{0,20}"), re.compile("[0-9A-Za-z'’]{1,20}$"))


class Term(msgspec.Struct, frozen=True):
    """One thing asked for: the pieces that must all be there, the last of them as a beginning where ``open``; ``said`` as it was typed."""

    pieces: tuple[str, ...]
    open: bool
    said: str


def pieces(text: str) -> list[str]:
    """Return the pieces under which ``text`` is found, in order, each as often as it occurs."""
    found: list[str] = []
    for run in _runs(text):
        if _IS_HAN.match(run):
            found += [run[i : i + 2] for i in range(len(run))]  # the last one is the last character alone
        else:
            found.append(_stem(run))
    return found


def vector(parts: Iterable[tuple[Weight, str]], marks: Iterable[str] = ()) -> str:
    """Return the tsvector of weighted ``parts`` as PostgreSQL reads it.

    ``marks`` are exact words of the index's own, such as ``#d12``: they hold a character that no text yields.
    """
    found: dict[str, set[str]] = {}
    for weight, text in parts:
        for piece in pieces(text):
            found.setdefault(piece, set()).add(weight)
    said = [f"'{piece}':" + ",".join(f"{'ABCD'.index(w) + 1}{w}" for w in sorted(weights)) for piece, weights in found.items()]
    return " ".join([*said, *(f"'{mark}'" for mark in marks)])


def terms(asked: str) -> list[Term]:
    """Return what is asked for, at most ``MOST_TERMS`` things; empty where nothing in it can be searched for.

    Operators, quotes and other signs mean nothing; what is longer than ``LONGEST_QUERY`` is cut.
    """
    found: dict[tuple[str, ...], Term] = {}
    runs = list(_runs(asked[:LONGEST_QUERY]))
    for run in runs:
        if _IS_HAN.match(run):
            pairs = tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)
            term = Term(pairs, open=len(run) == 1, said=run)
        else:
            term = Term((_stem(run),), open=False, said=run)
        found.setdefault(term.pieces, term)
    return list(found.values())[:MOST_TERMS]


def widened(asked: Sequence[Term]) -> list[Term]:
    """Return the same with every word taken as a beginning: what is asked where the words as they stand are nowhere.

    A beginning is dear: the index collects everything that begins so before it looks at what else is asked.
    """
    return [msgspec.structs.replace(t, open=True) if not _IS_HAN.match(t.said) else t for t in asked]


def telling(text: str, *, most: int = 24) -> list[Term]:
    """Return the pieces of a text that say what it is about, in its order: without the words that every text is full of."""
    found = dict.fromkeys(p for p in pieces(text) if len(p) > 1 and not p.isdigit() and not _EMPTY_STEMS.fullmatch(p) and not _EMPTY_SIGNS & set(p))
    return [Term((p,), open=False, said=p) for p in found][:most]


def tsquery(asked: Sequence[Term], *, weights: str = "", any_of: bool = False) -> str:
    """Return the tsquery that finds all of the terms (or any of their pieces); ``weights`` narrows to places, such as ``ABC``."""
    if any_of:
        return "(" + " | ".join(dict.fromkeys(f"'{p}':{weights}" if weights else f"'{p}'" for t in asked for p in t.pieces)) + ")"
    said = []
    for term in asked:
        for piece in term.pieces:
            label = ("*" if term.open and piece == term.pieces[-1] else "") + weights
            said.append(f"'{piece}':{label}" if label else f"'{piece}'")
    return " & ".join(dict.fromkeys(said))


def marked(text: str, asked: Sequence[Term]) -> list[tuple[str, bool]]:
    """Return ``text`` in stretches, each with whether it is what was asked for: what a page highlights."""
    hit = [False] * len(text)
    for start, run in _runs_at(text):
        for term in asked:
            for begin, end in _hits(run, term):
                hit[start + begin : start + end] = [True] * (end - begin)
    found: list[tuple[str, bool]] = []
    for sign, is_hit in zip(text, hit, strict=True):
        if found and found[-1][1] == is_hit:
            found[-1] = (found[-1][0] + sign, is_hit)
        else:
            found.append((sign, is_hit))
    return found


def excerpt(text: str, asked: Sequence[Term], *, length: int = 90) -> str:
    """Return the stretch of ``text`` around the first thing asked for, its beginning where nothing is; blanks and line breaks become one blank."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    first = 0
    for stretch, is_hit in marked(flat, asked):
        if is_hit:
            break
        first += len(stretch)
    else:
        first = 0
    start = max(0, min(first - length // 3, len(flat) - length))
    end = start + length
    if start and _LETTER.match(flat[start - 1]):  # no halves of words
        start += len(_HALF[0].match(flat[start:end])[0])  # type: ignore[index]
    if end < len(flat) and _LETTER.match(flat[end]):
        end = start + len(_HALF[1].sub("", flat[start:end]))
    return ("…" if start else "") + flat[start:end].strip() + ("…" if end < len(flat) else "")


def _hits(run: str, term: Term) -> list[tuple[int, int]]:
    """The places of a term in one run of a text."""
    folded = run.casefold()
    if len(folded) != len(run):
        return []
    if not _IS_HAN.match(run):
        stem, wanted = _stem(folded), term.pieces[-1]
        return [(0, len(run))] if stem == wanted or (term.open and stem.startswith(wanted)) else []
    said = term.said if _IS_HAN.match(term.said) else ""
    found = [(m.start(), m.end()) for m in re.finditer(re.escape(said), folded)] if said else []
    return found or [(i, i + 2) for i in range(len(folded) - 1) if len(said) > 1 and folded[i : i + 2] in term.pieces]


def _runs(text: str) -> Iterable[str]:
    for found in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = found.group()
        yield run if _IS_HAN.match(run) else run[:LONGEST_WORD].replace("'", "").replace("’", "")


def _runs_at(text: str) -> Iterable[tuple[int, str]]:
    for found in _RUN.finditer(text):
        yield found.start(), found.group()


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Return the stem of a word; of what is no plain English word, the word itself."""
    return str(_stemmer().stemWord(word)) if word.isascii() and word.isalpha() else word
