import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MIGRATIONS } from "../../../packages/daemon/src/store/migrations.ts";
import { Journal } from "../../../packages/daemon/src/store/index.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const workspace = { namespace: null, rrid: null, noHost: [], leaseUntil: 5 };

describe("the journal", () => {
  let dir: string;
  let path: string;
  let logged: string[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mtui-journal-"));
    path = join(dir, "state.db");
    logged = [];
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const open = (): Journal =>
    new Journal(path, { log: (level, text) => void logged.push(`${level} ${text}`), now: 77 });

  /** Another hand on the same file. */
  function raw(sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  }

  test("what is written is there for the next life; what is half written is not", () => {
    {
      using journal = open();
      expect(journal.write(() => journal.workspaces.put("w", workspace))).toBe(true);
      const torn = journal.write(() => {
        journal.workspaces.remove("w");
        throw new Error("in the middle");
      });
      expect(torn).toBe(false);
    }
    using next = open();
    expect(next.workspaces.all()).toEqual([["w", workspace]]);
  });

  test("an entry that makes no sense is left out and named, and spoils no other", () => {
    {
      using journal = open();
      journal.write(() => journal.workspaces.put("good", workspace));
    }
    raw(`INSERT INTO workspaces VALUES ('bad', '{"namespace":7}'), ('worse', 'no json')`);
    using next = open();
    expect(next.workspaces.all().map(([name]) => name)).toEqual(["good"]);
    expect(logged.join()).toMatch(/workspaces bad .*workspaces worse /s);
  });

  test.each(["this is no database at all, and longer than a header".repeat(50), ""])(
    "a damaged file is set aside and begun anew",
    (content) => {
      writeFileSync(path, content);
      using journal = open();
      expect(journal.write(() => journal.workspaces.put("w", workspace))).toBe(true);
      const aside = readdirSync(dir).filter((name) => name.includes("damaged"));
      // An empty file is an empty database to SQLite, and to us.
      expect(aside).toEqual(content === "" ? [] : ["state.db.damaged-77"]);
      if (content !== "") {
        expect(readFileSync(join(dir, aside[0] ?? ""), "utf8")).toBe(content);
        expect(logged).toEqual([expect.stringMatching(/^error .*damaged.*state\.db\.damaged-77/)]);
      }
    },
  );

  test("pages that were overwritten are damage, too", () => {
    {
      using journal = open();
      for (let n = 0; n < 200; n++) journal.write(() => journal.workspaces.put(`w${n}`, workspace));
    }
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096, 12_288);
    writeFileSync(path, bytes);
    using next = open();
    expect(next.workspaces.all()).toEqual([]);
    expect(readdirSync(dir)).toContain("state.db.damaged-77");
  });

  test("the state of a newer mtuid is not touched", () => {
    open()[Symbol.dispose]();
    raw(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    expect(open).toThrow(
      expect.objectContaining({ kind: "state.io", message: expect.stringMatching(/newer mtuid/) }),
    );
    expect(readdirSync(dir).filter((name) => name.includes("damaged"))).toEqual([]);
  });

  test("nothing new begins while nothing can be written down, and it goes on by itself when it can", () => {
    using journal = open();
    raw("CREATE TRIGGER full BEFORE INSERT ON workspaces BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    raw("CREATE TRIGGER full2 BEFORE INSERT ON counters BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    expect(journal.write(() => journal.workspaces.put("w", workspace))).toBe(false);
    expect(journal.write(() => journal.workspaces.put("w", workspace))).toBe(false);
    expect(() => journal.assertWritable()).toThrow(
      expect.objectContaining({
        kind: "state.io",
        message: expect.stringMatching(/disk full/),
        retryable: true,
      }),
    );
    // Said once, not with every change.
    expect(logged).toHaveLength(1);
    raw("DROP TRIGGER full; DROP TRIGGER full2");
    journal.assertWritable();
    expect(journal.write(() => journal.workspaces.put("w", workspace))).toBe(true);
  });

  test.each(MIGRATIONS.map((_, index) => index + 1))("schema %i is read as it was written", (version) => {
    raw(readFileSync(join(FIXTURES, `schema-${version}.sql`), "utf8"));
    using journal = open();
    const tables = { workspaces: 1, claims: 1, hosts: 1, tickets: 1, jobs: 2, results: 1 } as const;
    for (const [name, count] of Object.entries(tables))
      expect({ [name]: journal[name as keyof typeof tables].all().length }).toEqual({ [name]: count });
    expect(journal.count("claims")).toBe(12);
    const since2 = version < 2 ? [0, 0, 0] : [3, 1, 1];
    const { steps, locks, histories } = journal;
    expect([steps, locks, histories].map((table) => table.all().length)).toEqual(since2);
    const since3 = version < 3 ? [0, 0] : [3, 1];
    const { calls, namespaces } = journal;
    expect([calls, namespaces].map((table) => table.all().length)).toEqual(since3);
    const since4 = version < 4 ? [0, 0, 0] : [1, 2, 1];
    const { lostLeases, lostHosts, unended } = journal;
    expect([lostLeases, lostHosts, unended].map((table) => table.all().length)).toEqual(since4);
    expect(logged).toEqual([]);
  });
});
