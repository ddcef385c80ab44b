import { MtuiError } from "@mtui/core/protocol";
import { describe, expect, test } from "vitest";
import { REMEMBER_MS } from "../../../packages/daemon/src/asked/asked-call.ts";
import { askedCall } from "../../../packages/daemon/src/asked/index.ts";
import { AGENT, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";
import { gate, hostsOf, KEY, open } from "./asked-desk.ts";

const removeAnt = { workspace: "w", hosts: ["ant"] };
const GONE = new MtuiError("request.cancelled", "client c1 is gone.", { data: { gone: true } });

describe("a change that starts no job, asked for again under its key", () => {
  test("is answered as it was and not done again", async () => {
    using desk = await open();
    const first = await desk.call("remove_host", removeAnt, KEY);
    expect(first).toEqual({ released: ["ant"], unreleased: [] });
    expect(await desk.call("remove_host", removeAnt, KEY)).toEqual(first);
    // The same parameters, however they are written.
    expect(await desk.call("remove_host", { hosts: ["ant"], workspace: "w" }, KEY)).toEqual(first);
    await expect(desk.call("remove_host", removeAnt)).rejects.toMatchObject({ kind: "host.unknown" });
  });

  test("fails as it failed, although it would succeed by now", async () => {
    using desk = await open();
    const failed = { kind: "host.unknown", message: expect.stringContaining("cat") };
    const cat = { workspace: "w", hosts: ["cat"] };
    await expect(desk.call("remove_host", cat, KEY)).rejects.toMatchObject(failed);
    await desk.call("add_host", { workspace: "w", target: ["cat"] });
    await expect(desk.call("remove_host", cat, KEY)).rejects.toMatchObject(failed);
    expect(hostsOf(desk)).toContain("cat");
  });

  test("while it is under way, both wait for the same", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    const first = desk.call("remove_host", removeAnt, KEY);
    await slow.reached;
    const second = desk.call("remove_host", removeAnt, KEY);
    slow.open();
    expect(await Promise.all([first, second])).toEqual([
      { released: ["ant"], unreleased: [] },
      { released: ["ant"], unreleased: [] },
    ]);
  });

  test("a key is one request's; another operation, client or namespace has its own", async () => {
    using desk = await open();
    await desk.call("remove_host", removeAnt, KEY);
    const bee = { workspace: "w", hosts: ["bee"] };
    await expect(desk.call("remove_host", bee, KEY)).rejects.toMatchObject({
      kind: "params.invalid",
      data: { parameter: "idempotency_key" },
    });
    expect(hostsOf(desk)).toEqual(["bee"]);
    await desk.call("unlock", { workspace: "w" }, KEY);
    await desk.call("add_host", { workspace: "w", target: ["cat"] }, { client: AGENT });
    const other = { ...AGENT, namespace: "claude-2" };
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: other });
    const cat = { workspace: "w", hosts: ["cat"] };
    expect(await desk.call("remove_host", cat, { client: AGENT, ...KEY })).toMatchObject({
      released: ["cat"],
    });
    expect(await desk.call("remove_host", removeAnt, { client: other, ...KEY })).toMatchObject({
      released: ["ant"],
    });
  });

  test("after ten minutes it is a new request, and nothing is kept of the old one", async () => {
    using desk = await open();
    await desk.call("remove_host", removeAnt, KEY);
    await desk.clock.advance(REMEMBER_MS);
    expect(await desk.call("remove_host", removeAnt, KEY)).toMatchObject({ released: ["ant"] });
    await desk.clock.advance(1000);
    await expect(desk.call("remove_host", removeAnt, KEY)).rejects.toMatchObject({ kind: "host.unknown" });
    await desk.clock.advance(REMEMBER_MS + 1000);
    await desk.call("unlock", { workspace: "w" }, { key: "k-2" });
    expect(desk.journal.calls.all().map(([id]) => id)).toEqual(["terminal unlock k-2"]);
  });

  test("goes on when its caller is gone, and ends when it is cancelled", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    const lane = desk.call("remove_host", removeAnt);
    await slow.reached;
    const callers = [new AbortController(), new AbortController()] as const;
    const bee = { workspace: "w", hosts: ["bee"] };
    const lost = desk.call("remove_host", bee, { key: "lost", signal: callers[0].signal });
    const cancelled = desk.call("remove_host", bee, { key: "cancelled", signal: callers[1].signal });
    cancelled.catch(() => {});
    callers[0].abort(GONE);
    callers[1].abort(new MtuiError("request.cancelled", "The client cancelled the request."));
    await expect(cancelled).rejects.toMatchObject({ kind: "request.cancelled" });
    slow.open();
    await lane;
    expect(await lost).toMatchObject({ released: ["bee"] });
    expect(await desk.call("remove_host", bee, { key: "lost" })).toMatchObject({ released: ["bee"] });
  });

  test("questions may have keys, which mean nothing", async () => {
    using desk = await open();
    const hosts = (): Promise<unknown> => desk.call("list_hosts", { workspace: "w" }, KEY);
    expect(await hosts()).toMatchObject({ hosts: [{ host: "ant" }, { host: "bee" }] });
    await desk.call("remove_host", removeAnt);
    expect(await hosts()).toMatchObject({ hosts: [{ host: "bee" }] });
    expect(desk.journal.calls.all()).toEqual([]);
  });
});

