import { expect, test } from "vitest";
import { doubleUses, type Observation, parallelSeconds, usesFrom } from "./index.ts";

const POOL = "/run/lock/mtui-pool.lock";
const OPERATION = "/run/lock/mtui.lock";
const REPO = "/etc/zypp/repos.d/issue-sle-module-basesystem:15-SP6:p=31337:298765.repo";

function pool(rrid: string): string {
  return `1795326896:u+mtuid:1:mtui pool ${rrid} [w] d=1 n=2`;
}

function events(...rows: [number, string, string, (string | null)?][]): Observation[] {
  return rows.map(([at, event, path, content = null]) => ({ at, event, path, content }));
}

test("a use lasts from the first content to the removal, through rewrites of the same update", () => {
  const uses = usesFrom(
    "h",
    events(
      [1, "CREATE", POOL, null],
      [1.1, "CLOSE_WRITE", POOL, pool("SUSE:Maintenance:31337:298765")],
      [2, "MOVED_TO", POOL, pool("SUSE:Maintenance:31337:298765")],
      [2.5, "CREATE", REPO],
      [3, "DELETE", REPO],
      [4, "DELETE", POOL],
    ),
  );
  expect(uses.map(({ update, evidence, from, to }) => [update, evidence, from, to])).toEqual([
    ["31337:298765", "pool lock", 1.1, 4],
    ["31337:298765", "repository", 2.5, 3],
  ]);
  expect(doubleUses(uses)).toEqual([]);
});

test("a repository of one update during another one's claim is a double use", () => {
  const uses = usesFrom(
    "h",
    events(
      [1, "CREATE", POOL, pool("SUSE:Maintenance:1:2")],
      [2, "CREATE", REPO],
      [3, "DELETE", REPO],
      [4, "DELETE", POOL],
    ),
  );
  expect(doubleUses(uses)).toHaveLength(1);
});

test("a claim that is overwritten by another update ends there, and touching is not overlapping", () => {
  const uses = usesFrom(
    "h",
    events(
      [1, "CREATE", POOL, pool("SUSE:Maintenance:1:2")],
      [2, "CLOSE_WRITE", POOL, pool("SUSE:SLFO:1.1:3")],
    ),
  );
  expect(uses.map((use) => [use.update, use.from, use.to])).toEqual([
    ["1:2", 1, 2],
    ["1.1:3", 2, null],
  ]);
  expect(doubleUses(uses)).toEqual([]);
});

test("a reboot ends what was in /run, and not a repository", () => {
  const uses = usesFrom(
    "h",
    events(
      [1, "CREATE", OPERATION, "1:u:1:mtui update SUSE:Maintenance:31337:298765 [w] d=1 n=2"],
      [1, "CREATE", REPO],
      [2, "BOOT", "/"],
    ),
  );
  expect(uses.map((use) => use.to)).toEqual([2, null]);
});

test("side by side is measured over hosts", () => {
  const a = usesFrom("a", events([1, "CREATE", POOL, pool("SUSE:Maintenance:1:2")], [5, "DELETE", POOL]));
  const b = usesFrom("b", events([3, "CREATE", POOL, pool("SUSE:Maintenance:3:4")], [9, "DELETE", POOL]));
  expect(parallelSeconds([...a, ...b], ["SUSE:Maintenance:1:2", "SUSE:Maintenance:3:4"])).toBe(2);
  expect(parallelSeconds([...a, ...b], ["SUSE:Maintenance:1:2", "SUSE:Maintenance:9:9"])).toBe(0);
  expect(doubleUses([...a, ...b])).toEqual([]);
});
