import { MtuiError } from "../errors.ts";
import type { WireLimits } from "../limits.ts";
import { isIdempotencyKey, KEY_RULE } from "./idempotency-key.ts";

export type RequestId = string | number;
export type Params = Record<string, unknown>;

/** One line of the wire, told apart; `invalid` names what to answer. */
export type Message =
  | { type: "request"; id: RequestId; method: string; params: Params; idempotencyKey?: string }
  | { type: "notification"; method: string; params: Params }
  | { type: "reply"; id: RequestId | null; result: unknown }
  | { type: "refusal"; id: RequestId | null; error: unknown }
  | { type: "invalid"; id: RequestId | null; error: MtuiError; breach: boolean };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns null for a blank line, which means nothing. */
export function parseMessage(line: Buffer, limits: WireLimits): Message | null {
  let value: unknown;
  try {
    const text = utf8.decode(line);
    if (text.trim() === "") return null;
    value = JSON.parse(text);
  } catch {
    return invalid("protocol.parse", "The line is not JSON in UTF-8.");
  }
  if (Array.isArray(value)) {
    return invalid("protocol.invalid", "Batches are not served; send one request a line.");
  }
  if (typeof value !== "object" || value === null) {
    return invalid("protocol.invalid", "The message is not a JSON object.");
  }
  return tellApart(value as Record<string, unknown>, limits);
}

function tellApart(value: Record<string, unknown>, limits: WireLimits): Message {
  const { id, method, params } = value;
  if (typeof id === "string" && Buffer.byteLength(id) > limits.idBytes) {
    return invalid("protocol.limit", `The id is longer than ${limits.idBytes} bytes.`, { breach: true });
  }
  if (id !== undefined && id !== null && !isId(id)) {
    return invalid("protocol.invalid", "The id is neither a string nor a whole number.");
  }
  const known = isId(id) ? id : null;
  if (value["jsonrpc"] !== "2.0") {
    return invalid("protocol.invalid", 'The message does not say "jsonrpc":"2.0".', { id: known });
  }
  if (method === undefined) return reply(value, known);
  if (value["result"] !== undefined || value["error"] !== undefined) {
    return invalid("protocol.invalid", "The message is a request and a reply at once.", { id: known });
  }
  if (typeof method !== "string" || method === "" || Buffer.byteLength(method) > limits.methodBytes) {
    return invalid("protocol.invalid", "The method is not a name.", { id: known });
  }
  if (id === null) return invalid("protocol.invalid", "A request needs an id other than null.");
  if (params !== undefined && (typeof params !== "object" || params === null || Array.isArray(params))) {
    return invalid("protocol.invalid", "Parameters are given by name, as an object.", { id: known });
  }
  const named = (params ?? {}) as Params;
  if (known === null) return { type: "notification", method, params: named };
  const key = value["idempotency_key"];
  if (key === undefined) return { type: "request", id: known, method, params: named };
  if (!isIdempotencyKey(key)) {
    return invalid("protocol.invalid", `The idempotency key is not one: ${KEY_RULE}.`, { id: known });
  }
  return { type: "request", id: known, method, params: named, idempotencyKey: key };
}

function reply(value: Record<string, unknown>, id: RequestId | null): Message {
  const hasResult = value["result"] !== undefined;
  const hasError = value["error"] !== undefined;
  if (value["id"] === undefined || hasResult === hasError) {
    return invalid("protocol.invalid", "The message is neither a request nor a reply.", { id });
  }
  return hasResult
    ? { type: "reply", id, result: value["result"] }
    : { type: "refusal", id, error: value["error"] };
}

function isId(id: unknown): id is RequestId {
  return typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id));
}

function invalid(
  kind: "protocol.parse" | "protocol.invalid" | "protocol.limit",
  message: string,
  options: { id?: RequestId | null; breach?: boolean } = {},
): Message {
  const error = new MtuiError(kind, message, {
    hint: "See docs/formats/wire.md for what a message looks like.",
  });
  return { type: "invalid", id: options.id ?? null, error, breach: options.breach ?? false };
}
