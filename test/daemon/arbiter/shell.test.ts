import { MtuiError } from "@mtui/core/protocol";
import { operationsByName } from "@mtui/core/registry";
import { expect, test } from "vitest";
import type { Attempt, Claim } from "../../../packages/daemon/src/arbiter/index.ts";
import { ask, foreign, startShell, unreachable } from "./shell-lab.ts";
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

test("the queue looks as the registry promises, also to those who wait", async () => {
  const { arbiter, attempt, time } = startShell();
  await arbiter.claim(ask("w1", ["A"]), attempt);
  const views: unknown[] = [];
  const first = arbiter.claim(ask("w2", ["A"]), attempt, { onTicket: () => {} });
  const second = arbiter.claim(ask("w3", ["A", "B"], ["A"]), attempt, {
    onTicket: (view) => views.push(view),
  });
  first.catch(() => {});
  await settled();
  const schema = operationsByName.get("list_queue")?.result;
  const elsewhere = { lease_until: null, operation: null, step: null };
  const { claims, tickets } = arbiter.view();
  const queue = {
    claims: claims.map((claim) => ({ ...claim, ...elsewhere })),
    tickets,
    hosts: arbiter.troubles(),
    cursor: 1,
  };
  expect(schema?.parse(queue)).toEqual(queue);
  expect(arbiter.view().tickets.map(({ workspace, position }) => [workspace, position])).toEqual([
    ["w2", 1],
    ["w3", 2],
  ]);
  expect(views).toEqual([arbiter.view().tickets[1]]);
  arbiter.closeWorkspace("w2");
  await time.advance(1_000);
  expect(views.at(-1)).toMatchObject({ position: 1 });
  await expect(first).rejects.toMatchObject({ kind: "workspace.closed" });
  arbiter.closeWorkspace("w3");
  await expect(second).rejects.toMatchObject({ kind: "workspace.closed" });
  expect(views.at(-1)).toBeNull();
});

test("the wait ends by the clock", async () => {
  const { arbiter, attempt, time } = startShell();
  await arbiter.claim(ask("w1", ["A"]), attempt);
  const waiting = arbiter.claim({ ...ask("w2", ["A"]), wait: { own: 30, foreign: 0 } }, attempt);
  let ended = "";
  waiting.catch((thrown: MtuiError) => {
    ended = thrown.kind;
  });
  await time.advance(29_999);
  expect(ended).toBe("");
  await time.advance(1);
  expect(ended).toBe("wait.timeout");
  expect(time.armed).toBe(0);
});

test("cancelling a waiting call ends it at once with the signal's own reason", async () => {
  const { arbiter, attempt } = startShell();
  await arbiter.claim(ask("w1", ["A"]), attempt);
  const stop = new AbortController();
  const waiting = arbiter.claim(ask("w2", ["A"]), attempt, { signal: stop.signal });
  stop.abort(new MtuiError("job.cancelled", "The job was cancelled."));
  await expect(waiting).rejects.toMatchObject({ kind: "job.cancelled" });
  expect(arbiter.view().tickets).toEqual([]);
  await expect(arbiter.claim(ask("w3", ["A"]), attempt, { signal: stop.signal })).rejects.toMatchObject({
    kind: "job.cancelled",
  });
});

/** An attempt that answers when it is told to. */
function heldAttempt() {
  const answer = Promise.withResolvers<Awaited<ReturnType<Attempt<string>>>>();
  const seen: { signal: AbortSignal | null; keys: string[] } = { signal: null, keys: [] };
  const attempt: Attempt<string> = (assigned, signal) => {
    seen.signal = signal;
    seen.keys = assigned.map(({ claim }) => claim.hostKey);
    return answer.promise;
  };
  const ok = () =>
    answer.resolve({ ok: true, values: new Map(seen.keys.map((key) => [key, `session of ${key}`])) });
  return { attempt, seen, ok, answer };
}

