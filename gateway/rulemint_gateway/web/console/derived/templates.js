// Made by sdk/derive_console.py: run `make sdk`.
export const TEMPLATES = [
 {
  "name": "plan",
  "purpose": "claims and scopes by the client's plan",
  "language": "javascript",
  "lines": [
   "// Puts the client's plan into the token, and what the plan allows. A client without a plan has the free one.",
   "const PLANS = {",
   "  free: { limit: 100, scopes: ['read'] },",
   "  gold: { limit: 10_000, scopes: ['read', 'write', 'export'] },",
   "};",
   "",
   "export default ({ client, scope }) => {",
   "  const plan = Object.hasOwn(PLANS, client.metadata.plan) ? client.metadata.plan : 'free';",
   "  const { limit, scopes } = PLANS[plan];",
   "  return { plan, limit, scope: scope.filter((name) => scopes.includes(name)) };",
   "};",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a client without metadata has the free plan",
    "expect": {
     "claims": {
      "plan": "free",
      "limit": 100
     },
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a gold client may do more",
    "client": {
     "metadata": {
      "plan": "gold"
     }
    },
    "expect": {
     "claims": {
      "plan": "gold",
      "limit": 10000
     },
     "scope": [
      "read",
      "write",
      "export"
     ]
    }
   },
   {
    "scope": [
     "write"
    ],
    "name": "nobody gets more than was asked for",
    "client": {
     "metadata": {
      "plan": "gold"
     }
    },
    "expect": {
     "scope": [
      "write"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a plan that there is not is the free one",
    "client": {
     "metadata": {
      "plan": "platinum"
     }
    },
    "expect": {
     "claims": {
      "plan": "free",
      "limit": 100
     },
     "scope": [
      "read"
     ]
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "plan",
  "purpose": "claims and scopes by the client's plan",
  "language": "python",
  "lines": [
   "\"\"\"Puts the client's plan into the token, and what the plan allows. A client without a plan has the free one.\"\"\"",
   "",
   "PLANS = {",
   "    \"free\": {\"limit\": 100, \"scopes\": [\"read\"]},",
   "    \"gold\": {\"limit\": 10_000, \"scopes\": [\"read\", \"write\", \"export\"]},",
   "}",
   "",
   "",
   "def rule(client, scope, audience, context):",
   "    plan = client[\"metadata\"].get(\"plan\")",
   "    if plan not in PLANS:",
   "        plan = \"free\"",
   "    allowed = PLANS[plan][\"scopes\"]",
   "    return {\"plan\": plan, \"limit\": PLANS[plan][\"limit\"], \"scope\": [name for name in scope if name in allowed]}",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a client without metadata has the free plan",
    "expect": {
     "claims": {
      "plan": "free",
      "limit": 100
     },
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a gold client may do more",
    "client": {
     "metadata": {
      "plan": "gold"
     }
    },
    "expect": {
     "claims": {
      "plan": "gold",
      "limit": 10000
     },
     "scope": [
      "read",
      "write",
      "export"
     ]
    }
   },
   {
    "scope": [
     "write"
    ],
    "name": "nobody gets more than was asked for",
    "client": {
     "metadata": {
      "plan": "gold"
     }
    },
    "expect": {
     "scope": [
      "write"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write",
     "export"
    ],
    "name": "a plan that there is not is the free one",
    "client": {
     "metadata": {
      "plan": "platinum"
     }
    },
    "expect": {
     "claims": {
      "plan": "free",
      "limit": 100
     },
     "scope": [
      "read"
     ]
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "deny",
  "purpose": "refuse clients and scopes",
  "language": "javascript",
  "lines": [
   "// Refuses clients that are suspended, and admin scopes for all but administrators.",
   "module.exports = function (client, scope, audience, context, cb) {",
   "  if (client.metadata.status === 'suspended') {",
   "    return cb(new Error('this client is suspended: ask support to lift it'));",
   "  }",
   "  const admin = scope.filter((name) => name.startsWith('admin:'));",
   "  if (admin.length > 0 && client.metadata.role !== 'admin') {",
   "    return cb(new InvalidScopeError('for administrators only: ' + admin.join(' ')));",
   "  }",
   "  cb(null, { scope });",
   "};",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read"
    ],
    "name": "a client without metadata gets its scopes",
    "expect": {
     "claims": {},
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read"
    ],
    "name": "a suspended client is refused",
    "client": {
     "metadata": {
      "status": "suspended"
     }
    },
    "expect": {
     "refused": {
      "error": "access_denied",
      "description": "this client is suspended: ask support to lift it"
     }
    }
   },
   {
    "scope": [
     "read",
     "admin:users"
    ],
    "name": "an admin scope is for administrators",
    "expect": {
     "refused": {
      "error": "invalid_scope",
      "description": "for administrators only: admin:users"
     }
    }
   },
   {
    "scope": [
     "read",
     "admin:users"
    ],
    "name": "an administrator gets it",
    "client": {
     "metadata": {
      "role": "admin"
     }
    },
    "expect": {
     "scope": [
      "read",
      "admin:users"
     ]
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "deny",
  "purpose": "refuse clients and scopes",
  "language": "python",
  "lines": [
   "\"\"\"Refuses clients that are suspended, and admin scopes for all but administrators.\"\"\"",
   "",
   "from rulemint import AccessDenied, InvalidScope",
   "",
   "",
   "def rule(client, scope, audience, context):",
   "    if client[\"metadata\"].get(\"status\") == \"suspended\":",
   "        raise AccessDenied(\"this client is suspended: ask support to lift it\")",
   "    admin = [name for name in scope if name.startswith(\"admin:\")]",
   "    if admin and client[\"metadata\"].get(\"role\") != \"admin\":",
   "        raise InvalidScope(f\"for administrators only: {' '.join(admin)}\")",
   "    return {\"scope\": scope}",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read"
    ],
    "name": "a client without metadata gets its scopes",
    "expect": {
     "claims": {},
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read"
    ],
    "name": "a suspended client is refused",
    "client": {
     "metadata": {
      "status": "suspended"
     }
    },
    "expect": {
     "refused": {
      "error": "access_denied",
      "description": "this client is suspended: ask support to lift it"
     }
    }
   },
   {
    "scope": [
     "read",
     "admin:users"
    ],
    "name": "an admin scope is for administrators",
    "expect": {
     "refused": {
      "error": "invalid_scope",
      "description": "for administrators only: admin:users"
     }
    }
   },
   {
    "scope": [
     "read",
     "admin:users"
    ],
    "name": "an administrator gets it",
    "client": {
     "metadata": {
      "role": "admin"
     }
    },
    "expect": {
     "scope": [
      "read",
      "admin:users"
     ]
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "service",
  "purpose": "ask a service, with a timeout and a fallback",
  "language": "javascript",
  "lines": [
   "// Asks a service of yours for the client's plan. If the service is slow or away, the token has the last plan that is",
   "// known, or the free one: a token is worth more than its plan. The secrets PLANS_URL and PLANS_KEY say where and how.",
   "const known = new Map(); // lasts as long as the process: a cache, never the truth",
   "",
   "export default async ({ client, context }) => {",
   "  const { PLANS_URL, PLANS_KEY } = context.webtask.secrets;",
   "  try {",
   "    const answer = await fetch(`${PLANS_URL}/clients/${encodeURIComponent(client.id)}`, {",
   "      headers: { authorization: `Bearer ${PLANS_KEY}` },",
   "      signal: AbortSignal.timeout(1_000),",
   "    });",
   "    if (!answer.ok) throw new Error(`status ${answer.status}`);",
   "    const { plan } = await answer.json();",
   "    known.set(client.id, plan);",
   "    return { plan };",
   "  } catch (error) {",
   "    console.warn('no plan from the service:', error.message);",
   "    return { plan: known.get(client.id) ?? 'free', plan_is_current: false };",
   "  }",
   "};",
   ""
  ],
  "cases": [
   {
    "secrets": {
     "PLANS_URL": "https://plans.rulemint.invalid",
     "PLANS_KEY": "a-key"
    },
    "name": "a service that is away costs nobody the token",
    "expect": {
     "claims": {
      "plan": "free",
      "plan_is_current": false
     },
     "calls": [
      {
       "method": "GET",
       "host": "plans.rulemint.invalid",
       "status": null
      }
     ],
     "log": [
      {
       "level": "warn",
       "message": "no plan from the service"
      }
     ]
    }
   },
   {
    "secrets": {
     "PLANS_URL": "https://elsewhere.rulemint.invalid",
     "PLANS_KEY": "a-key"
    },
    "name": "an address that the rule may not call costs nobody the token either",
    "scope": [
     "read"
    ],
    "expect": {
     "claims": {
      "plan": "free",
      "plan_is_current": false
     },
     "scope": [
      "read"
     ]
    }
   }
  ],
  "needs": {
   "allow_hosts": [
    "plans.rulemint.invalid"
   ]
  }
 },
 {
  "name": "package",
  "purpose": "use a package: only from the client's own networks",
  "language": "javascript",
  "lines": [
   "// Lets a client ask from its own networks only. The package ip-address knows IPv4, IPv6 and CIDR.",
   "const { Address4, Address6 } = require('ip-address');",
   "",
   "const parse = (text) => (text.includes(':') ? new Address6(text) : new Address4(text));",
   "",
   "module.exports = function (client, scope, audience, context, cb) {",
   "  const networks = (client.metadata.networks ?? '').split(',').map((text) => text.trim()).filter(Boolean);",
   "  if (networks.length === 0) return cb(null, { scope }); // not limited",
   "  const address = parse(context.ip);",
   "  const isInside = networks.map(parse).some((net) => net.v4 === address.v4 && address.isInSubnet(net));",
   "  if (!isInside) return cb(new Error(`not from ${context.ip}`));",
   "  cb(null, { scope });",
   "};",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read"
    ],
    "client": {},
    "name": "a client without metadata may ask from anywhere",
    "ip": "203.0.113.9",
    "expect": {
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read"
    ],
    "client": {
     "metadata": {
      "networks": "192.0.2.0/24, 2001:db8::/32"
     }
    },
    "name": "an address of its network",
    "ip": "192.0.2.77",
    "expect": {
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read"
    ],
    "client": {
     "metadata": {
      "networks": "192.0.2.0/24, 2001:db8::/32"
     }
    },
    "name": "an address of its network, in IPv6",
    "ip": "2001:db8::7",
    "expect": {
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read"
    ],
    "client": {
     "metadata": {
      "networks": "192.0.2.0/24, 2001:db8::/32"
     }
    },
    "name": "any other address is refused",
    "ip": "203.0.113.9",
    "expect": {
     "refused": {
      "error": "access_denied",
      "description": "not from 203.0.113.9"
     }
    }
   }
  ],
  "needs": {
   "dependencies": {
    "ip-address": "^10.0.0"
   }
  }
 },
 {
  "name": "typed",
  "purpose": "a rule with types",
  "language": "typescript",
  "lines": [
   "// The same rule in TypeScript: types are taken away when it runs, and your editor checks them.",
   "// `rulemint types` writes rulemint.d.ts, which has the types of everything that a rule gets.",
   "interface Input {",
   "  client: { id: string; name: string; metadata: Record<string, string> };",
   "  scope: string[];",
   "}",
   "",
   "interface Region {",
   "  name: string;",
   "  residency: 'eu' | 'us';",
   "}",
   "",
   "const REGIONS = new Map<string, Region>([",
   "  ['fra', { name: 'Frankfurt', residency: 'eu' }],",
   "  ['iad', { name: 'Virginia', residency: 'us' }],",
   "]);",
   "",
   "export default ({ client }: Input): Record<string, unknown> => {",
   "  const region: Region | undefined = REGIONS.get(client.metadata.region);",
   "  return region === undefined ? {} : { region: region.name, residency: region.residency };",
   "};",
   ""
  ],
  "cases": [
   {
    "name": "a client without metadata gets no region",
    "scope": [
     "read"
    ],
    "expect": {
     "claims": {},
     "scope": [
      "read"
     ]
    }
   },
   {
    "name": "a client in Frankfurt",
    "client": {
     "metadata": {
      "region": "fra"
     }
    },
    "expect": {
     "claims": {
      "region": "Frankfurt",
      "residency": "eu"
     }
    }
   },
   {
    "name": "a region that there is not",
    "client": {
     "metadata": {
      "region": "moon"
     }
    },
    "expect": {
     "claims": {}
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "action",
  "purpose": "an action, as Auth0 has it",
  "language": "javascript",
  "lines": [
   "// An action, as Auth0 has it: event says who asks, api changes the token.",
   "exports.onExecuteCredentialsExchange = async (event, api) => {",
   "  const { metadata } = event.client;",
   "  if (metadata.status === 'closed') {",
   "    return api.access.deny('invalid_request', 'this account is closed');",
   "  }",
   "  if (metadata.org) api.accessToken.setCustomClaim('org', metadata.org);",
   "  if (metadata.readonly === 'true') api.transaction.removeTargetScope('write');",
   "};",
   ""
  ],
  "cases": [
   {
    "scope": [
     "read",
     "write"
    ],
    "name": "a client without metadata keeps its scopes",
    "expect": {
     "claims": {},
     "scope": [
      "read",
      "write"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write"
    ],
    "name": "the organization is a claim",
    "client": {
     "metadata": {
      "org": "acme"
     }
    },
    "expect": {
     "claims": {
      "org": "acme"
     }
    }
   },
   {
    "scope": [
     "read",
     "write"
    ],
    "name": "a client that may only read",
    "client": {
     "metadata": {
      "readonly": "true"
     }
    },
    "expect": {
     "scope": [
      "read"
     ]
    }
   },
   {
    "scope": [
     "read",
     "write"
    ],
    "name": "a closed account is refused",
    "client": {
     "metadata": {
      "status": "closed"
     }
    },
    "expect": {
     "refused": {
      "error": "invalid_request",
      "description": "this account is closed"
     }
    }
   }
  ],
  "needs": {}
 },
 {
  "name": "httpx-roles",
  "purpose": "ask a service with httpx, with a fallback",
  "language": "python",
  "lines": [
   "\"\"\"Asks a service for the client's roles with httpx, and does without them if the service is slow or away.",
   "",
   "The secrets ROLES_URL and ROLES_KEY say where and how.",
   "\"\"\"",
   "",
   "import httpx",
   "",
   "",
   "async def rule(client, scope, audience, context):",
   "    secrets = context[\"webtask\"][\"secrets\"]",
   "    try:",
   "        headers = {\"authorization\": f\"Bearer {secrets['ROLES_KEY']}\"}",
   "        async with httpx.AsyncClient(timeout=1.0, headers=headers) as session:",
   "            answer = await session.get(f\"{secrets['ROLES_URL']}/roles\", params={\"client\": client[\"id\"]})",
   "            answer.raise_for_status()",
   "            roles = answer.json()[\"roles\"]",
   "    except (httpx.HTTPError, ValueError, KeyError) as error:",
   "        print(\"no roles from the service:\", error)",
   "        roles = []",
   "    return {\"https://example.com/roles\": roles}",
   ""
  ],
  "cases": [
   {
    "secrets": {
     "ROLES_URL": "https://roles.rulemint.invalid",
     "ROLES_KEY": "a-key"
    },
    "name": "a service that is away costs nobody the token",
    "scope": [
     "read"
    ],
    "expect": {
     "claims": {
      "https://example.com/roles": []
     },
     "scope": [
      "read"
     ],
     "calls": [
      {
       "method": "GET",
       "host": "roles.rulemint.invalid",
       "status": null
      }
     ],
     "log": [
      "no roles from the service"
     ]
    }
   },
   {
    "secrets": {
     "ROLES_URL": "https://elsewhere.rulemint.invalid",
     "ROLES_KEY": "a-key"
    },
    "name": "an address that the rule may not call costs nobody the token either",
    "expect": {
     "claims": {
      "https://example.com/roles": []
     }
    }
   }
  ],
  "needs": {
   "dependencies": {
    "httpx": ">=0.27,<1"
   },
   "allow_hosts": [
    "roles.rulemint.invalid"
   ]
  }
 },
 {
  "name": "hasura",
  "purpose": "the claims that Hasura wants",
  "language": "javascript",
  "lines": [
   "// The claims by which Hasura decides what a client may see. A client without roles is only a robot.",
   "module.exports = function (client, scope, audience, context, cb) {",
   "  const roles = (client.metadata.roles ?? '').split(',').map((role) => role.trim()).filter(Boolean);",
   "  const claims = {",
   "    'x-hasura-default-role': roles[0] ?? 'robot',",
   "    'x-hasura-allowed-roles': roles.length > 0 ? roles : ['robot'],",
   "    'x-hasura-user-id': client.id,",
   "  };",
   "  if (client.metadata.org) claims['x-hasura-org-id'] = client.metadata.org;",
   "  cb(null, { scope, 'https://hasura.io/jwt/claims': claims });",
   "};",
   ""
  ],
  "cases": [
   {
    "name": "a client without metadata is a robot",
    "scope": [
     "read"
    ],
    "expect": {
     "scope": [
      "read"
     ],
     "claims": {
      "https://hasura.io/jwt/claims": {
       "x-hasura-default-role": "robot",
       "x-hasura-allowed-roles": [
        "robot"
       ],
       "x-hasura-user-id": "test-client"
      }
     }
    }
   },
   {
    "name": "the first role is the default",
    "client": {
     "id": "nightly",
     "metadata": {
      "roles": "editor, viewer",
      "org": "acme"
     }
    },
    "expect": {
     "claims": {
      "https://hasura.io/jwt/claims": {
       "x-hasura-default-role": "editor",
       "x-hasura-allowed-roles": [
        "editor",
        "viewer"
       ],
       "x-hasura-user-id": "nightly",
       "x-hasura-org-id": "acme"
      }
     }
    }
   }
  ],
  "needs": {}
 }
];
