import { type Clock, pause } from "@mtui/core/clock";
import { nonceOf } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import type { RemoteLocks } from "../../../packages/daemon/src/hosts/remote-locks.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { HeldLock, LockReading } from "../../../packages/daemon/src/hosts/session.ts";
import { type Judge, STALE_SECONDS } from "./judge.ts";
import type { Link } from "./link.ts";
import { fencedScript } from "./our-script.ts";
import type { DaemonLife } from "./process.ts";

/** What a dead daemon left running on the host is over after this, in the model as on a host. */
const LATE_MS = 7000;

interface DeskParts {
  readonly locks: RemoteLocks;
  readonly link: Link;
  readonly clock: Clock;
  readonly judge: Judge;
  readonly life: DaemonLife;
  readonly workspace: string;
}

/** One workspace's way to the host, and what it believes. */
export class Desk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  async wait(ms: number): Promise<void> {
    await pause(this.#parts.clock, { ms });
  }

  async take(kind: LockKind): Promise<HeldLock | null> {
    const { locks, judge } = this.#parts;
    const purpose = { operation: kind === "pool" ? null : "run", rrid: null, workspace: "default" };
    const taking = await locks.take(kind, purpose);
    if (taking.state === "error" && taking.left !== undefined) await this.release(taking.left);
    if (taking.state !== "taken") return null;
    judge.believes(taking.lock, this.#parts);
    return taking.lock;
  }

  /** Until it is gone or somebody else's, as the daemon does. */
  async release(lock: HeldLock): Promise<void> {
    const { locks, judge } = this.#parts;
    judge.disbelieves(lock.nonce);
    for (let delay = 2000; ; delay = Math.min(delay * 2, 24 * 3_600_000)) {
      const release = await locks.release(lock);
      if (release.state !== "error") return;
      await this.wait(delay);
    }
  }

  /** @param awake renews in good time, as sessions do */
  async hold(lock: HeldLock, { ms, awake }: { ms: number; awake: boolean }): Promise<void> {
    const quarter = (STALE_SECONDS * 1000) / 4;
    for (let left = ms; left > 0; left -= quarter) {
      await this.wait(Math.min(left, quarter));
      if (awake && left > quarter) await this.#parts.locks.restamp(lock);
    }
  }

  async restamp(lock: HeldLock): Promise<void> {
    await this.#parts.locks.restamp(lock);
  }

  /** @returns true when the lock was given back behind the command */
  async change(lock: HeldLock, { work, release }: { work: number; release: boolean }): Promise<boolean> {
    const { locks, link, judge, life } = this.#parts;
    const current = locks.current(lock);
    const end = await link
      .command(
        (self) =>
          fencedScript(self, {
            locks: [current],
            work,
            release,
            onWork: (working) => judge.works(working, { pid: self.pid, lock, life }),
          }),
        (process) => judge.announce(process, { target: lock.nonce }),
      )
      .catch(() => null);
    if (end !== "released") return false;
    judge.disbelieves(lock.nonce);
    locks.released(lock);
    return true;
  }

  /** A person looks, thinks, and forces. */
  async force(kind: LockKind, { thinking }: { thinking: number }): Promise<void> {
    const { locks, judge, life } = this.#parts;
    const reading = await locks.read(kind);
    if (!("bytes" in reading)) return;
    judge.forces(life);
    await this.wait(thinking);
    await locks.break(kind, reading.bytes);
  }

  /** After a reboot: what was held stands again, or is somebody else's. */
  async putBack(lock: HeldLock): Promise<boolean> {
    const { locks, judge } = this.#parts;
    if ((await locks.read(lock.kind)).state !== "free") return true;
    const back = await locks.putBack(lock);
    if (back.state === "taken") judge.putBack(lock);
    return back.state === "taken";
  }

  async read(kind: LockKind): Promise<LockReading> {
    return await this.#parts.locks.read(kind);
  }
}

/** What a former life left on the host, by daemon id, is given back; also what came late. */
export async function recover(desk: Desk): Promise<void> {
  await giveBackAll(desk);
  await desk.wait(LATE_MS);
  await giveBackAll(desk);
}

async function giveBackAll(desk: Desk): Promise<void> {
  for (const kind of ["operation", "pool"] as const) {
    for (let delay = 1000; ; delay *= 2) {
      const reading = await desk.read(kind);
      if (reading.state === "ours") {
        await desk.release({ kind, bytes: reading.bytes, nonce: nonceOf(reading) ?? "" });
        break;
      }
      if (reading.state !== "unreadable" || delay > 3_600_000) break;
      await desk.wait(delay);
    }
  }
}
