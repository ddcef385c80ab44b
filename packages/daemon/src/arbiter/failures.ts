import type { ErrorKind, ErrorReport } from "@mtui/core/protocol";
import type { Slot } from "@mtui/core/domain";
import { moment, plain, type Tables, whyNot } from "./why-not.ts";
import type { HostRecord, Ticket, Want } from "./state.ts";

/** The errors that end a ticket: each says who holds what and what to type next. */

export function busy(tables: Tables, ticket: Ticket, now: number): ErrorReport {
  const blocked = blockedHosts(tables, ticket, now);
  const [kind, message]: [ErrorKind, string] =
    ticket.wait[ticket.waitsFor] === 0
      ? ["host.busy", `No free host for ${describeSlots(ticket)}: ${summary(blocked)}.`]
      : [
          "wait.timeout",
          `Waited ${Math.round(ticket.wait[ticket.waitsFor] / 1000)} s for ${
            ticket.waitsFor === "own" ? "hosts of other workspaces" : "foreign locks"
          } without getting a host for ${describeSlots(ticket)}: ${summary(blocked)}.`,
        ];
  return {
    kind,
    message,
    hint: busyHint(tables, ticket),
    retryable: true,
    data: { workspace: ticket.workspace, rrid: ticket.rrid, hosts: blocked },
  };
}

function busyHint(tables: Tables, ticket: Ticket): string {
  const holder = ticket.wants
    .flatMap((want) => want.candidates)
    .map(({ key }) => tables.hosts.get(key)?.holder)
    .find((found) => found && found.workspace !== ticket.workspace);
  if (!holder) return "Wait longer with --wait SECONDS; whose locks they are: mtuictl list-refhosts --free";
  // `NAMESPACE/` of an agent's workspace, which may close those in it alone; people may close all.
  const namespace = ticket.workspace.slice(0, ticket.workspace.lastIndexOf("/") + 1);
  return holder.workspace.startsWith(namespace)
    ? `Wait longer with --wait SECONDS, or finish that work: mtuictl close-workspace ${holder.workspace}; who holds what: mtuictl queue`
    : "Wait longer with --wait SECONDS; who holds what: mtuictl queue";
}

/** The hosts that a request cannot do without are all known not to work. */
export function unusable(hosts: readonly HostRecord[], ticket: Ticket): ErrorReport {
  const dirty = hosts.every((host) => host.health?.kind === "dirty");
  const rows = hosts.map((host) => ({
    host: host.name,
    state: host.health?.kind ?? "unknown",
    reason: plain(host.health?.reason ?? ""),
    next_try: host.health?.retryAt ?? null,
  }));
  const first = hosts[0];
  const kinds = new Set(hosts.map((host) => host.health?.report?.kind));
  const [shared] = kinds;
  // One and the same reason everywhere, say a refused key, tells more than that it did not connect.
  const own =
    kinds.size === 1 && (shared?.startsWith("host.") || shared === "lock.io") ? shared : "host.unreachable";
  const advice = hosts.find((host) => host.health?.report?.hint)?.health?.report?.hint;
  return {
    kind: dirty ? "host.dirty" : own,
    message: `No host for ${describeSlots(ticket)} can be used: ${summary(
      rows.map((row) => ({ host: row.host, why_not: `${row.state}: ${row.reason.replace(/\.$/, "")}` })),
    )}.`,
    hint: dirty
      ? "Clean the host up as the reason says, then ask again."
      : (advice ?? `Check the host by hand: ssh ${first?.name ?? "HOST"}; then ask again.`),
    retryable: true,
    data: { workspace: ticket.workspace, hosts: rows },
  };
}

export interface CycleLink {
  readonly workspace: string;
  readonly waitsFor: string;
  readonly heldBy: string;
}

export function deadlock(cycle: readonly CycleLink[], ticket: Ticket): ErrorReport {
  const links = cycle.map((link) => `${link.workspace} waits for ${link.waitsFor}, held by ${link.heldBy}`);
  return {
    kind: "deadlock",
    message: `Waiting would never end: ${links.join("; ")}.`,
    hint: `Release what ${ticket.workspace} holds and ask for all hosts at once: mtuictl remove-host -w ${ticket.workspace}`,
    retryable: false,
    data: {
      cycle: cycle.map((link) => ({ workspace: link.workspace, host: link.waitsFor, held_by: link.heldBy })),
    },
  };
}

export function workspaceClosed(workspace: string): ErrorReport {
  return {
    kind: "workspace.closed",
    message: `Workspace ${workspace} was closed while this request waited for hosts.`,
    hint: `Load the update again to go on: mtuictl load-template -w ${workspace} RRID`,
    retryable: false,
    data: { workspace },
  };
}

export function takeoverRefused(
  host: HostRecord | undefined,
  asked: { host: string; claim: string },
): ErrorReport {
  const holder = host?.holder;
  const state = holder
    ? `${host.name} is ${holder.hold.state} by workspace ${holder.workspace} as ${holder.claim} since ${moment(holder.since)}`
    : `${host?.name ?? asked.host} is not held by anybody`;
  return {
    kind: "host.busy",
    message: `Not taken over: ${state}, not as the claim ${asked.claim} that was named.`,
    hint: "Look again who holds it: mtuictl queue",
    retryable: true,
    data: { host: asked.host, claim: holder?.claim ?? null, workspace: holder?.workspace ?? null },
  };
}

function blockedHosts(tables: Tables, ticket: Ticket, now: number): { host: string; why_not: string }[] {
  const rows = new Map<string, { host: string; why_not: string }>();
  for (const { candidates } of ticket.wants) {
    for (const candidate of candidates) {
      const why = whyNot(tables, candidate, { ticket, now });
      rows.set(candidate.key, { host: candidate.name, why_not: why });
    }
  }
  return [...rows.values()];
}

/** A message stays readable; all hosts are in `data`. */
function summary(rows: readonly { host: string; why_not: string }[]): string {
  const shown = rows.slice(0, 5).map((row) => `${row.host} ${row.why_not}`);
  if (rows.length > shown.length) shown.push(`and ${rows.length - shown.length} more`);
  return shown.join("; ");
}

function describeSlots(ticket: Ticket): string {
  const texts = [...new Set(ticket.wants.map((want) => describeWant(ticket, want)))];
  return texts.length > 4 ? `${texts.slice(0, 4).join(", ")} and ${texts.length - 4} more` : texts.join(", ");
}

function describeWant(ticket: Ticket, want: Want): string {
  return want.slots.map((index) => slotName(ticket.slots[index])).join(" + ");
}

function slotName(slot: Slot | undefined): string {
  if (!slot) return "a slot";
  const addons = slot.addons.length > 0 ? ` with ${slot.addons.join(", ")}` : "";
  const text = `${slot.product} ${slot.version} ${slot.arch}${addons}`.replace(/ +/g, " ").trim();
  // A host that was asked for by name stands for no test target.
  return text === "" ? "this request" : text;
}
