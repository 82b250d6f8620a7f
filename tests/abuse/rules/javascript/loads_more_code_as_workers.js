// case = "E8"
// outcomes = ["failed:exception", "failed:crashed", "failed:out_of_memory", "failed:timeout"]
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  const { Worker } = require('worker_threads');
  for (let i = 0; i < 50; i++) new Worker('for(;;){}', { eval: true });
  await new Promise(() => {});
};
