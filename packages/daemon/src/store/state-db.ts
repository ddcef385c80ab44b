import { existsSync, renameSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { MtuiError } from "@mtui/core/protocol";
import type { Log } from "../log/index.ts";
import { MIGRATIONS } from "./migrations.ts";

/** The result codes of SQLite for a file that is damaged, or no database. */
const DAMAGED = new Set([11, 26]);

/**
 * Opens (or makes) the database that survives the daemon. One that is damaged is set aside, with a word in the
 * log, and a new one begun: the hosts' own lock files say what this daemon left there.
 * @param path ":memory:" for tests
 * @throws MtuiError state.io when the file cannot be used, or a newer mtuid wrote it
 */
export function openStateDb(path: string, { log, now }: { log: Log; now: number }): DatabaseSync {
  try {
    return opened(path);
  } catch (thrown) {
    if (!isDamage(thrown)) throw stateError(path, thrown);
    const aside = `${path}.damaged-${now}`;
    for (const end of ["", "-wal", "-shm"]) if (existsSync(path + end)) renameSync(path + end, aside + end);
    log("error", `the state was damaged (${reason(thrown)}); it is set aside as ${aside} and begun anew`);
  }
  try {
    return opened(path);
  } catch (thrown) {
    throw stateError(path, thrown);
  }
}

function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // FULL: what was answered must be there after a loss of power, too.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000");
    const health = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (health !== "ok") throw Object.assign(new Error(String(health)), { errcode: 11 });
    migrate(database);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > MIGRATIONS.length) throw new Error(`a newer mtuid wrote it (schema ${version})`);
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

function isDamage(thrown: unknown): boolean {
  return thrown instanceof Error && DAMAGED.has(((thrown as { errcode?: number }).errcode ?? 0) % 256);
}

export function stateError(path: string, cause: unknown): MtuiError {
  return new MtuiError("state.io", `The daemon's state in ${path} cannot be used: ${reason(cause)}`, {
    cause,
    hint: "Check that the disk has room and the directory is yours, then ask again.",
    data: { path },
    retryable: true,
  });
}

function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
