// case = "E8"
// outcomes = ["failed:exception", "failed:crashed", "failed:out_of_memory", "failed:timeout"]
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  for (let i = 0; i < 200; i++) new Worker('data:application/javascript,for(;;){}', { type: 'module' });
  await new Promise(() => {});
};
