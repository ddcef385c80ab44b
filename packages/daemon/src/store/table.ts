import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { z } from "zod";
import type { Log } from "../log/index.ts";

/** One table of `state.db`: JSON by key, checked when it is read. */
export class Table<T> {
  readonly #name: string;
  readonly #schema: z.ZodType<T>;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #under: StatementSync;
  readonly #removeUnder: StatementSync;
  readonly #log: Log;

  constructor(database: DatabaseSync, options: { name: string; schema: z.ZodType<T>; log: Log }) {
    const { name } = options;
    this.#name = name;
    this.#schema = options.schema;
    this.#log = options.log;
    this.#put = database.prepare(`INSERT OR REPLACE INTO ${name} VALUES (?, ?)`);
    this.#remove = database.prepare(`DELETE FROM ${name} WHERE key = ?`);
    this.#get = database.prepare(`SELECT key, body FROM ${name} WHERE key = ?`);
    this.#under = database.prepare(`SELECT key, body FROM ${name} WHERE key >= ? AND key < ? ORDER BY key`);
    this.#removeUnder = database.prepare(`DELETE FROM ${name} WHERE key >= ? AND key < ?`);
    this.#all = database.prepare(`SELECT key, body FROM ${name}`);
  }

  put(key: string, value: T): void {
    this.#put.run(key, JSON.stringify(value));
  }

  remove(key: string): void {
    this.#remove.run(key);
  }

  /** All keys that begin with this. */
  removeUnder(prefix: string): void {
    this.#removeUnder.run(prefix, `${prefix}\u{10ffff}`);
  }

  /** All entries whose keys begin with this, by key. */
  under(prefix: string): [key: string, value: T][] {
    return this.#under.all(prefix, `${prefix}\u{10ffff}`).flatMap((row) => {
      const entry = this.#read(row);
      return entry === null ? [] : [entry];
    });
  }

  get(key: string): T | null {
    const row = this.#get.get(key);
    return row === undefined ? null : (this.#read(row)?.[1] ?? null);
  }

  /** In no order. A body that does not fit is left out, with a word in the log. */
  all(): [key: string, value: T][] {
    return this.#all.all().flatMap((row) => {
      const entry = this.#read(row);
      return entry === null ? [] : [entry];
    });
  }

  #read(row: Record<string, unknown>): [string, T] | null {
    const key = String(row["key"]);
    try {
      return [key, this.#schema.parse(JSON.parse(String(row["body"])))];
    } catch (thrown) {
      this.#log("error", `state: ${this.#name} ${key} is not readable and left out: ${String(thrown)}`);
      return null;
    }
  }
}
