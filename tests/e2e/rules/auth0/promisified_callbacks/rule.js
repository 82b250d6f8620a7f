'use latest';
const { promisify } = require('util');
const zlib = require('zlib');
const { EventEmitter } = require('events');

const gunzip = promisify(zlib.gunzip);
const audit = new EventEmitter();
audit.on('token', (client) => console.info(`token for ${client.name}`));

module.exports = async (client, scope, audience, context, cb) => {
  const permissions = JSON.parse(await gunzip(Buffer.from(client.metadata.permissions, 'base64')));
  audit.emit('token', client);
  cb(null, { scope: [...scope, ...permissions] });
};
