module.exports = function (client, scope, audience, context, cb) {
  const account = JSON.parse(client.metadata.account || '{"id":null,"flags":[]}');
  cb(null, {
    scope,
    'https://id.example/account': { ...account, checked: true, manager: null, tags: [] },
    account,
    sub: account.id,
  });
};