test("cancelling an attempt stops it, and the call ends only when it has answered", async () => {
  const { arbiter } = startShell();
  const { attempt, seen, answer } = heldAttempt();
  const stop = new AbortController();
  let ended = false;
  const call = arbiter.claim(ask("w1", ["A"]), attempt, { signal: stop.signal });
  call.catch(() => {
    ended = true;
  });
  stop.abort();
  await settled();
  expect([seen.signal?.aborted, ended]).toEqual([true, false]);
  expect(arbiter.view().claims).toMatchObject([{ state: "acquiring" }]);
  answer.resolve({ ok: false, faults: new Map([["A:22", unreachable]]) });
  await expect(call).rejects.toMatchObject({ kind: "request.cancelled" });
  expect(arbiter.view()).toEqual({ claims: [], tickets: [] });
});

test("an attempt that succeeds for a closed workspace is undone before the next one gets the host", async () => {
  const { arbiter } = startShell();
  const { attempt, ok } = heldAttempt();
  const undone = Promise.withResolvers<void>();
  const told: string[] = [];
  const undo = async (_claim: Claim, value: string) => {
    told.push(value);
    await undone.promise;
  };
  const call = arbiter.claim(ask("w1", ["A"]), attempt, { undo });
  const next = heldAttempt();
  const other = arbiter.claim(ask("w2", ["A"]), next.attempt);
  expect(arbiter.closeWorkspace("w1")).toEqual([]);
  ok();
  await settled();
  expect(told).toEqual(["session of A:22"]);
  expect(arbiter.view().claims).toMatchObject([{ workspace: "w1", state: "releasing" }]);
  expect(next.seen.keys).toEqual([]);
  undone.resolve();
  await expect(call).rejects.toMatchObject({ kind: "workspace.closed" });
  await settled();
  expect(next.seen.keys).toEqual(["A:22"]);
  next.ok();
  expect((await other).claims).toHaveLength(1);
});

test("what could not be undone stays releasing", async () => {
  const { arbiter } = startShell();
  const { attempt, ok } = heldAttempt();
  const call = arbiter.claim(ask("w1", ["A"]), attempt, {
    undo: () => Promise.reject(new Error("no answer")),
  });
  arbiter.closeWorkspace("w1");
  ok();
  await expect(call).rejects.toMatchObject({ kind: "workspace.closed" });
  expect(arbiter.view().claims).toMatchObject([{ state: "releasing" }]);
});

test.each([
  ["throws", async () => Promise.reject(new Error("broken"))],
  ["blames nobody", async () => ({ ok: false as const, faults: new Map() })],
  ["brings nothing", async () => ({ ok: true as const, values: new Map() })],
])("an attempt that %s ends the call and frees the host", async (_name, attempt) => {
  const { arbiter } = startShell();
  await expect(arbiter.claim(ask("w1", ["A"]), attempt)).rejects.toMatchObject({ kind: "internal" });
  expect(arbiter.view()).toEqual({ claims: [], tickets: [] });
  expect(arbiter.claimsOf("w1")).toEqual([]);
});

test("closing returns the claims to clean up; each comes free by its release", async () => {
  const { arbiter, attempt, release } = startShell();
  await arbiter.claim(ask("w1", ["A"], ["B"]), attempt);
  const next = arbiter.claim(ask("w2", ["A"]), attempt);
  const claims = arbiter.closeWorkspace("w1");
  expect(claims.map(({ hostName }) => hostName)).toEqual(["A", "B"]);
  expect(arbiter.view().claims.map(({ state }) => state)).toEqual(["releasing", "releasing"]);
  for (const claim of claims) release(claim);
  expect((await next).claims.map(({ claim }) => claim.hostName)).toEqual(["A"]);
});

test("a takeover gives a new claim, voids the old one and tells", async () => {
  const { arbiter, attempt, events } = startShell();
  const [mine] = (await arbiter.claim(ask("w1", ["A"]), attempt)).claims;
  const seen = mine?.claim.id ?? "";
  const by = { workspace: "w2", rrid: null, job: null };
  const taken = arbiter.takeover("A:22", { seen, by, reason: "urgent" });
  expect(arbiter.ownerOf("A:22")).toBe(taken);
  expect(arbiter.release(seen)).toBe(false);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: "claim.lost",
      workspace: "w1",
      text: "taken over by workspace w2: urgent",
    }),
  );
  expect(() => arbiter.takeover("A:22", { seen, by, reason: "again" })).toThrow(/Not taken over/);
});

