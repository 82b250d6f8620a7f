"""Read the bounds, codes and words that the runner and the hosts of all languages keep to.

The runner names the file in the only argument. It stands in the runner's own code as
``rulemint_shared/host_contract.json``.
"""

import json
import sys

with open(sys.argv.pop(), encoding="utf-8") as file:  # noqa: PTH123  # pathlib takes milliseconds to import
    CONTRACT = json.load(file)
