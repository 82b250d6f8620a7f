module.exports = function (client, scope, audience, context, cb) {
  return fetch(context.webtask.secrets.URL + '/accounts/' + client.metadata.account, {
    headers: { authorization: 'Bearer key-1' },
  })
    .then(function (response) {
      if (!response.ok) throw new Error('account lookup failed with ' + response.status);
      return response.json();
    })
    .then(function (account) {
      cb(null, { scope: scope, 'https://id.example/tier': account.tier });
    })
    .catch(cb);
};
