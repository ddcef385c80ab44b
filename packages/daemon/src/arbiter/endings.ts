import { type ErrorReport, MtuiError } from "@mtui/core/protocol";

/** Why a call ended from outside. A signal's own reason stands if it is one of our errors. */
export function cancelError(signal: AbortSignal): ErrorReport {
  if (signal.reason instanceof MtuiError) return signal.reason.toReport();
  return new MtuiError("request.cancelled", "The request for hosts was cancelled.").toReport();
}

export function stoppingError(): ErrorReport {
  return new MtuiError("daemon.stopping", "The daemon is stopping.", {
    hint: "Ask again when it has started: mtuictl daemon start",
    retryable: true,
  }).toReport();
}
