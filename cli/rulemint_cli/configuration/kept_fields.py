"""List the fields that the management API stores and shows as they come.

They are Auth0's. Only the quotas of tokens have an effect here.
"""

from __future__ import annotations

from rulemint_shared.contract.kept_fields import (
    KeptClientFields,
    KeptGrantFields,
    KeptResourceServerFields,
    KeptSettings,
)

SETTINGS = frozenset(KeptSettings.__struct_fields__)
RESOURCE_SERVER = frozenset(KeptResourceServerFields.__struct_fields__)
CLIENT = frozenset(KeptClientFields.__struct_fields__)
CLIENT_GRANT = frozenset(KeptGrantFields.__struct_fields__)

REFUSED = frozenset(("client_authentication_methods", "require_proof_of_possession", "token_encryption"))
"""Fields that the management API refuses, because they would promise a protection that does not exist here."""
