// Lets a client ask from its own networks only. The package ip-address knows IPv4, IPv6 and CIDR.
const { Address4, Address6 } = require('ip-address');

const parse = (text) => (text.includes(':') ? new Address6(text) : new Address4(text));

module.exports = function (client, scope, audience, context, cb) {
  const networks = (client.metadata.networks ?? '').split(',').map((text) => text.trim()).filter(Boolean);
  if (networks.length === 0) return cb(null, { scope }); // not limited
  const address = parse(context.ip);
  const isInside = networks.map(parse).some((net) => net.v4 === address.v4 && address.isInSubnet(net));
  if (!isInside) return cb(new Error(`not from ${context.ip}`));
  cb(null, { scope });
};
