"""A browser without scripts, for tests in process: reads a page's forms and sends them as a person would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from litestar.testing import AsyncTestClient


class Page(HTMLParser):
    """A page's forms (action, method, hidden and filled inputs), links, headings and text."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response, self.status = response, response.status_code
        self.forms: list[dict[str, Any]] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._link: str | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._skip = 0
        self.feed(response.text)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def form(self, action: str) -> dict[str, Any]:
        return next(f for f in self.forms if f["action"].startswith(action))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag in {"script", "style"}:
            self._skip += 1
        if tag == "form":
            self.forms.append({"action": a.get("action", ""), "method": a.get("method", "get"), "fields": {}})
        elif tag == "input" and self.forms and a.get("name"):
            if a.get("type") not in {"checkbox", "radio", "submit"} or "checked" in a:
                self.forms[-1]["fields"].setdefault(a["name"], []).append(a.get("value", ""))
            else:
                self.forms[-1]["fields"].setdefault(a["name"], [])
        elif tag == "textarea" and self.forms:
            self._area = a["name"]
            self.forms[-1]["fields"][self._area] = [""]
        elif tag == "select" and self.forms:
            self._select = a["name"]
            self.forms[-1]["fields"][self._select] = []
        elif tag == "option" and self._select and "selected" in a:
            self.forms[-1]["fields"][self._select] = [a.get("value", "")]
        elif tag == "a":
            self._link = a.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._skip -= 1
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._skip:
            return
        if self._area is not None:
            self.forms[-1]["fields"][self._area] = [data.removeprefix("\n")]
        if self._link is not None and data.strip():
            self.links[data.strip()] = self._link
        self.words.append(data)


class Person:
    """Somebody at a browser: cookies are the client's own."""

    def __init__(self, client: AsyncTestClient[Any], language: str = "en") -> None:
        self.client, self.headers = client, {"accept-language": language}

    async def get(self, path: str) -> Page:
        return Page(await self.client.get(path, headers=self.headers, follow_redirects=True))

    async def post(self, path: str, fields: dict[str, Any], *, follow: bool = True) -> Page:
        body = urlencode(fields, doseq=True)
        headers = self.headers | {"content-type": "application/x-www-form-urlencoded"}
        return Page(await self.client.post(path, content=body, headers=headers, follow_redirects=follow))

    async def send(self, page: Page, action: str, **fields: Any) -> Page:
        """Fill the form of that action on a page and send it."""
        form = page.form(action)
        filled = form["fields"] | {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
        return await self.post(form["action"] or str(page.response.url), filled)

    async def sign_in(self, login: str, password: str = "correct horse", path: str = "/sign-in") -> Page:
        page = await self.get(path)
        return await self.send(page, "/sign-in", login=login, password=password)
