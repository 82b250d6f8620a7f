module.exports = function (client, scope, audience, context, cb) {
  var access_token = { scope: scope };
  switch (audience) {
    case 'https://orders.example/':
      access_token['https://orders.example/region'] = 'eu';
      break;
    default:
      if (client.name.indexOf('batch') === 0) {
        access_token['https://id.example/kind'] = 'batch';
      } else if (client.id === 'the-old-monolith') {
        access_token['https://id.example/kind'] = 'legacy';
      } else {
        access_token['https://id.example/kind'] = 'service';
      }
  }
  cb(null, access_token);
};
