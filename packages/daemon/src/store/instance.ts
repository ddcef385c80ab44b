import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ensurePrivateDir, type Instance, startTicks } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";

/**
 * The right to be the one daemon of a state directory, for as long as it is not disposed of.
 */
export interface InstanceLock extends Disposable {
  /** Random, made once for a state directory: our locks on hosts carry it. */
  readonly daemonId: string;
  /** Write down who we are, for `daemon stop` and error messages; nothing is decided by it. */
  publish(facts: Omit<Instance, "pid" | "start_ticks" | "daemon_id">): void;
}

const DATABASE = "instance.db";
const INFORMATION = "mtuid.pid.json";

/**
 * Take the kernel's lock on `instance.db` (through SQLite's exclusive mode). It ends with the process, however
 * that ends, and does not depend on where the socket is. The file must not be opened by other
 * means in this process: closing any descriptor of it would give the lock up.
 * @returns null when another daemon has it.
 * @throws MtuiError `operation.failed` when the state directory cannot be used.
 */
export function takeInstance(stateDir: string): InstanceLock | null {
  ensurePrivateDir(stateDir);
  const database = open(join(stateDir, DATABASE));
  let daemonId: string;
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    database.exec("CREATE TABLE IF NOT EXISTS identity (daemon_id TEXT NOT NULL)");
    daemonId = storedId(database);
    database.exec("COMMIT");
  } catch (thrown) {
    database.close();
    if (isLocked(thrown)) return null;
    throw unusable(stateDir, thrown);
  }
  const information = join(stateDir, INFORMATION);
  let published = false;
  return {
    daemonId,
    publish(facts) {
      const ticks = startTicks(process.pid) ?? 0;
      const instance: Instance = { ...facts, pid: process.pid, start_ticks: ticks, daemon_id: daemonId };
      const fresh = `${information}.${randomBytes(4).toString("hex")}`;
      writeFileSync(fresh, `${JSON.stringify(instance)}\n`, { mode: 0o600, flag: "wx" });
      renameSync(fresh, information);
      published = true;
    },
    [Symbol.dispose]() {
      // Still under the lock: it cannot be a successor's.
      if (published) rmSync(information, { force: true });
      database.close();
    },
  };
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

function storedId(database: DatabaseSync): string {
  const stored = database.prepare("SELECT daemon_id FROM identity LIMIT 1").get()?.["daemon_id"];
  if (typeof stored === "string" && /^[0-9a-f]{12}$/.test(stored)) return stored;
  const fresh = randomBytes(6).toString("hex");
  database.exec("DELETE FROM identity");
  database.prepare("INSERT INTO identity VALUES (?)").run(fresh);
  return fresh;
}

function isLocked(thrown: unknown): boolean {
  const SQLITE_BUSY = 5;
  return thrown instanceof Error && ((thrown as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;
}

function unusable(path: string, cause: unknown): MtuiError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MtuiError("operation.failed", `The state in ${path} cannot be used: ${why}`, {
    cause,
    hint: "Check that the disk has room and the directory is yours; see: mtuictl doctor",
    data: { path },
  });
}
