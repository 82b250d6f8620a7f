"""Constraints of bodies beyond the types of their fields, as JSON Schema; by the name of the body's type.

A use case says in words what is wrong; here is the same for programs.
"""

from __future__ import annotations

from typing import Any

from rulemint_gateway.management.rules.bodies import RULE_FIELDS


def _without(*fields: str) -> dict[str, Any]:
    return dict.fromkeys(fields, False)


def _in_path(field: str) -> dict[str, Any]:
    return {"not": {"required": [field], "properties": {field: {"enum": [".", ".."]}}}}


_NO_FLOW = {"flow": {"const": False}}
_TEXT_OF_A_TRIAL = ("secrets", "allow_hosts", "isolation", "limits", "dependencies")
CONSTRAINTS: dict[str, dict[str, Any]] = {
    "CreateClient": _in_path("client_id"),
    "CreateSecret": _in_path("name"),
    "CreateAction": {
        "anyOf": [
            {"properties": {"deploy": {"const": False}}},
            {"required": ["code"], "properties": {"code": {"type": "string", "minLength": 1}}},
        ]
    },
    "TryRule": {
        "oneOf": [
            {"required": ["script"], "properties": {**_without("rule_id", "version"), **_NO_FLOW}},
            {"required": ["rule_id"], "properties": {**_without("script", "language", "name"), **_NO_FLOW}},
            {
                "required": ["flow"],
                "properties": {"flow": {"const": True}},
                "oneOf": [
                    {"required": ["script"], "properties": _without("rule_id", "version")},
                    {"required": ["rule_id"], "properties": _without("script", "language", "name")},
                    {"required": ["rule_id", "script"], "properties": _without("version", "name")},
                    {"properties": _without("script", "rule_id", "version", "name", "language", *_TEXT_OF_A_TRIAL)},
                ],
            },
        ]
    },
    "CheckRule": {
        "oneOf": [
            {"required": ["script"], "properties": _without("rule_id", "version")},
            {"required": ["rule_id"], "properties": _without("script", "language", "name")},
            {"required": ["rule_id", "script"], "properties": _without("version", "name")},
        ]
    },
    "PatchRule": {
        "anyOf": [
            {"properties": {"draft": {"const": False}}},
            {"properties": _without(*RULE_FIELDS)},
        ]
    },
    "CreateResourceServer": {
        **_in_path("identifier"),
        "anyOf": [
            {"properties": {"signing_secret": {"type": "null"}}},
            {"required": ["signing_alg"], "properties": {"signing_alg": {"const": "HS256"}}},
        ],
    },
}
