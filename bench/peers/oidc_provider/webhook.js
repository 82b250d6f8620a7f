/** The hook behind HTTP, as Hydra's token hook and Zitadel's actions are: JSON in the body and in the answer, connections kept. */
import { Agent, request } from "node:http";

const TIMEOUT_MS = 5_000;
const agent = new Agent({ keepAlive: true, noDelay: true });

export function overHttp(port) {
  return (client) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(client);
      const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
      const asking = request({ host: "127.0.0.1", port, method: "POST", path: "/", agent, headers }, (answer) => {
        let said = "";
        answer.setEncoding("utf8");
        answer.on("data", (part) => (said += part));
        answer.on("error", failed);
        answer.on("end", () => {
          clearTimeout(timer);
          if (answer.statusCode === 200) resolve(JSON.parse(said));
          else reject(new Error(`the hook answered ${answer.statusCode}`));
        });
      });
      const failed = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      const timer = setTimeout(() => asking.destroy(new Error("the hook is late")), TIMEOUT_MS);
      asking.on("error", failed);
      asking.end(body);
    });
}
