"""The kit for tests: fixtures on a real PostgreSQL, migrated once, one clone a test process; and ``check_plugin``.

What an author writes tests with:

    client        the application, called in process; ``app`` is the application itself
    district      where the plugin is on; ``town`` has them all, with departments, staff and residents
    resident      somebody at a browser, signed in as a resident
    clerk         somebody at a browser, signed in with the plugin's first role; ``as_role("plugin.role")`` with another
    open_case     opens a case of a type for the resident: ``await open_case("lost", what="Keys")``
    clock         the moment, moved by hand
    plugins       serves the town with only these: ``async with plugins("lost_found") as client``
    run_job       runs one of the plugin's jobs at the clock's moment: ``await run_job("sweep")``
    record, told  a case and its events as a measure reads them
    check_plugin  asserts what every plugin promises: ``check_plugin("lost_found")``

``plugin`` names the plugin that is tested (default: the first that is installed), ``organisation_file`` an organisation of your own (default: a
small town with every plugin on, but off in its West).

Below them, for tests of domain functions:

    database      a Database of one's own clone; what a test commits is deleted after it
    db            a connection in a transaction that is rolled back
    house         what domain functions are handed
    fresh_url     a database of one test alone; ``empty_url`` one with nothing in it

The server is the embedded one, without durability; ``TEST_DATABASE_URL`` names another (its user must be able to make databases).
"""

from __future__ import annotations

from banshi.testing.browsing import Page, Person
from banshi.testing.checking import check_plugin
from banshi.testing.fixtures import (
    _engine,
    app,
    as_role,
    clerk,
    client,
    clock,
    database,
    database_url,
    db,
    district,
    empty_url,
    fresh_url,
    house,
    keyring,
    open_case,
    organisation_file,
    plugin,
    plugins,
    registry,
    resident,
    run_job,
    server_url,
    template,
    town,
    worker_id,
)
from banshi.testing.ground import MOMENT, PASSWORD, SECRET, Clock, Town, clone, statements
from banshi.testing.records import record, told

__all__ = [
    "MOMENT",
    "PASSWORD",
    "SECRET",
    "Clock",
    "Page",
    "Person",
    "Town",
    "_engine",
    "app",
    "as_role",
    "check_plugin",
    "clerk",
    "client",
    "clock",
    "clone",
    "database",
    "database_url",
    "db",
    "district",
    "empty_url",
    "fresh_url",
    "house",
    "keyring",
    "open_case",
    "organisation_file",
    "plugin",
    "plugins",
    "record",
    "registry",
    "resident",
    "run_job",
    "server_url",
    "statements",
    "template",
    "told",
    "town",
    "worker_id",
]
