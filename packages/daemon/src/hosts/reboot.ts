import { setTimeout as sleep } from "node:timers/promises";
import { toMtuiError } from "@mtui/core/protocol";
import type { HostLink } from "./host-link.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { RebootOutcome } from "./session.ts";

export interface RebootOptions {
  readonly link: HostLink;
  /** Sends the command; how it ends says little, because the host goes down under it. */
  readonly send: () => Promise<CommandOutcome>;
  /** Seconds in all, from the command to the new boot id. */
  readonly budgetSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;

/**
 * Reboots and waits for another boot id: a host that still answers after the command has not gone
 * down yet, and one that answers again with the old id has not rebooted. This has its own budget,
 * which has nothing to do with that of a connection that merely broke.
 */
export async function rebootHost(options: RebootOptions): Promise<RebootOutcome> {
  const { link } = options;
  const started = performance.now();
  const before = await bootId(link).catch(() => null);
  if (before === null) return { state: "failed", reason: "the boot id before the reboot cannot be read" };
  const sent = await options.send();
  if (sent.state === "failed") {
    return {
      state: "failed",
      reason: `the reboot command ended with ${sent.exit}: ${sent.stderr.head.toString("utf8").slice(0, 300).trim()}`,
    };
  }
  if (sent.state === "notRun") return { state: "notRun", error: sent.error };
  if (sent.state === "unreachable") return { state: "failed", reason: sent.error.message };
  let last = "it went down and does not answer";
  let answered = false;
  const deadline = started + options.budgetSeconds * 1000;
  for (
    let pause = FIRST_PAUSE_MS;
    performance.now() < deadline;
    pause = Math.min(pause * 1.5, MAX_PAUSE_MS)
  ) {
    try {
      await sleep(
        Math.min(pause, Math.max(0, deadline - performance.now())),
        undefined,
        signalOption(options.signal),
      );
      const limit = AbortSignal.timeout(Math.ceil(Math.max(1000, deadline - performance.now())));
      const id = await bootId(
        link,
        options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]),
      );
      answered = true;
      if (id !== null && id !== before)
        return { state: "ok", before, after: id, ms: performance.now() - started };
      last = "it answers with the old boot id";
    } catch (error) {
      if (options.signal?.aborted) return { state: "lost", reason: "cancelled while the host was rebooting" };
      const known = toMtuiError(error);
      if (known.kind === "host.key" || known.kind === "internal")
        return { state: "lost", reason: known.message };
      answered = false;
      last = known.message;
      await link.drop();
    }
  }
  const reason = `no new boot id within ${options.budgetSeconds} s: ${last}`;
  return answered ? { state: "failed", reason } : { state: "lost", reason };
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** @throws MtuiError host.lost, and as `HostLink.ready` */
export async function bootId(link: HostLink, signal?: AbortSignal): Promise<string | null> {
  const options = { timeoutMs: 10_000, ...signalOption(signal) };
  const { output } = await link.control(
    'read -r b </proc/sys/kernel/random/boot_id && printf %s "$b"',
    options,
  );
  const id = output.toString("utf8").trim();
  return /^[0-9a-f-]{36}$/.test(id) ? id : null;
}
