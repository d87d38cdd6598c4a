"""Markdown to HTML: headings below the page's own, tables that scroll, no HTML, no pictures, links only to where a reader expects them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

_SAFE = re.compile(r"(?:https?://|mailto:|tel:|/(?!/)|#|\?)", re.IGNORECASE)


class _Renderer(RendererHTML):
    """Draws headings at the place that ``outline`` gave them, and lets wide tables scroll, each under a name of its own."""

    def heading_open(self, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
        return f"<{tokens[index].tag}>"

    def heading_close(self, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
        return f"</{tokens[index].tag}>\n"

    def table_open(self, _tokens: list[Token], _index: int, _options: Any, env: Any) -> str:
        env["tables"] = env.get("tables", 0) + 1
        name = escape(f"{env['title']} {env['tables']}".strip())
        return f'<div class="prose__table" role="region" tabindex="0" aria-label="{name}"><table>\n'

    def table_close(self, _tokens: list[Token], _index: int, _options: Any, _env: Any) -> str:
        return "</table></div>\n"


def html(text: str, *, title: str = "", below: int = 1) -> Markup:
    """Return Markdown as HTML that is safe to stand on a page, under a heading of level ``below``; ``title`` names what scrolls in it."""
    tokens = _markdown().parse(text)
    _outline(tokens, below)
    return Markup(_markdown().renderer.render(tokens, _markdown().options, {"title": title}))  # noqa: S704 -- HTML in it is off: it is drawn as text


def _outline(tokens: list[Token], below: int) -> None:
    """Give headings their level on the page: each one deeper than the one above it in the text, whatever the author skipped."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            said = int(token.tag[1])
            while above and above[-1] >= said:
                above.pop()
            above.append(said)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, below + len(above))}"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
    found.validateLink = lambda url: _SAFE.match(url.strip()) is not None  # type: ignore[method-assign]
    return found
