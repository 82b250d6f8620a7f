// npm: sharp@^0.34
// kind: tools
// cannot: it has a compiled part
const sharp = require('sharp');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', sharp.format.png.id);
};
