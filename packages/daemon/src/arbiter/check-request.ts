import { MtuiError } from "@mtui/core/protocol";
import type { RequestFields } from "./events.ts";
import type { ClaimRequest } from "./ports.ts";

const MAX_SLOTS = 256;
const MAX_CANDIDATES = 20_000;

/**
 * @throws MtuiError host.none (a slot without candidates), params.invalid, protocol.limit
 */
export function checkRequest(request: ClaimRequest, tickets: { now: number; max: number }): RequestFields {
  if (tickets.now >= tickets.max) {
    throw new MtuiError("protocol.limit", `${tickets.now} requests for hosts are waiting already.`, {
      hint: "See who waits: mtuictl queue",
      retryable: true,
    });
  }
  const candidates = request.slots.reduce((sum, slot) => sum + slot.candidates.length, 0);
  if (request.slots.length > MAX_SLOTS || candidates > MAX_CANDIDATES) {
    throw new MtuiError(
      "protocol.limit",
      `A request has at most ${MAX_SLOTS} test targets and ${MAX_CANDIDATES} candidates; this one has ${request.slots.length} and ${candidates}.`,
      { hint: "Ask for fewer test targets at once." },
    );
  }
  if (request.slots.some((slot) => slot.candidates.length === 0)) {
    throw new MtuiError("host.none", "A test target has no host in the inventory.", {
      hint: "See which hosts there are: mtuictl list-refhosts",
    });
  }
  const { workspace, namespace, rrid, job, slots, partial = false } = request;
  const wait = { own: milliseconds(request.wait.own), foreign: milliseconds(request.wait.foreign) };
  return { workspace, namespace, rrid, job, slots, wait, partial };
}

function milliseconds(seconds: number): number {
  if (!(seconds >= 0)) {
    throw new MtuiError("params.invalid", `A wait of ${seconds} seconds makes no sense.`, {
      hint: "Give --wait a number of seconds, 0 to fail at once.",
    });
  }
  return seconds * 1000;
}
