module.exports = function (client, scope, audience, context, cb) {
  global.roles = global.roles || {};
  if (global.roles[client.id]) {
    console.log('from the cache');
    return done(global.roles[client.id]);
  }
  lookUp(client, function (err, roles) {
    if (err) return cb(err);
    global.roles[client.id] = roles;
    done(roles);
  });

  function done(roles) {
    cb(null, { scope: scope, 'https://id.example/roles': roles });
  }
};

function lookUp(client, callback) {
  setTimeout(function () {
    callback(null, (client.metadata.roles || 'reader').split(' '));
  }, 5);
}
