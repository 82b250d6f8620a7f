/** Run a rule in a test, without a sandbox and without a network, held to what a host and the gateway hold it to. */

export { LoadedRule, loadRule, RuleNotLoadedError } from "./kit/loading.js";
export { runRule } from "./kit/running.js";
