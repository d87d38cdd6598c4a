"""Answers as GeoReport v2 writes them: XML with a declaration and no namespace, JSON without the root ("Spark convention"), empty as null."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.etree import ElementTree as ET

import msgspec
from litestar import Response

from banshi.errors import Refused

Format = Literal["xml", "json"]
TYPES: Mapping[Format, str] = {"xml": "text/xml", "json": "application/json"}
"""Litestar says the charset of text itself."""
_CHILDREN = {"attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format"}
"""What the members of a list are called in XML."""
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Fault(Refused):
    """A failure with the status that the standard gives it; several may be told at once."""

    def __init__(self, status: int, *descriptions: str, headers: Mapping[str, str] | None = None) -> None:
        self.code, self.descriptions, self.headers = status, descriptions, dict(headers or {})
        super().__init__(descriptions[0] if descriptions else "")


def listing(fmt: Format, root: str, item: str, rows: Sequence[Mapping[str, Any]], *, status: int = 200) -> Response[bytes]:
    """Return a list: ``<root><item>…`` or a bare array."""
    if fmt == "json":
        return _json(list(rows), status)
    tree = ET.Element(root)
    for row in rows:
        _fill(ET.SubElement(tree, item), row)
    return _xml(tree, status)


def single(fmt: Format, root: str, row: Mapping[str, Any]) -> Response[bytes]:
    """Return one thing: ``<root>…`` or an object."""
    if fmt == "json":
        return _json(row, 200)
    tree = ET.Element(root)
    _fill(tree, row)
    return _xml(tree, 200)


def fault(fmt: Format, error: Fault) -> Response[bytes]:
    """Return what went wrong, always as a list."""
    rows = [{"code": error.code, "description": said} for said in error.descriptions]
    answer = listing(fmt, "errors", "error", rows, status=error.code)
    answer.headers.update(error.headers)
    return answer


def _fill(element: ET.Element, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        child = ET.SubElement(element, name)
        if isinstance(value, Mapping):
            _fill(child, value)
        elif isinstance(value, list):
            for one in value:
                member = ET.SubElement(child, _CHILDREN[name])
                if isinstance(one, Mapping):
                    _fill(member, one)
                else:
                    member.text = _said(one)
        else:
            child.text = _said(value)


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _ILLEGAL.sub("", re.sub(r"\r\n?", "\n", str(value)))


def _xml(tree: ET.Element, status: int) -> Response[bytes]:
    body = ET.tostring(tree, encoding="utf-8", xml_declaration=True)
    return Response(body, status_code=status, media_type=TYPES["xml"])


def _json(value: Any, status: int) -> Response[bytes]:
    return Response(msgspec.json.encode(_nulls(value)), status_code=status, media_type=f"{TYPES['json']}; charset=utf-8")


def _nulls(value: Any) -> Any:
    """Return the value with what XML would leave empty as null."""
    if isinstance(value, Mapping):
        return {k: _nulls(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_nulls(v) for v in value]
    return None if value == "" else value
