// Made by sdk/derive_console.py: run `make sdk`.
export const FILTER_VALUES = {
 "level": [
  "debug",
  "info",
  "warn",
  "error"
 ],
 "type": [
  "line",
  "invocation.started",
  "invocation.ended",
  "call",
  "diff"
 ],
 "outcome_of_endings": [
  "granted",
  "denied",
  "failed",
  "failed:timeout",
  "failed:crashed",
  "failed:out_of_memory",
  "failed:output_flood",
  "failed:bad_result",
  "failed:syntax",
  "failed:exception",
  "failed:no_runner",
  "failed:overloaded",
  "failed:interrupted",
  "failed:late"
 ],
 "outcome_of_requests": [
  "granted",
  "denied",
  "failed",
  "failed:timeout",
  "failed:crashed",
  "failed:out_of_memory",
  "failed:output_flood",
  "failed:bad_result",
  "failed:syntax",
  "failed:exception",
  "failed:no_runner",
  "failed:overloaded",
  "failed:interrupted",
  "failed:late",
  "refused",
  "refused:access_denied",
  "refused:invalid_client",
  "refused:invalid_request",
  "refused:invalid_scope",
  "refused:invalid_target",
  "refused:server_error",
  "refused:temporarily_unavailable",
  "refused:too_many_requests",
  "refused:unauthorized_client",
  "refused:unsupported_grant_type",
  "refused:unsupported_response_type"
 ]
};