describe("when the daemon died meanwhile", () => {
  test("what it had answered is answered again", async () => {
    using desk = await open();
    const first = await desk.call("remove_host", removeAnt, KEY);
    const failed = { workspace: "w", hosts: ["dog"] };
    await desk.call("remove_host", failed, { key: "k-2" }).catch(() => {});
    using next = await desk.nextLife();
    expect(await next.call("remove_host", removeAnt, KEY)).toEqual(first);
    await expect(next.call("remove_host", failed, { key: "k-2" })).rejects.toMatchObject({
      kind: "host.unknown",
      data: { host: "dog" },
    });
  });

  test("between begun and answered: nobody knows, it is not done again, and the hint says where to look", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    desk.call("remove_host", removeAnt, KEY).catch(() => {});
    await slow.reached;
    const begun = desk.clock.now();
    using next = await desk.nextLife();
    next.pool.machine("ant").gates.release = async () => {};
    await settle();
    const before = hostsOf(next);
    for (let again = 0; again < 2; again += 1)
      await expect(next.call("remove_host", removeAnt, KEY)).rejects.toMatchObject({
        kind: "outcome.unknown",
        retryable: false,
        hint: expect.stringMatching(/^Look: mtuictl list-hosts; .* new key/),
        data: { operation: "remove_host", at: begun },
      });
    expect(hostsOf(next)).toEqual(before);
    await expect(next.call("remove_host", { workspace: "w" }, KEY)).rejects.toMatchObject({
      kind: "params.invalid",
    });
    // Under a new key it is a new request.
    expect(hostsOf(next)).toContain("ant");
    expect(await next.call("remove_host", removeAnt, { key: "k-2" })).toMatchObject({ released: ["ant"] });
  });

  test("what was begun long before is as unknown as any, and for as long", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { id, params } = askedCall("unlock", { params: {}, client: PERSON, ...KEY });
    desk.journal.write(() => desk.journal.calls.put(id, { at: desk.clock.now(), params, answer: null }));
    await desk.clock.advance(2 * REMEMBER_MS);
    using next = await desk.nextLife();
    const ask = (): Promise<unknown> =>
      next.services.remembered.once(
        { id, params, operation: "unlock" },
        { signal: new AbortController().signal, work: async () => "done" },
      );
    await expect(ask()).rejects.toMatchObject({ kind: "outcome.unknown" });
    await next.clock.advance(REMEMBER_MS + 1000);
    expect(await ask()).toBe("done");
  });

  test("right before it began: it is done now", async () => {
    using desk = await open();
    using next = await desk.nextLife();
    expect(await next.call("remove_host", removeAnt, KEY)).toMatchObject({ released: ["ant"] });
  });
});
