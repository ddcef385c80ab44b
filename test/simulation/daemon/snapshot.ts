import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Desk } from "../../daemon/support/desk.ts";

interface DeskShot {
  rrid: string | null;
  hosts: string[];
  byHand: string[];
  /** Of which it is still to be told. */
  lost: string[];
}

/** What anybody can tell of the daemon and its hosts, without names and times that differ each time. */
export interface Snapshot {
  desks: Record<string, DeskShot>;
  /** Workspaces whose owners are still to be told that their lease was over. */
  leases: string[];
  jobs: Record<string, { operation: string; state: string; error: string | null; result: unknown }>;
  /** Changing commands, by machine, in order; queries are nobody's business. */
  changes: Record<string, string[]>;
  history: Record<string, string[]>;
  boots: Record<string, number>;
  /** The text of each desk's report. */
  reports: Record<string, string>;
}

export function snapshot({ services, pool, journal }: Desk): Snapshot {
  const machines = [...pool.machines.values()];
  const lost = journal.lostHosts.all().filter(([, { told }]) => !told);
  return {
    leases: journal.lostLeases.all().map(([name]) => name),
    desks: Object.fromEntries(
      services.workspaces.list().map(({ name, rridText: rrid, hosts }) => [
        name,
        {
          rrid,
          hosts: [...hosts.keys()].toSorted(),
          byHand: [...hosts.values()]
            .filter(({ byHand }) => byHand !== undefined)
            .map(({ claim }) => claim.hostName)
            .toSorted(),
          lost: lost
            .map(([key]) => key.split(" ") as [string, string])
            .filter(([desk, host]) => desk === name && !hosts.has(host))
            .map(([, host]) => host),
        },
      ]),
    ),
    jobs: Object.fromEntries(
      services.jobs.list().map((job) => [
        job.id,
        {
          operation: job.request.operation,
          state: job.state,
          error: job.end?.error?.kind ?? null,
          result: timeless(job.end?.result ?? null),
        },
      ]),
    ),
    changes: Object.fromEntries(
      machines.map(({ name, changes }) => [name, changes.map(({ command }) => nameless(command))]),
    ),
    history: Object.fromEntries(machines.map(({ name, history }) => [name, [...history]])),
    boots: Object.fromEntries(machines.map(({ name, boot }) => [name, boot])),
    reports: Object.fromEntries(
      services.workspaces
        .list()
        .flatMap(({ name, template }) =>
          template === null ? [] : [[name, readFileSync(join(template.path, "log"), "utf8")]],
        ),
    ),
  };
}

/** A file on its way to a host is named after the lock's nonce, too. */
function nameless(command: string): string {
  return command.replaceAll(/\b([0-9a-f]{16})\.[0-9a-f]{16}\b/g, "$1.NONCE");
}

const TIMES = new Set([
  "at",
  "seconds",
  "waited",
  "steps",
  "since",
  "age",
  "lease_until",
  "claim",
  "comment",
  "pid",
]);

function timeless(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\/[^ ]*mtui-desk-[^/]*/g, "HOME");
  // A report that is written a second time has the section already.
  if (Array.isArray(value))
    return value.filter((each) => !String(each).startsWith("the report has no section")).map(timeless);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (TIMES.has(key) ? [] : [[key, timeless(each)]])),
  );
}