test("claims of an earlier life are adopted and kept from others", async () => {
  const { arbiter, attempt, time } = startShell();
  const fields = {
    id: "c-old-7",
    hostKey: "A:22",
    hostName: "A",
    workspace: "w1",
    rrid: null,
    slots: [],
    since: 5,
  };
  expect(arbiter.adopt(fields).fields).toEqual(fields);
  expect(() => arbiter.adopt({ ...fields, id: "c-old-8" })).toThrow(/held|claimed/);
  const next = arbiter.claim(ask("w2", ["A"]), attempt);
  await time.advance(60_000);
  expect(arbiter.ownerOf("A:22")?.id).toBe("c-old-7");
  expect(arbiter.release("c-old-7")).toBe(true);
  expect((await next).claims).toHaveLength(1);
});

test("a host that cannot be released is due again, and told so", async () => {
  const { arbiter, attempt, events, time } = startShell();
  const [got] = (await arbiter.claim(ask("w1", ["A"]), attempt)).claims;
  expect(arbiter.markReleasing(got?.claim.id ?? "", "no answer")).toBe(true);
  await time.advance(10_000);
  expect(events.map(({ type }) => type).slice(-2)).toEqual(["claim.releasing", "claim.release-due"]);
});

test("the end stops everybody and waits for the attempts", async () => {
  const { arbiter, attempt, time } = startShell();
  await arbiter.claim(ask("w0", ["B"]), attempt);
  const waiting = arbiter.claim(ask("w1", ["B"]), attempt);
  const held = heldAttempt();
  const trying = arbiter.claim(ask("w2", ["A"]), held.attempt);
  const ends = Promise.allSettled([waiting, trying]);
  let over = false;
  const end = arbiter[Symbol.asyncDispose]().then(() => {
    over = true;
  });
  await settled();
  expect(over).toBe(false);
  held.answer.resolve({ ok: false, faults: new Map([["A:22", unreachable]]) });
  await end;
  expect((await ends).map((result) => result.status === "rejected" && result.reason.kind)).toEqual([
    "daemon.stopping",
    "daemon.stopping",
  ]);
  expect(time.armed).toBe(0);
  await expect(arbiter.claim(ask("w3", ["A"]), attempt)).rejects.toMatchObject({ kind: "daemon.stopping" });
});

test.each([
  ["no candidate", ask("w", []), "host.none"],
  ["a negative wait", { ...ask("w", ["A"]), wait: { own: -1, foreign: 0 } }, "params.invalid"],
  ["no number", { ...ask("w", ["A"]), wait: { own: 0, foreign: Number.NaN } }, "params.invalid"],
  ["too many slots", ask("w", ...Array.from({ length: 257 }, () => ["A"])), "protocol.limit"],
])("a request that makes no sense is refused: %s", async (_name, request, kind) => {
  const { arbiter, attempt } = startShell();
  await expect(arbiter.claim(request, attempt)).rejects.toMatchObject({ kind });
});

test("text from a lock file is shown bounded and on one line", async () => {
  const { arbiter, attempt, faults } = startShell();
  faults.set("A", {
    kind: "foreign-lock",
    text: `\u001b[2Jbob\r\n\u202eevil ${"x".repeat(5000)}`,
    since: 1e300,
  });
  const call = arbiter.claim({ ...ask("w1", ["A"]), wait: { own: 0, foreign: 0 } }, attempt);
  const error = await call.then(
    () => null,
    (thrown: MtuiError) => thrown,
  );
  expect(error?.kind).toBe("host.busy");
  expect(error?.message).toMatch(/^[\x20-\x7e…]{1,400}$/);
});
