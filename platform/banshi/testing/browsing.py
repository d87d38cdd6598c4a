"""A browser without scripts, for tests in process: reads a page's forms and sends them as a person would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from banshi.testing.ground import PASSWORD

if TYPE_CHECKING:
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
        """The words of the page, one blank between them."""
        return re.sub(r"\s+", " ", " ".join(self.words))

    def form(self, action: str) -> dict[str, Any]:
        """Return the first form that is sent to an address that begins so."""
        for form in self.forms:
            if form["action"].startswith(action):
                return form
        msg = f"no form of the page ({self.status}) goes to {action}; there are {[f['action'] for f in self.forms]}"
        raise LookupError(msg)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a form, a field, a link."""
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
        """Take note of the end of a field or a link."""
        if tag in {"script", "style"}:
            self._skip -= 1
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        """Take the words."""
        if self._skip:
            return
        if self._area is not None:
            self.forms[-1]["fields"][self._area] = [data.removeprefix("\n")]
        if self._link is not None and data.strip():
            self.links[data.strip()] = self._link
        self.words.append(data)


class Person:
    """Somebody at a browser. Its cookies are the client's; or, where ``cookies`` are given, its own, so that several use one client in turn."""

    def __init__(self, client: AsyncTestClient[Any], language: str = "en", *, cookies: dict[str, str] | None = None) -> None:
        self.client, self.headers = client, {"accept-language": language}
        self._cookies: Any = cookies

    async def get(self, path: str) -> Page:
        """Open an address, and follow where it leads."""
        return Page(await self._ask("GET", path))

    async def post(self, path: str, fields: dict[str, Any], *, follow: bool = True) -> Page:
        """Send fields to an address."""
        body = urlencode(fields, doseq=True)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Page(await self._ask("POST", path, content=body, headers=headers, follow_redirects=follow))

    async def send(self, page: Page, action: str, **fields: Any) -> Page:
        """Fill the form of that action on a page and send it."""
        form = page.form(action)
        filled = form["fields"] | {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
        return await self.post(form["action"] or str(page.response.url), filled)

    async def sign_in(self, login: str, password: str = PASSWORD, path: str = "/sign-in") -> Page:
        """Sign in on the page, or on one that asks for it."""
        page = await self.get(path)
        return await self.send(page, "/sign-in", login=login, password=password)

    async def _ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, follow_redirects: bool = True, **more: Any) -> Any:
        others = self.client.cookies
        if self._cookies is not None:
            self.client.cookies = self._cookies
        try:
            return await self.client.request(method, path, headers=self.headers | (headers or {}), follow_redirects=follow_redirects, **more)
        finally:
            if self._cookies is not None:
                self._cookies = self.client.cookies
                self.client.cookies = others
