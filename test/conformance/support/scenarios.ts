/** The two generations of the protocol: with sessions, and stateless. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;

export type Revision = (typeof REVISIONS)[number];

/** Scenarios of which every check must hold. */
export const HOLD: Record<Revision, readonly string[]> = {
  "2025-11-25": [
    "completion-complete",
    "dns-rebinding-protection",
    "logging-set-level",
    "ping",
    "prompts-list",
    "resources-list",
    "server-initialize",
    "server-session-lifecycle",
    "server-sse-multiple-streams",
    "tools-list",
  ],
  "2026-07-28": [
    "caching",
    "completion-complete",
    "dns-rebinding-protection",
    "http-header-validation",
    "input-required-result-unsupported-methods",
    "input-required-result-validate-input",
    "prompts-list",
    "resources-list",
    "sep-2164-resource-not-found",
    "server-sse-multiple-streams",
    "tools-list",
  ],
};

export interface FixtureNeed {
  /** What of the suite's example server the scenario calls, reads or asks for. */
  readonly fixture: string;
  /** The checks that cannot hold without it; every other one of the scenario must. */
  readonly checks: readonly string[];
}

const need = (fixture: string, ...checks: string[]): FixtureNeed => ({ fixture, checks });

const TOOLS = {
  "json-schema-2020-12": need("tool json_schema_2020_12_tool", "json-schema-2020-12-tool-found"),
  "tools-call-audio": need("tool test_audio_content", "tools-call-audio"),
  "tools-call-embedded-resource": need("tool test_embedded_resource", "tools-call-embedded-resource"),
  "tools-call-error": need("tool test_error_handling", "tools-call-error"),
  "tools-call-image": need("tool test_image_content", "tools-call-image"),
  "tools-call-mixed-content": need("tool test_multiple_content_types", "tools-call-mixed-content"),
  "tools-call-simple-text": need("tool test_simple_text", "tools-call-simple-text"),
  "tools-call-with-progress": need("tool test_tool_with_progress", "tools-call-with-progress"),
};

const RESOURCES_AND_PROMPTS = {
  "prompts-get-embedded-resource": need(
    "prompt test_prompt_with_embedded_resource",
    "prompts-get-embedded-resource",
  ),
  "prompts-get-simple": need("prompt test_simple_prompt", "prompts-get-simple"),
  "prompts-get-with-args": need("prompt test_prompt_with_arguments", "prompts-get-with-args"),
  "prompts-get-with-image": need("prompt test_prompt_with_image", "prompts-get-with-image"),
  "resources-read-binary": need("resource test://static-binary", "resources-read-binary"),
  "resources-read-text": need("resource test://static-text", "resources-read-text"),
  "resources-templates-read": need("template test://template/{id}/data", "resources-templates-read"),
};

/** Scenarios that are about what only the suite's example server offers. */
export const NEED_FIXTURES: Record<Revision, Readonly<Record<string, FixtureNeed>>> = {
  "2025-11-25": {
    ...TOOLS,
    ...RESOURCES_AND_PROMPTS,
    "elicitation-sep1034-defaults": need(
      "tool test_elicitation_sep1034_defaults",
      "elicitation-sep1034-general",
    ),
    "elicitation-sep1330-enums": need("tool test_elicitation_sep1330_enums", "elicitation-sep1330-general"),
    "resources-subscribe": need("resource test://watched-resource", "resources-subscribe"),
    "resources-unsubscribe": need("resource test://watched-resource", "resources-unsubscribe"),
    "server-sse-polling": need(
      "tool test_reconnection",
      "server-sse-priming-event",
      "server-sse-retry-field",
    ),
    "tools-call-elicitation": need("tool test_elicitation", "tools-call-elicitation"),
    "tools-call-sampling": need("tool test_sampling", "tools-call-sampling"),
    "tools-call-with-logging": need("tool test_tool_with_logging", "tools-call-with-logging"),
  },
  "2026-07-28": {
    ...TOOLS,
    ...RESOURCES_AND_PROMPTS,
    "http-custom-header-server-validation": need(
      "a tool whose arguments are repeated in headers",
      "sep-2243-server-decode-base64",
      "sep-2243-server-no-xmcp-tool",
      "sep-2243-server-reject-invalid-param-chars",
      "sep-2243-server-reject-param-mismatch",
      "sep-2243-server-validate-param-match",
    ),
    "input-required-result-basic-elicitation": need(
      "tool test_input_required_result_elicitation",
      "sep-2322-elicitation-incomplete",
    ),
    "input-required-result-basic-list-roots": need(
      "tool test_input_required_result_list_roots",
      "sep-2322-list-roots-incomplete",
    ),
    "input-required-result-basic-sampling": need(
      "tool test_input_required_result_sampling",
      "sep-2322-sampling-incomplete",
    ),
    "input-required-result-capability-check": need(
      "tool test_input_required_result_capabilities",
      "sep-2322-respect-client-capabilities",
    ),
    "input-required-result-ignore-extra-params": need(
      "tool test_input_required_result_elicitation",
      "sep-2322-ignore-unexpected-params",
    ),
    "input-required-result-missing-input-response": need(
      "tool test_input_required_result_elicitation",
      "sep-2322-missing-response-rerequests",
    ),
    "input-required-result-multi-round": need(
      "tool test_input_required_result_multi_round",
      "sep-2322-multi-round-r1",
    ),
    "input-required-result-multiple-input-requests": need(
      "tool test_input_required_result_multiple_inputs",
      "sep-2322-multiple-inputs-incomplete",
    ),
    "input-required-result-non-tool-request": need(
      "prompt test_input_required_result_prompt",
      "sep-2322-non-tool-incomplete",
    ),
    "input-required-result-request-state": need(
      "tool test_input_required_result_request_state",
      "sep-2322-request-state-incomplete",
    ),
    "input-required-result-result-type": need(
      "tool test_input_required_result_elicitation",
      "sep-2322-result-type-included",
    ),
    "input-required-result-tampered-state": need(
      "tool test_input_required_result_tampered_state",
      "sep-2322-reject-tampered-state",
    ),
    "server-stateless": need(
      "tools test_missing_capability, test_streaming_elicitation, test_logging_tool",
      "sep-2575-http-server-no-independent-requests-on-stream",
      "sep-2575-missing-capability-http-400",
      "sep-2575-server-no-log-without-loglevel",
      "sep-2575-server-rejects-undeclared-capability",
    ),
  },
};
