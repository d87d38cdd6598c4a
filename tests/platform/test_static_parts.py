"""A plugin's styles and modules: served from its package under names that change with what is in them, and nothing beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Person
from litestar import Controller, Request, get
from test_mounting import Parks, entry, ground, serving  # noqa: F401 -- fixtures

from banshi import toolkit
from banshi.errors import PluginError
from banshi.web import parts


class Styled(Controller):
    path = "/styled"

    @get("/", opt={"permission": "public"})
    async def show(self, request: Request[Any, Any, Any]) -> Any:
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "parks/styled.html", None)


@pytest.fixture
def package(tmp_path: Path, ground: str) -> Iterator[Path]:  # noqa: F811 -- a fixture
    """The package of the plugin parks, with parts that are served and some that are not."""
    parts.of_package.cache_clear()
    folder = tmp_path / "parks_package"
    (folder / "static" / "pictures").mkdir(parents=True)
    (folder / "static" / "trees.css").write_text(".tree { color: green }", encoding="utf8")
    (folder / "static" / "pictures" / "oak.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf8")
    (folder / "static" / "page.html").write_text("<script>1</script>", encoding="utf8")
    (folder / "secret.css").write_text("forbidden fruit", encoding="utf8")
    (folder / "static" / "out.css").symlink_to(folder / "secret.css")
    (folder / "templates" / "parks").mkdir(parents=True)
    (folder / "templates" / "parks" / "styled.html").write_text("{{ asset('parks/trees.css') }} {{ asset('portal.css') }}", encoding="utf8")
    yield folder
    parts.of_package.cache_clear()


async def test_a_part_is_kept_for_good_under_the_name_that_its_page_gives(serving: Any, package: Path) -> None:  # noqa: F811
    async with serving(entry("parks", Parks, Styled)) as client:
        own, kernels = (await Person(client).get("/d/east/parks/styled")).text.split()
        found = await client.get(own)
        assert (found.status_code, found.text, found.headers["content-type"]) == (200, ".tree { color: green }", "text/css; charset=utf-8")
        assert "immutable" in found.headers["cache-control"]
        assert found.headers["x-content-type-options"] == "nosniff"
        assert (await client.get(kernels)).status_code == 200
        old = await client.get("/static/parks/trees.000000000000.css")
        assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
        picture = parts.address({"parks": "parks_package"}, "parks/pictures/oak.svg")
        assert (await client.get(picture)).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "page.html",
        "page.0.html",
        "out.0.css",
        "../secret.0.css",
        "%2e%2e/secret.0.css",
        "secret.0.css",
        "",
        "trees.css",
        "\x00.css",
        "a" * 3000 + ".0.css",
    ],
)
async def test_nothing_else_of_the_package_is_served(serving: Any, package: Path, name: str) -> None:  # noqa: F811
    async with serving(entry("parks", Parks)) as client:
        answer = await client.get(f"/static/parks/{name}".replace("\x00", "%00"))
        assert answer.status_code == 404
        assert "forbidden fruit" not in answer.text
        assert "<script>1" not in answer.text


async def test_a_template_that_names_no_part_is_told_which_there_could_be(package: Path) -> None:
    with pytest.raises(PluginError, match=r"no static part 'parks/nothing.css'"):
        parts.address({"parks": "parks_package"}, "parks/nothing.css")
    with pytest.raises(PluginError):
        parts.address({}, "elsewhere/trees.css")
