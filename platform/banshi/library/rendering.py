"""Markdown to HTML: headings one level down, tables that scroll, no HTML, no pictures, links only to where a reader expects them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

_SAFE = re.compile(r"(?:https?://|mailto:|tel:|/(?!/)|#|\?)", re.IGNORECASE)


class _Renderer(RendererHTML):
    """Shifts headings, so that the page keeps its one first heading, and lets wide tables scroll."""

    def heading_open(self, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
        return f"<{_lower(tokens[index].tag)}>"

    def heading_close(self, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
        return f"</{_lower(tokens[index].tag)}>\n"

    def table_open(self, _tokens: list[Token], _index: int, _options: Any, _env: Any) -> str:
        return '<div class="prose__table" role="region" tabindex="0"><table>\n'

    def table_close(self, _tokens: list[Token], _index: int, _options: Any, _env: Any) -> str:
        return "</table></div>\n"


def html(text: str) -> Markup:
    """Return Markdown as HTML that is safe to stand on a page."""
    return Markup(_markdown().render(text))  # noqa: S704 -- HTML in it is off: what looks like it is drawn as text


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
    found.validateLink = lambda url: _SAFE.match(url.strip()) is not None  # type: ignore[method-assign]
    return found


def _lower(tag: str) -> str:
    return f"h{min(6, int(tag[1]) + 1)}"
