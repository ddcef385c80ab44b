import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { MtuiError } from "@mtui/core/protocol";
import type { ArbiterJournal } from "../arbiter/index.ts";
import type { Log } from "../log/index.ts";
import { arbiterRecorder } from "./arbiter-recorder.ts";
import {
  type CallRecord,
  callRecord,
  type ClaimRecord,
  claimRecord,
  type HistoryRecord,
  historyRecord,
  type HostRecord,
  hostRecord,
  type JobRecord,
  lockRow,
  type LockRow,
  jobRecord,
  type LostHostRecord,
  lostHostRecord,
  type LostLeaseRecord,
  lostLeaseRecord,
  type NamespaceRecord,
  namespaceRecord,
  type StepRecord,
  stepRecord,
  type TicketRecord,
  ticketRecord,
  type UnendedRecord,
  unendedRecord,
  type WorkspaceRecord,
  workspaceRecord,
} from "./records.ts";
import { openStateDb, stateError } from "./state-db.ts";
import { Table } from "./table.ts";

/**
 * What the daemon remembers beyond its own life: workspaces, who has which host, who waits for which,
 * jobs. Written first, answered after. What cannot be written does not stop what is under way (its
 * hosts must be released all the same), but nothing new begins: `writeFirst`, `assertWritable`.
 */
export class Journal implements Disposable {
  readonly workspaces: Table<WorkspaceRecord>;
  readonly claims: Table<ClaimRecord>;
  readonly hosts: Table<HostRecord>;
  readonly tickets: Table<TicketRecord>;
  readonly jobs: Table<JobRecord>;
  /** Of ended jobs, as JSON. */
  readonly results: Table<unknown>;
  readonly counters: Table<number>;
  readonly steps: Table<StepRecord>;
  /** Operation locks of jobs at work. */
  readonly locks: Table<LockRow>;
  readonly histories: Table<HistoryRecord>;
  /** What was asked under idempotency keys. */
  readonly calls: Table<CallRecord>;
  readonly namespaces: Table<NamespaceRecord>;
  readonly lostLeases: Table<LostLeaseRecord>;
  readonly lostHosts: Table<LostHostRecord>;
  readonly unended: Table<UnendedRecord>;
  readonly arbiter: ArbiterJournal;
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #log: Log;
  #broken: unknown = null;
  #soon: { changes: (() => void)[]; done: Promise<boolean> } | null = null;

  /** @throws MtuiError state.io */
  constructor(path: string, { log, now }: { log: Log; now: number }) {
    this.#database = openStateDb(path, { log, now });
    this.#path = path;
    this.#log = log;
    const table = <T>(name: string, schema: z.ZodType<T>) => new Table(this.#database, { name, schema, log });
    this.workspaces = table("workspaces", workspaceRecord);
    this.claims = table("claims", claimRecord);
    this.hosts = table("hosts", hostRecord);
    this.tickets = table("tickets", ticketRecord);
    this.jobs = table("jobs", jobRecord);
    this.results = table("results", z.unknown());
    this.counters = table("counters", z.number().int());
    this.steps = table("steps", stepRecord);
    this.locks = table("locks", lockRow);
    this.histories = table("histories", historyRecord);
    this.calls = table("calls", callRecord);
    this.namespaces = table("namespaces", namespaceRecord);
    this.lostLeases = table("lost_leases", lostLeaseRecord);
    this.lostHosts = table("lost_hosts", lostHostRecord);
    this.unended = table("unended", unendedRecord);
    this.arbiter = arbiterRecorder(this);
  }

  /**
   * All of it or nothing, on disk when it returns. @returns false, with a word in the log, when it could
   * not be written
   */
  write(change: () => void): boolean {
    if (!this.#database.isOpen) return false;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      change();
      this.#database.exec("COMMIT");
      this.#broken = null;
      return true;
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      if (this.#broken === null) this.#log("error", stateError(this.#path, thrown).message);
      this.#broken = thrown;
      return false;
    }
  }

  /** As `write`, of what nothing may begin without. @returns why it could not be written, or null */
  writeFirst(change: () => void): MtuiError | null {
    return this.write(change) ? null : stateError(this.#path, this.#broken ?? "it is closed");
  }

  /**
   * As `write`, together with what else is to be written in this turn: sixteen hosts that end a step at
   * once cost one transaction.
   */
  async writeSoon(change: () => void): Promise<boolean> {
    this.#soon ??= { changes: [], done: this.#flushSoon() };
    this.#soon.changes.push(change);
    return await this.#soon.done;
  }

  async #flushSoon(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const changes = this.#soon?.changes ?? [];
    this.#soon = null;
    return this.write(() => {
      for (const change of changes) change();
    });
  }

  /** @throws MtuiError state.io when the last write failed and a trial fails again */
  assertWritable(): void {
    if (this.#broken === null) return;
    if (!this.write(() => this.counters.put("trial", 0))) throw stateError(this.#path, this.#broken);
  }

  /** Ids of this kind that were given out. */
  count(name: string): number {
    return this.counters.get(name) ?? 0;
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
