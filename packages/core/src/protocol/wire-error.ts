import { type ErrorKind, fromReport, isErrorKind, MtuiError } from "./errors.ts";

/** The `error` member of a reply (docs/formats/errors.md). */
export interface WireError {
  code: number;
  message: string;
  data: { kind: ErrorKind; retryable: boolean; hint?: string; [fact: string]: unknown };
}

export function toWireError(error: MtuiError): WireError {
  return {
    code: error.code,
    message: error.message,
    data: {
      ...error.data,
      kind: error.kind,
      retryable: error.retryable,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    },
  };
}

/** What the other end sent as an error; nothing in it is taken on trust. */
export function fromWireError(wire: unknown): MtuiError {
  if (!isRecord(wire) || typeof wire["message"] !== "string") {
    return new MtuiError("protocol.invalid", "The reply carries an error that is not one.");
  }
  const { kind, retryable, hint, ...facts } = isRecord(wire["data"]) ? wire["data"] : {};
  return fromReport({
    kind: isErrorKind(kind) ? kind : "internal",
    message: wire["message"],
    retryable: retryable === true,
    ...(typeof hint === "string" ? { hint } : {}),
    ...(Object.keys(facts).length > 0 ? { data: facts } : {}),
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
