from __future__ import annotations

import pytest

from rulemint_gateway.auth0.forms import form_of, form_of_text
from rulemint_shared.contract.records import Language, Rule, RuleForm, RuleVersion

HOOK = "module.exports = function (client, scope, audience, context, cb) { cb(null, {}); };"


@pytest.mark.parametrize(
    ("script", "language", "form"),
    [
        pytest.param(HOOK, "javascript", RuleForm.HOOK, id="a hook"),
        pytest.param("function (client, scope, audience, context, cb) {}", "javascript", RuleForm.HOOK, id="bare"),
        pytest.param("exports.onExecuteCredentialsExchange = 1", "javascript", RuleForm.ACTION, id="an action"),
        pytest.param(
            "module.exports = { onExecuteCredentialsExchange }", "javascript", RuleForm.ACTION, id="action in an object"
        ),
        pytest.param(
            "export const onExecuteCredentialsExchange = async () => {}", "typescript", RuleForm.ACTION,
            id="action in TypeScript",
        ),
        pytest.param("// a module\nexport default () => ({})", "javascript", None, id="a module"),
        pytest.param(HOOK, "typescript", None, id="a hook in TypeScript"),
        pytest.param("def rule(client, scope, audience, context): ...", "python", None, id="Python"),
        pytest.param("# onExecuteCredentialsExchange", "python", None, id="Python that names an action's handler"),
    ],
)  # fmt: skip
def test_a_text_says_what_auth0_would_know_it_as(script: str, language: str, form: RuleForm | None) -> None:
    assert form_of_text(script, Language(language)) is form


def test_what_a_rule_was_made_as_counts_more_than_its_text() -> None:
    text = RuleVersion(rule_id="r", version=1, script="// nothing yet", language=Language.JAVASCRIPT)
    assert form_of(Rule(id="r", name="r", made_as=RuleForm.ACTION), text) is RuleForm.ACTION
    assert form_of(Rule(id="r", name="r"), text) is RuleForm.HOOK
