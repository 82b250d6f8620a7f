"""Nothing that a person writes in the console is lost on a reload: each module with an input says where it is kept."""

from __future__ import annotations

import re
from pathlib import Path

import rulemint_gateway

CONSOLE = Path(rulemint_gateway.__file__).parent / "web/console"
AN_INPUT = re.compile(r"\bonInput=|<\$\{(Field|Editor|Merge|ApiFields)\b")
EDITS, DRAFT, ADDRESS, GIVEN, NOT_KEPT = (
    re.compile(r"\buse(Edits|Draft)\("),
    re.compile(r"\bkeep(Draft|Inputs)\(|\bediting\.set"),
    re.compile(r"\brefine\("),
    re.compile(r"\bon(Change|Input)\b"),
    re.compile(""),
)
"""What a module calls that keeps what is written: in a draft, in the address, or by who gave it the value."""
KEPT = {
    "components/chips.js": NOT_KEPT,  # one value, until it is added: then it is in the address
    "components/dialog.js": NOT_KEPT,  # a name that confirms what cannot be undone is typed each time
    "components/field.js": GIVEN,
    "components/palette.js": NOT_KEPT,  # a part of a name, for one jump
    "components/search.js": ADDRESS,
    "components/trial/inputs.js": GIVEN,
    "pages/apis/api.js": EDITS,
    "pages/apis/apis.js": EDITS,
    "pages/apis/fields.js": GIVEN,
    "pages/backtest/start_rollout.js": EDITS,
    "pages/clients/client.js": EDITS,
    "pages/clients/clients.js": EDITS,
    "pages/clients/secrets.js": EDITS,
    "pages/editor/deploy.js": NOT_KEPT,  # its texts are read only
    "pages/editor/head.js": DRAFT,
    "pages/editor/merge_theirs.js": DRAFT,
    "pages/editor/permissions.js": DRAFT,
    "pages/editor/rule_fields.js": EDITS,
    "pages/editor/secrets.js": EDITS,  # the name; a value is a secret, which no draft has
    "pages/editor/tests.js": DRAFT,
    "pages/editor/versions.js": NOT_KEPT,  # its texts are read only
    "pages/editor/workbench.js": DRAFT,
    "pages/exchanges/exchanges.js": NOT_KEPT,  # a pasted token goes nowhere
    "pages/exchanges/explain.js": ADDRESS,
    "pages/exchanges/save_as_test.js": EDITS,
    "pages/exchanges/what_if.js": DRAFT,
    "pages/grants/grant_form.js": EDITS,
    "pages/rules/new_rule.js": EDITS,
    "pages/settings/settings.js": EDITS,
    "pages/sign_in/sign_in.js": NOT_KEPT,  # a secret, and what belongs to it
    "pages/tenants/tenants.js": EDITS,
}


def test_each_module_with_an_input_says_where_what_is_written_is_kept() -> None:
    found = {path: path.read_text() for path in CONSOLE.rglob("*.js") if "vendor" not in path.parts}
    inputs = {str(path.relative_to(CONSOLE)): text for path, text in found.items() if AN_INPUT.search(text)}
    assert set(inputs) == set(KEPT)
    assert [name for name, text in inputs.items() if not KEPT[name].search(text)] == []
