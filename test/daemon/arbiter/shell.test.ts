import { expect, test } from "vitest";
import { ask, foreign, startShell } from "./shell-lab.ts";
import { settled } from "./virtual-time.ts";

test("a free host is claimed at once, and comes back by its release", async () => {
  const { arbiter, attempt, release, events } = startShell();
  const granted = await arbiter.claim(ask("w1", ["A"]), attempt);
  expect(granted.claims.map(({ claim, slotIndex, value }) => [claim.hostName, slotIndex, value])).toEqual([
    ["A", [0], "c1"],
  ]);
  expect(arbiter.ownerOf("A:22")).toBe(granted.claims[0]?.claim);
  expect(arbiter.claimsOf("w1")).toHaveLength(1);
  expect(arbiter.view().claims).toMatchObject([{ host: "A", workspace: "w1", state: "claimed" }]);
  expect(release(granted.claims[0]!.claim)).toBe(true);
  expect(arbiter.ownerOf("A:22")).toBeNull();
  expect(arbiter.view()).toEqual({ claims: [], tickets: [] });
  expect(arbiter.release("c1")).toBe(false);
  expect(events.map(({ type }) => type)).toEqual([
    "ticket.queued",
    "claim.granted",
    "ticket.granted",
    "claim.released",
  ]);
});

test("a request for two slots with one free host holds nothing while it waits", async () => {
  const { arbiter, attempt, release, locked } = startShell();
  const first = await arbiter.claim(ask("w1", ["B"]), attempt);
  const second = arbiter.claim(ask("w2", ["A"], ["B"]), attempt);
  await settled();
  expect([...locked.keys()]).toEqual(["B"]);
  expect(arbiter.claimsOf("w2")).toEqual([]);
  const third = await arbiter.claim(ask("w3", ["A"]), attempt);
  release(third.claims[0]!.claim);
  await settled();
  expect([...locked.keys()]).toEqual(["B"]);
  release(first.claims[0]!.claim);
  expect((await second).claims.map(({ claim }) => claim.hostName)).toEqual(["A", "B"]);
});

test.each([
  ["A then B", ["A"], ["B"]],
  ["B then A", ["B"], ["A"]],
])("two updates that need A and B both get them, one after the other (%s)", async (_name, one, two) => {
  const { arbiter, attempt, release } = startShell();
  const a = arbiter.claim(ask("w1", one, two), attempt);
  const b = arbiter.claim(ask("w2", two, one), attempt);
  const first = await Promise.race([a.then(() => "w1"), b.then(() => "w2")]);
  expect(first).toBe("w1");
  for (const { claim } of (await a).claims) release(claim);
  expect((await b).claims).toHaveLength(2);
});

test("a foreign lock on one host gives the others back and is looked at again after the poll", async () => {
  const { arbiter, attempt, faults, attempts, locked, time } = startShell();
  faults.set("B", foreign);
  const views: unknown[] = [];
  const waiting = arbiter.claim(ask("w1", ["A"], ["B"]), attempt, { onTicket: (view) => views.push(view) });
  await settled();
  expect(locked.size).toBe(0);
  expect(views).toMatchObject([
    {
      position: 1,
      slots: [
        {},
        { candidates: [{ host: "B", why_not: "foreign lock: locked by bob since 2023-11-14T22:13:20Z" }] },
      ],
    },
  ]);
  faults.clear();
  await time.advance(9_999);
  expect(attempts).toHaveLength(1);
  await time.advance(1);
  expect((await waiting).claims).toHaveLength(2);
  expect(views.at(-1)).toBeNull();
});
