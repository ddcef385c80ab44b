import { MtuiError } from "../errors.ts";
import type { WireLimits } from "../limits.ts";

export function connectionLost(remote: string, cause?: Error): MtuiError {
  return new MtuiError("daemon.unreachable", `The connection to ${remote} was lost.`, {
    retryable: true,
    hint: "Whether the request was carried out is unknown; look before asking again: mtuictl job list",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function lineTooLong({ lineBytes }: WireLimits): MtuiError {
  return new MtuiError("protocol.limit", `A message is longer than ${lineBytes} bytes.`, {
    data: { limit: lineBytes },
    hint: "Split the request: fewer hosts or packages at a time.",
  });
}

export function tooManyRequests({ callsInFlight }: WireLimits): MtuiError {
  return new MtuiError("protocol.limit", `More than ${callsInFlight} calls are in flight.`, {
    data: { limit: callsInFlight },
    hint: "Wait for replies, or use the background jobs instead of many open calls.",
  });
}
