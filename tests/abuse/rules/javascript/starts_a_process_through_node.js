// case = "E3"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  const { ChildProcess, execSync } = require('child_process');
  try {
    return { a: execSync('id').toString() };
  } catch {
    const child = new ChildProcess(); // what all of them use in the end
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.spawn({ file: '/usr/bin/id', args: ['id'], envPairs: [], stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdout.on('data', (data) => resolve({ a: data.toString() }));
    });
  }
};
