const BLOCKED = ['AN'];

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { continentCode } = event.request.geoip;
  if (BLOCKED.includes(continentCode)) api.access.deny('server_error', 'not from there');
  api.accessToken.setCustomClaim('language', event.request.language ?? 'en');
  api.accessToken.setCustomClaim('host', event.request.hostname);
};
