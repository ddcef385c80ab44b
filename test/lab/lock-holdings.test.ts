import { expect, test } from "vitest";
import { doubleHoldings, lockHoldings, type Observation, witnessed } from "./index.ts";

const POOL = "/run/lock/mtui-pool.lock";
const OPERATION = "/run/lock/mtui.lock";
const WITNESS = "/run/lock/mtui-witness.one";

function host(...rows: [number, string, string, (string | null)?][]) {
  const events: Observation[] = rows.map(([at, event, path, content = null]) => ({
    at,
    event,
    path,
    content,
  }));
  return { name: "h", observed: () => events };
}

function lock(workspace: string, daemon = "1", nonce = "2"): string {
  return `1795326896:u+mtuid:1:mtui run - [${workspace}] d=${daemon} n=${nonce}`;
}

test("a lock without an update is its workspace's, through rewrites and until another's or the end", () => {
  const one = host(
    [1, "CREATE", OPERATION, lock("a")],
    [2, "MOVED_TO", OPERATION, lock("a", "1", "3")],
    [3, "MOVED_TO", OPERATION, lock("b")],
    [4, "DELETE", OPERATION],
    [5, "CREATE", OPERATION, "1795326897:bob:31337:mtui pool SUSE:Maintenance:1:2 [x]"],
    [6, "BOOT", "/"],
  );
  expect(lockHoldings([one]).map(({ workspace, lock: of, from, to }) => [workspace, of, from, to])).toEqual([
    ["a", "operation", 1, 3],
    ["b", "operation", 3, 4],
    ["bob", "operation", 5, 6],
  ]);
  expect(doubleHoldings(lockHoldings([one]))).toEqual([]);
});

test("an operation under somebody else's claim is two at one time, also under one name in two daemons", () => {
  const under = (owner: string) =>
    host(
      [1, "CREATE", POOL, lock("a")],
      [2, "CREATE", OPERATION, owner],
      [3, "DELETE", OPERATION],
      [4, "DELETE", POOL],
    );
  expect(doubleHoldings(lockHoldings([under(lock("a"))]))).toEqual([]);
  expect(doubleHoldings(lockHoldings([under(lock("b"))]))).toHaveLength(1);
  expect(doubleHoldings(lockHoldings([under(lock("a", "9"))]))).toHaveLength(1);
});

test("a witness has the locks that stand when it begins and when it ends, and meets who is at work", () => {
  const [one, two] = witnessed([
    host(
      [1, "CREATE", POOL, lock("a")],
      [1, "CREATE", OPERATION, lock("a")],
      [1, "CREATE", WITNESS],
      [1, "OPEN", WITNESS, "held by"],
      [1, "DELETE", OPERATION],
      [1, "OPEN", `${WITNESS}.more`, "held by"],
      [1, "CLOSE_WRITE", WITNESS, "held by"],
    ),
  ]);
  expect(one).toEqual({
    host: "h",
    name: "one",
    began: { pool: "a", operation: "a" },
    ended: { pool: "a", operation: null },
    met: [],
  });
  expect(two).toMatchObject({ ended: null, met: ["one"] });
});
