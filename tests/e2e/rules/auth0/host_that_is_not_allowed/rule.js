module.exports = async function (client, scope, audience, context, cb) {
  try {
    await fetch('https://elsewhere.example.com/');
    cb(null, { scope });
  } catch (error) {
    console.warn(error.message);
    cb(new ServerError('the directory is not available'));
  }
};
