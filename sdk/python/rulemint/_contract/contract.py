# Made by sdk/derive.py: run `make sdk`.
import json

from rulemint._contract.host_contract import HOST_CONTRACT_FILE

CONTRACT = json.loads(HOST_CONTRACT_FILE.read_bytes())
