/**
 * The schema of `state.db`, one step an entry; a database of version n has seen the first n. Steps are never
 * changed once released: `test/daemon/store/fixtures` has a database of each version.
 *
 * Every table is a key and a JSON body. What a body must look like is said in `records.ts`, and checked
 * when it is read; SQL is here for the transactions, not for queries.
 */
export const MIGRATIONS: readonly string[] = [
  ["workspaces", "claims", "hosts", "tickets", "jobs", "results", "counters"]
    .map((name) => `CREATE TABLE ${name} (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;`)
    .join("\n"),
  ["steps", "locks", "histories"]
    .map((name) => `CREATE TABLE ${name} (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;`)
    .join("\n"),
  ["calls", "namespaces"]
    .map((name) => `CREATE TABLE ${name} (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;`)
    .join("\n"),
  ["lost_leases", "lost_hosts", "unended"]
    .map((name) => `CREATE TABLE ${name} (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;`)
    .join("\n"),
];
