// The claims by which Hasura decides what a client may see. A client without roles is only a robot.
module.exports = function (client, scope, audience, context, cb) {
  const roles = (client.metadata.roles ?? '').split(',').map((role) => role.trim()).filter(Boolean);
  const claims = {
    'x-hasura-default-role': roles[0] ?? 'robot',
    'x-hasura-allowed-roles': roles.length > 0 ? roles : ['robot'],
    'x-hasura-user-id': client.id,
  };
  if (client.metadata.org) claims['x-hasura-org-id'] = client.metadata.org;
  cb(null, { scope, 'https://hasura.io/jwt/claims': claims });
};
