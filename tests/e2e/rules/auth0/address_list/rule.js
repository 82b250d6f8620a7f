function toNumber(ip) {
  return ip.split('.').reduce(function (sum, part) { return sum * 256 + Number(part); }, 0);
}

function within(ip, network) {
  var parts = network.split('/');
  var size = Math.pow(2, 32 - Number(parts[1]));
  return Math.floor(toNumber(ip) / size) === Math.floor(toNumber(parts[0]) / size);
}

module.exports = function (client, scope, audience, context, cb) {
  var networks = (client.metadata.networks || '0.0.0.0/0').split(' ');
  for (i = 0; i < networks.length; i++) { // i was never declared
    if (within(context.ip, networks[i])) return cb(null, { scope: scope });
  }
  cb(new Error('not from ' + context.ip));
};
