"""A tenant that tapes all of its token requests, for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fixtures.management import Management
from fixtures.tenants import a_tenant

ALL = {"tapes": {"failures": True, "one_in": 1}}


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    async with a_tenant(management) as opened:
        assert (await opened.call("PATCH", "/api/v2/tenants/settings", ALL)).status == 200
        yield opened
