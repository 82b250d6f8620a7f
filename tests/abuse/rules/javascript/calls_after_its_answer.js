// case = "D20"
// outcomes = ["granted"]
// never = "REACHED"
// allow_hosts = ["http://loopback.example.com:CANARY_PORT"]
// ---
export default () => {
  const call = () => fetch('http://loopback.example.com:CANARY_PORT/').then(() => console.log('REACHED'), () => {});
  setTimeout(call, 1);
  for (let n = 0; n < 5; n++) call();
  queueMicrotask(call);
  return {};
};
