"""What authors write their tests with: on the town of these tests, with the tickets plugin as the one that is tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from banshi.identity import organisation
from banshi.plugins import Registry
from banshi.testing import Clock, Person, Town, record, smalltown, told
from banshi_tickets.cases import REQUEST


@pytest.fixture(scope="session")
def plugin() -> str:
    return "tickets"


def test_loading_the_kit_loads_no_room_of_the_kernel() -> None:
    code = "import sys, banshi.testing; print(*(m for m in sys.modules if m.startswith('banshi.') and not m.startswith('banshi.testing')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


async def test_somebody_files_for_another_to_work_on_and_each_has_a_browser_of_their_own(
    open_case: Any, resident: Person, clerk: Person, as_role: Any
) -> None:
    case = await open_case("request", text="A lamp is dark.", category="street_lighting", area="persimmon")
    assert "A lamp is dark." in (await resident.get(f"/case/{case.number}")).text
    assert (await clerk.get(f"/desk/case/{case.number}")).status == 404  # the clerk of the district's office; lamps are another department's
    oversight = await as_role("tickets.oversight")
    assert (await oversight.get(f"/desk/case/{case.number}")).status == 200
    assert "resident0" in (await resident.get("/my")).text


async def test_what_a_form_requires_is_made_up(open_case: Any, resident: Person) -> None:
    case = await open_case("tickets.request")
    assert (await resident.get(f"/case/{case.number}")).status == 200


async def test_a_role_that_nobody_has_is_told(as_role: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"nobody in the town has the role tickets\.king"):
        await as_role("tickets.king")


async def test_the_town_is_served_with_some_plugins_only(plugins: Any, client: AsyncTestClient[Any], app: Litestar) -> None:
    assert client.app is app
    assert (await client.get("/d/east/services/tickets/request", follow_redirects=True)).status_code == 200
    async with plugins() as bare:
        assert (await bare.get("/d/east")).status_code == 200
        assert (await bare.get("/d/east/services/tickets/request")).status_code == 404
        assert (await bare.get("/health")).json()["plugins"] == {}
    with pytest.raises(pytest.fail.Exception, match="no plugin is called nothing; installed are"):
        async with plugins("nothing"):
            pass


async def test_the_clock_is_moved_by_hand(clock: Clock, app: Litestar) -> None:
    before = clock()
    assert app.state.site.now() == before
    clock.forward(days=3)
    assert (app.state.site.now() - before).days == 3


async def test_a_job_that_is_not_there_is_told(run_job: Any) -> None:
    with pytest.raises(pytest.fail.Exception, match="tickets has no job sweep; it has none"):
        await run_job("sweep")


def test_the_small_town_has_every_plugin_on_but_in_the_west_and_an_officer_for_each_role(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text(smalltown.write(registry), encoding="utf8")
    town = organisation.read(file)
    switches = {d.code: d.plugins for d in town.district if d.plugins}
    assert switches == {"ruan": dict.fromkeys(registry.packages, True), "west": dict.fromkeys(registry.packages, False)}
    offices = {s.department for s in town.staff if "tickets.clerk" in s.roles}
    assert offices == {"east-office", "north-office", "west-office"}


def test_a_case_of_a_measure_is_made_by_hand(town: Town) -> None:
    case = record(REQUEST, told("answer", days=2, state="answered", text="Mended."), days=5, outcome="settled")
    assert (case.story[0].form["text"], (case.closed - case.received).days if case.closed else 0) == ("Mended.", 5)
    assert record(REQUEST).closed is None
