// Made by sdk/derive.py of shared/rulemint_shared/host_contract.json: change that, and run `make sdk`.
export default {
  "packet_bytes": 65536,
  "line_characters": 8192,
  "text_characters": 4096,
  "document_bytes": 512000,
  "call": {
    "url_characters": 8192,
    "headers": 100,
    "header_name_characters": 256,
    "header_value_characters": 8192,
    "head_bytes": 131072,
    "body_bytes": 1048576,
    "timeout_ms": 600000
  },
  "call_errors": {
    "prefix": "ERR_RULEMINT_",
    "forbidden_host": "ERR_RULEMINT_FORBIDDEN_HOST",
    "forbidden_header": "ERR_RULEMINT_FORBIDDEN_HEADER",
    "too_large": "ERR_RULEMINT_BODY_TOO_LARGE",
    "unsupported": "ERR_RULEMINT_UNSUPPORTED",
    "timed_out": "ETIMEDOUT",
    "connect_timed_out": "UND_ERR_CONNECT_TIMEOUT"
  },
  "cache": {
    "records": 20,
    "key_bytes": 64,
    "value_bytes": 4096,
    "bytes": 8192,
    "ttl_ms": 86400000
  },
  "draws": {
    "draw_bytes": 65536,
    "count": 1000,
    "bytes": 262144,
    "load_count": 100,
    "load_bytes": 16384
  },
  "scope": {
    "character": "[\\x21\\x23-\\x5b\\x5d-\\x7e]",
    "characters": 256
  },
  "over": "calls and the storage are possible only while an invocation runs, and the one that asks is over"
};
