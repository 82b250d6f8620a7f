// npm: casbin@^5
// kind: policy
// gives: [true, false]
const { newEnforcer, newModelFromString, StringAdapter } = require('casbin');

const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
`;

exports.onExecuteCredentialsExchange = async (event, api) => {
  const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter('p, acme, reports, read'));
  api.accessToken.setCustomClaim('used', [
    await enforcer.enforce('acme', 'reports', 'read'),
    await enforcer.enforce('acme', 'reports', 'write'),
  ]);
};
