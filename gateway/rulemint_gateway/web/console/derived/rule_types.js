// Made by sdk/derive_console.py: run `make sdk`.
export const RULE_TYPES = {
 "javascript": {
  "types": {
   "Client": {
    "doc": "",
    "members": {
     "tenant": {
      "type": "string",
      "doc": ""
     },
     "id": {
      "type": "string",
      "doc": ""
     },
     "name": {
      "type": "string",
      "doc": ""
     },
     "metadata": {
      "type": "Record<string, string>",
      "doc": ""
     }
    }
   },
   "Webtask": {
    "doc": "",
    "members": {
     "id": {
      "type": "string",
      "doc": ""
     },
     "secrets": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "meta": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "headers": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "query": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "params": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "data": {
      "type": "Record<string, string>",
      "doc": "The query and the secrets. A secret wins over a parameter of the same name."
     },
     "body": {
      "type": "object",
      "doc": "",
      "members": {
       "client": {
        "type": "Client",
        "doc": ""
       },
       "scope": {
        "type": "string[]",
        "doc": ""
       },
       "audience": {
        "type": "string",
        "doc": ""
       },
       "context": {
        "type": "Omit<Context, \"webtask\" | \"claims\">",
        "doc": ""
       }
      }
     },
     "storage": {
      "type": "Storage",
      "doc": ""
     }
    }
   },
   "Storage": {
    "doc": "One document of JSON, 500 KiB at most. It lives as long as the rule.",
    "members": {
     "get": {
      "type": "(done: (error: Error | null, data?: unknown) => void): void",
      "doc": ""
     },
     "set": {
      "type": "(data: unknown, done?: Stored): void",
      "doc": ""
     }
    }
   },
   "Context": {
    "doc": "The token request. `body` has its parameters without credentials; `claims` has those of earlier rules.",
    "members": {
     "ip": {
      "type": "string",
      "doc": ""
     },
     "userAgent": {
      "type": "string",
      "doc": ""
     },
     "body": {
      "type": "Record<string, any>",
      "doc": ""
     },
     "claims": {
      "type": "Record<string, unknown>",
      "doc": ""
     },
     "webtask": {
      "type": "Webtask",
      "doc": ""
     }
    }
   },
   "Event": {
    "doc": "",
    "members": {
     "accessToken": {
      "type": "object",
      "doc": "",
      "members": {
       "customClaims": {
        "type": "Record<string, unknown>",
        "doc": ""
       },
       "scope": {
        "type": "string[]",
        "doc": ""
       }
      }
     },
     "client": {
      "type": "object",
      "doc": "",
      "members": {
       "client_id": {
        "type": "string",
        "doc": ""
       },
       "name": {
        "type": "string",
        "doc": ""
       },
       "metadata": {
        "type": "Record<string, string>",
        "doc": ""
       }
      }
     },
     "request": {
      "type": "object",
      "doc": "",
      "members": {
       "body": {
        "type": "Record<string, any>",
        "doc": ""
       },
       "geoip": {
        "type": "Partial< & Record<\"cityName\" | \"continentCode\" | \"countryCode\" | \"countryCode3\" | \"countryName\" | \"timeZone\", string> & Record<\"subdivisionCode\" | \"subdivisionName\", string> & Record<\"latitude\" | \"longitude\", number> >",
        "doc": ""
       },
       "hostname": {
        "type": "string",
        "doc": ""
       },
       "ip": {
        "type": "string",
        "doc": ""
       },
       "language": {
        "type": "string | undefined",
        "doc": ""
       },
       "method": {
        "type": "string",
        "doc": ""
       },
       "user_agent": {
        "type": "string",
        "doc": ""
       }
      }
     },
     "resource_server": {
      "type": "object",
      "doc": "",
      "members": {
       "identifier": {
        "type": "string",
        "doc": ""
       }
      }
     },
     "secrets": {
      "type": "Record<string, string>",
      "doc": ""
     },
     "tenant": {
      "type": "object",
      "doc": "",
      "members": {
       "id": {
        "type": "string",
        "doc": ""
       }
      }
     },
     "transaction": {
      "type": "object",
      "doc": "",
      "members": {
       "correlation_id": {
        "type": "string",
        "doc": ""
       },
       "requested_scopes": {
        "type": "string[]",
        "doc": ""
       },
       "target_scopes": {
        "type": "string[]",
        "doc": ""
       }
      }
     }
    }
   },
   "CacheRecord": {
    "doc": "",
    "members": {
     "value": {
      "type": "string",
      "doc": ""
     },
     "expires_at": {
      "type": "number",
      "doc": "Milliseconds since the epoch."
     }
    }
   },
   "Api": {
    "doc": "",
    "members": {
     "access": {
      "type": "object",
      "doc": "",
      "members": {
       "deny": {
        "type": "(code: \"invalid_scope\" | \"invalid_request\" | \"server_error\" | \"access_denied\", reason: string): Api",
        "doc": ""
       }
      }
     },
     "accessToken": {
      "type": "object",
      "doc": "",
      "members": {
       "setCustomClaim": {
        "type": "(name: string, value: unknown): Api",
        "doc": ""
       },
       "addScope": {
        "type": "(scope: string): Api",
        "doc": ""
       },
       "removeScope": {
        "type": "(scope: string): Api",
        "doc": ""
       }
      }
     },
     "cache": {
      "type": "object",
      "doc": "",
      "members": {
       "get": {
        "type": "(key: string): CacheRecord | undefined",
        "doc": ""
       },
       "set": {
        "type": "(key: string, value: string, options?: { ttl?: number; expires_at?: number }): | { type: \"success\"; record: CacheRecord } | CacheError",
        "doc": ""
       },
       "delete": {
        "type": "(key: string): { type: \"success\" } | CacheError",
        "doc": ""
       }
      }
     },
     "transaction": {
      "type": "object",
      "doc": "",
      "members": {
       "addTargetScope": {
        "type": "(scope: string): void",
        "doc": ""
       },
       "removeTargetScope": {
        "type": "(scope: string): void",
        "doc": ""
       },
       "setTargetScopes": {
        "type": "(scopes: string[]): void",
        "doc": ""
       },
       "clearTargetScopes": {
        "type": "(): void",
        "doc": ""
       }
      }
     }
    }
   }
  },
  "globals": {
   "AccessDenied": {
    "type": "class",
    "doc": "403 `access_denied`, with the message as its description."
   },
   "ExtensibilityUserError": {
    "type": "class",
    "doc": "The base class of Auth0's errors."
   },
   "InvalidScopeError": {
    "type": "class",
    "doc": "400 `invalid_scope`."
   },
   "InvalidRequestError": {
    "type": "class",
    "doc": "400 `invalid_request`."
   },
   "ServerError": {
    "type": "class",
    "doc": "500 `server_error`."
   }
  }
 },
 "python": {
  "types": {
   "AccessDenied": {
    "doc": "403 `access_denied`, with the message as its description.",
    "members": {}
   },
   "InvalidScope": {
    "doc": "400 `invalid_scope`.",
    "members": {}
   },
   "InvalidRequest": {
    "doc": "400 `invalid_request`.",
    "members": {}
   },
   "Client": {
    "doc": "The client that asks for a token.",
    "members": {
     "tenant": {
      "type": "str",
      "doc": ""
     },
     "id": {
      "type": "str",
      "doc": ""
     },
     "name": {
      "type": "str",
      "doc": ""
     },
     "metadata": {
      "type": "dict[str, str]",
      "doc": ""
     }
    }
   },
   "StorageError": {
    "doc": "The document could not be read or written. The text says why.",
    "members": {}
   },
   "StorageConflict": {
    "doc": "The document was changed since it was read. `conflict` is the document as it is now.",
    "members": {
     "conflict": {
      "type": "Any",
      "doc": ""
     }
    }
   },
   "Storage": {
    "doc": "One document of JSON, 500 KiB at most. It lives as long as the rule.",
    "members": {
     "get": {
      "type": "() -> Any",
      "doc": "Return the document, or None if there is none."
     },
     "set": {
      "type": "(data: object, *, force: bool=False) -> None",
      "doc": "Replace the document. None deletes it. With `force`, replace it even if it was changed since it was read. Raises: StorageConflict: the document was changed since it was read."
     }
    }
   },
   "Webtask": {
    "doc": "The rule's secrets and storage, and more about the request.",
    "members": {
     "id": {
      "type": "str",
      "doc": ""
     },
     "secrets": {
      "type": "dict[str, str]",
      "doc": ""
     },
     "meta": {
      "type": "dict[str, str]",
      "doc": ""
     },
     "headers": {
      "type": "dict[str, str]",
      "doc": ""
     },
     "query": {
      "type": "dict[str, str]",
      "doc": ""
     },
     "storage": {
      "type": "Storage",
      "doc": ""
     }
    }
   },
   "Context": {
    "doc": "The token request. `body` has its parameters without credentials; `claims` has those of earlier rules.",
    "members": {
     "ip": {
      "type": "str",
      "doc": ""
     },
     "userAgent": {
      "type": "str",
      "doc": ""
     },
     "body": {
      "type": "dict[str, Any]",
      "doc": ""
     },
     "claims": {
      "type": "dict[str, Any]",
      "doc": ""
     },
     "webtask": {
      "type": "Webtask",
      "doc": ""
     }
    }
   },
   "Response": {
    "doc": "The answer of another service. Names of headers are in lower case; `url` is the address after redirects.",
    "members": {
     "status": {
      "type": "int",
      "doc": ""
     },
     "ok": {
      "type": "bool",
      "doc": ""
     },
     "headers": {
      "type": "dict[str, str]",
      "doc": ""
     },
     "body": {
      "type": "bytes",
      "doc": ""
     },
     "url": {
      "type": "str",
      "doc": ""
     },
     "redirected": {
      "type": "bool",
      "doc": ""
     },
     "text": {
      "type": "() -> str",
      "doc": "Return the body as text."
     },
     "json": {
      "type": "() -> Any",
      "doc": "Return the body, parsed as JSON."
     }
    }
   }
  },
  "globals": {
   "AccessDenied": {
    "type": "class",
    "doc": "403 `access_denied`, with the message as its description."
   },
   "InvalidScope": {
    "type": "class",
    "doc": "400 `invalid_scope`."
   },
   "InvalidRequest": {
    "type": "class",
    "doc": "400 `invalid_request`."
   },
   "Client": {
    "type": "class",
    "doc": "The client that asks for a token."
   },
   "StorageError": {
    "type": "class",
    "doc": "The document could not be read or written. The text says why."
   },
   "StorageConflict": {
    "type": "class",
    "doc": "The document was changed since it was read. `conflict` is the document as it is now."
   },
   "Storage": {
    "type": "class",
    "doc": "One document of JSON, 500 KiB at most. It lives as long as the rule."
   },
   "Webtask": {
    "type": "class",
    "doc": "The rule's secrets and storage, and more about the request."
   },
   "Context": {
    "type": "class",
    "doc": "The token request. `body` has its parameters without credentials; `claims` has those of earlier rules."
   },
   "Response": {
    "type": "class",
    "doc": "The answer of another service. Names of headers are in lower case; `url` is the address after redirects."
   },
   "fetch": {
    "type": "(url: str, *, method: str='GET', headers: Mapping[str, str] | None=None, body: bytes | str=b'', json: object=None, redirect: Literal['follow', 'manual', 'error']='follow', timeout: float | None=None) -> Response",
    "doc": "Call *url*, whose host must be in the rule's `allow_hosts`. Give up after *timeout* seconds. Raises: OSError: there was no answer. The text says why. `TimeoutError`, an `OSError`: none came in time."
   }
  }
 }
};
