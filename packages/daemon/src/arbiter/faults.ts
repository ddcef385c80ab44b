import { type Draft, putHost, wakeBy } from "./draft.ts";
import type { HostFault } from "./events.ts";
import type { Health, HostRecord } from "./state.ts";

/** Back-off of a broken host: poll, twice that, ... up to this many times. */
const LONGEST_BACK_OFF = 40;
/** A quarantine begins with this many polls. */
const QUARANTINE_POLLS = 4;

/** What an attempt found out about a host that it could not have. */
export function recordFault(
  draft: Draft,
  host: HostRecord,
  { fault, workspace, jitter }: { fault: HostFault; workspace: string; jitter: number },
): void {
  const seenAt = draft.now;
  if (fault.kind === "foreign-lock") {
    // Spread over half a poll, so that two daemons which met once do not meet for ever.
    const retryAt = seenAt + draft.config.pollMs * (0.75 + 0.5 * jitter);
    const { text, user, since } = fault;
    const foreign = { text, ...(user === undefined ? {} : { user }), since, seenAt, retryAt };
    putHost(draft, { ...host, health: null, foreign });
    wakeBy(draft, retryAt);
    return;
  }
  const health = worsened(draft, host.health, { fault, workspace });
  putHost(draft, { ...host, foreign: null, health });
  wakeBy(draft, health.retryAt);
  if (health.kind === "quarantined" && host.health?.kind !== "quarantined") {
    const { reason, retryAt: until } = health;
    draft.effects.push({ type: "quarantined", host: host.key, name: host.name, reason, until });
  }
}

function worsened(
  draft: Draft,
  before: Health | null,
  { fault, workspace }: { fault: Exclude<HostFault, { kind: "foreign-lock" }>; workspace: string },
): Health {
  const seenAt = draft.now;
  const failures = (before?.failures ?? 0) + 1;
  const { pollMs } = draft.config;
  const workspaces =
    fault.kind === "dirty" ? [] : [...new Set([...(before?.workspaces ?? []), workspace])].slice(0, 2);
  // What is in quarantine stays there, whoever put it there, until it is seen to be well.
  const isDistrusted = before?.kind === "quarantined" || workspaces.length > 1;
  const kind = fault.kind === "dirty" ? "dirty" : isDistrusted ? "quarantined" : "unreachable";
  const polls = Math.min(
    LONGEST_BACK_OFF,
    2 ** Math.min(failures - 1, 10) * (kind === "quarantined" ? QUARANTINE_POLLS : 1),
  );
  return {
    kind,
    reason: fault.kind === "dirty" ? fault.reason : fault.error.message,
    report: fault.kind === "dirty" ? null : fault.error,
    since: before?.since ?? seenAt,
    seenAt,
    retryAt: seenAt + polls * pollMs,
    failures,
    workspaces,
  };
}

/** Everybody who lists the host has to know that its state of health or lock changed. */
export function reviewWaitersOf(draft: Draft, key: string): void {
  for (const entry of draft.wanting.get(key) ?? []) draft.review.add(entry.id);
}

export function recover(draft: Draft, host: HostRecord): void {
  if (!host.health && !host.foreign) return;
  const current = { ...host, health: null, foreign: null };
  putHost(draft, current);
  reviewWaitersOf(draft, host.key);
  if (host.health?.kind === "quarantined")
    draft.effects.push({ type: "recovered", host: host.key, name: host.name });
}

/** A person or a probe says how the host is; `null` = well. */
export function onHealth(draft: Draft, key: string, reason: string | null): void {
  const host = draft.hosts.get(key) ?? {
    key,
    name: key,
    holder: null,
    health: null,
    foreign: null,
    lastUsed: 0,
  };
  if (reason === null) {
    recover(draft, host);
    draft.freed.add(key);
    return;
  }
  const retryAt = draft.now + draft.config.pollMs * QUARANTINE_POLLS;
  const before = host.health;
  const health: Health = {
    kind: "quarantined",
    reason,
    report: null,
    since: before?.since ?? draft.now,
    seenAt: draft.now,
    retryAt,
    failures: (before?.failures ?? 0) + 1,
    workspaces: before?.workspaces ?? [],
  };
  putHost(draft, { ...host, health });
  wakeBy(draft, retryAt);
  reviewWaitersOf(draft, key);
  draft.effects.push({ type: "quarantined", host: key, name: host.name, reason, until: retryAt });
}
