import type { LabHost } from "../host/lab-host.ts";
import type { Observation } from "./events.ts";

/** That a workspace's lock stood on a host, by the host's own record. */
export interface LockHolding {
  host: string;
  lock: "pool" | "operation";
  /** The name in the lock's comment; of other programs' locks their user. */
  workspace: string;
  /** `<workspace> <daemon id>`: two daemons may have workspaces of one name. */
  owner: string;
  /** Seconds since the epoch; `to` is null while it lasts. */
  from: number;
  to: number | null;
}

type Watched = Pick<LabHost, "name" | "observed">;

const FILES: Readonly<Record<string, LockHolding["lock"]>> = {
  "/run/lock/mtui-pool.lock": "pool",
  "/run/lock/mtui.lock": "operation",
};

/** Whose locks stood where and when; renewing one, or putting it back at once, is one holding. */
export function lockHoldings(hosts: readonly Watched[]): LockHolding[] {
  return hosts.flatMap((host) => {
    const holdings: LockHolding[] = [];
    followLocks(host, { onHolding: (holding) => holdings.push(holding) });
    return holdings;
  });
}

/** Pairs of locks of different owners that stood on one host at one time; there must be none. */
export function doubleHoldings(holdings: readonly LockHolding[]): [LockHolding, LockHolding][] {
  return holdings.flatMap((a, index) =>
    holdings
      .slice(index + 1)
      .filter((b) => a.host === b.host && a.owner !== b.owner && overlap(a, b) > 0)
      .map((b): [LockHolding, LockHolding] => [a, b]),
  );
}

/** A command that keeps `/run/lock/mtui-witness.<name>` open for writing for as long as it is at work. */
export interface Witnessed {
  host: string;
  name: string;
  /** Workspaces whose locks stood when it began, and when it ended; null for none. */
  began: Locks;
  /** null while it lasts. */
  ended: Locks | null;
  /** Names of those that were at work when it began. */
  met: string[];
}

export interface Locks {
  readonly pool: string | null;
  readonly operation: string | null;
}

const WITNESS = "/run/lock/mtui-witness.";

/** In the order in which the kernel saw them, which no clock has a say in. */
export function witnessed(hosts: readonly Watched[]): Witnessed[] {
  return hosts.flatMap((host) => {
    const seen: Witnessed[] = [];
    const atWork = new Map<string, Witnessed>();
    followLocks(host, {
      onOther: ({ event, path }, locks) => {
        if (!path.startsWith(WITNESS)) return;
        const name = path.slice(WITNESS.length);
        if (event === "OPEN") {
          const one = { host: host.name, name, began: locks, ended: null, met: [...atWork.keys()] };
          seen.push(one);
          atWork.set(name, one);
        } else if (event === "CLOSE_WRITE") {
          const one = atWork.get(name);
          if (one !== undefined) one.ended = locks;
          atWork.delete(name);
        }
      },
    });
    return seen;
  });
}

function followLocks(
  host: Watched,
  on: {
    onHolding?: (holding: LockHolding) => void;
    onOther?: (event: Observation, locks: Locks) => void;
  },
): void {
  const open = new Map<LockHolding["lock"], LockHolding>();
  const close = (lock: LockHolding["lock"], at: number): void => {
    const holding = open.get(lock);
    if (holding !== undefined) holding.to = at;
    open.delete(lock);
  };
  for (const seen of host.observed()) {
    const { at, event, path, content } = seen;
    // A reboot empties /run without a notice.
    if (event === "BOOT") for (const lock of [...open.keys()]) close(lock, at);
    const lock = FILES[path];
    if (lock === undefined) {
      const standing = (which: LockHolding["lock"]): string | null => open.get(which)?.workspace ?? null;
      on.onOther?.(seen, { pool: standing("pool"), operation: standing("operation") });
      continue;
    }
    if (event === "DELETE" || event === "MOVED_FROM") {
      close(lock, at);
      continue;
    }
    const whose = content === null ? null : ownerOf(content);
    // An empty or unreadable moment is not the end: the file is being rewritten.
    if (whose === null || open.get(lock)?.owner === whose.owner) continue;
    close(lock, at);
    const holding: LockHolding = { host: host.name, lock, ...whose, from: at, to: null };
    open.set(lock, holding);
    on.onHolding?.(holding);
  }
}

/** Of `<epoch>:<user>:<pid>[:<comment>]` (docs/formats/locks.md). */
function ownerOf(line: string): { workspace: string; owner: string } | null {
  const [, user, comment] = /^\d+:([^:]+):\d+(?::(.*))?$/.exec(line) ?? [];
  if (user === undefined) return null;
  const [, workspace] = / \[([^\]]+)\](?: |$)/.exec(comment ?? "") ?? [];
  const [, daemon] = / d=(\S+) /.exec(comment ?? "") ?? [];
  return workspace === undefined || daemon === undefined
    ? { workspace: user, owner: user }
    : { workspace, owner: `${workspace} ${daemon}` };
}

function overlap(a: LockHolding, b: LockHolding): number {
  const end = Math.min(a.to ?? Number.POSITIVE_INFINITY, b.to ?? Number.POSITIVE_INFINITY);
  return end - Math.max(a.from, b.from);
}
