import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import { LIMITS } from "../../../packages/mcp-shim/src/limits.ts";
import { DaemonLink } from "../../../packages/mcp-shim/src/link/index.ts";
import { settle, VirtualClock } from "../../daemon/support/virtual-clock.ts";
import { type Answer, type FakeClient, fakeClient, silence } from "../support/fake-client.ts";

type Dialled = FakeClient | Error;

/** A link that gets these connections, one after the other; the last one again and again. */
function linkTo(...clients: Dialled[]) {
  const clock = new VirtualClock();
  const dials: { start: boolean }[] = [];
  const link = new DaemonLink({
    clock,
    dial: async (options) => {
      const next = clients[Math.min(dials.length, clients.length - 1)];
      dials.push(options);
      if (next === undefined || next instanceof Error) throw next ?? new Error("no client");
      return next;
    },
  });
  const call = (method: string, options: Partial<Parameters<typeof link.call>[0]> = {}) =>
    link.call({ method, params: {}, signal: new AbortController().signal, repeatable: true, ...options });
  return { link, clock, dials, call };
}

const down = new MtuiError("daemon.unreachable", "No mtuid.");

/** A client whose `method` breaks the connection; what is asked after that goes to the next one. */
function lossOn(
  method: string,
  kind?: "daemon.unreachable" | "daemon.stopping",
  features?: string[],
): FakeClient {
  const client: FakeClient = fakeClient(
    {
      [method]: () => {
        client.lose(kind);
        return new Promise(() => {});
      },
    },
    features === undefined ? {} : { features },
  );
  return client;
}

describe("one connection", () => {
  test("is dialled by the first call and shared by those at the same time", async () => {
    const client = fakeClient();
    const { dials, call } = linkTo(client);
    expect(dials).toEqual([]);
    await Promise.all([call("a"), call("b"), call("c")]);
    expect(dials).toEqual([{ start: true }]);
    expect(client.asked.map(({ method }) => method)).toEqual(["a", "b", "c"]);
  });

  test("a daemon that is down is an answer, and the next call dials again", async () => {
    const { dials, call } = linkTo(down, fakeClient());
    await expect(call("a")).rejects.toMatchObject({ kind: "daemon.unreachable" });
    await expect(call("a")).resolves.toBe(true);
    expect(dials).toHaveLength(2);
  });

  test("a caller that gives up while it is dialled is answered at once", async () => {
    const abort = new AbortController();
    const dialling = Promise.withResolvers<never>();
    const link = new DaemonLink({ clock: new VirtualClock(), dial: () => dialling.promise });
    const called = link.call({ method: "a", params: {}, signal: abort.signal, repeatable: true });
    abort.abort();
    await expect(called).rejects.toMatchObject({ kind: "request.cancelled" });
    dialling.reject(down);
  });

  test("the namespace is the one that was granted", async () => {
    const { call, link } = linkTo(fakeClient({}, { namespace: "me-2" }));
    expect(link.namespace).toBeNull();
    await call("a");
    expect(link.namespace).toBe("me-2");
  });
});

describe("a connection that breaks under a call", () => {
  test("a read is asked once more", async () => {
    const { dials, call } = linkTo(lossOn("a"), fakeClient());
    await expect(call("a")).resolves.toBe(true);
    expect(dials).toHaveLength(2);
  });

  test("a change is sent once more under the same key", async () => {
    const [first, second] = [lossOn("a"), fakeClient()];
    const { call } = linkTo(first, second);
    await expect(call("a", { repeatable: false, key: "k1" })).resolves.toBe(true);
    expect([...first.asked, ...second.asked].map(({ method, key }) => [method, key])).toEqual([
      ["a", "k1"],
      ["a", "k1"],
    ]);
  });

  test.each([
    ["the daemon", [], ["idempotency"]],
    ["its successor", ["idempotency"], []],
  ])("a change is not sent twice where %s knows no keys", async (_who, before, after) => {
    const second = fakeClient({}, { features: after });
    const { call } = linkTo(lossOn("a", "daemon.unreachable", before), second);
    await expect(call("a", { repeatable: false, key: "k1" })).rejects.toMatchObject({
      kind: "daemon.unreachable",
      retryable: false,
      message: expect.stringContaining("Whether a was carried out is not known."),
    });
    expect(second.asked).toEqual([]);
  });

  test("what a daemon that stops has refused is sent to its successor, key or no key", async () => {
    const second = fakeClient({}, { features: [] });
    const { call } = linkTo(lossOn("a", "daemon.stopping", []), second);
    await expect(call("a", { repeatable: false, key: "k1" })).resolves.toBe(true);
    expect(second.asked).toHaveLength(1);
  });

  test("once more, not for ever", async () => {
    const { dials, call } = linkTo(lossOn("a"), lossOn("a"), fakeClient());
    await expect(call("a")).rejects.toMatchObject({ kind: "daemon.unreachable" });
    expect(dials).toHaveLength(2);
    await expect(call("a")).resolves.toBe(true);
  });

  test("nobody there to ask again: a read says so, a change that its outcome is not known", async () => {
    const { call } = linkTo(lossOn("a"), down, lossOn("a"), down);
    await expect(call("a")).rejects.toMatchObject({ message: "No mtuid." });
    await expect(call("a", { repeatable: false, key: "k" })).rejects.toMatchObject({
      message: "No mtuid. Whether a was carried out is not known.",
    });
  });

  test("other errors are no reason to ask again", async () => {
    const client = fakeClient({
      a: () => {
        throw new MtuiError("workspace.unknown", "none");
      },
    });
    const { dials, call } = linkTo(client);
    await expect(call("a")).rejects.toMatchObject({ kind: "workspace.unknown" });
    expect(client.asked).toHaveLength(1);
    expect(dials).toHaveLength(1);
  });

  test("after an error that nobody understands another connection is used", async () => {
    const client = fakeClient({
      a: () => {
        throw new MtuiError("internal", "?");
      },
    });
    const { dials, call } = linkTo(client, fakeClient());
    await expect(call("a")).rejects.toMatchObject({ kind: "internal" });
    await expect(call("a")).resolves.toBe(true);
    expect(dials).toHaveLength(2);
    expect(client.disposed).toBe(true);
  });

  test("two calls that lose the same connection dial one new one", async () => {
    const first = fakeClient({ a: silence, b: silence });
    const { dials, call } = linkTo(first, fakeClient());
    const both = [call("a"), call("b")];
    await settle();
    first.lose();
    await expect(Promise.all(both)).resolves.toEqual([true, true]);
    expect(dials).toHaveLength(2);
  });
});

describe("a daemon that hangs", () => {
  const HANGS: Record<string, Answer> = { a: silence, heartbeat: silence };
  const FOUND = LIMITS.quietMs + LIMITS.signMs;

  test("is found by its silence, and the next call dials anew", async () => {
    const client = fakeClient(HANGS);
    const { clock, dials, call } = linkTo(client, fakeClient());
    const called = call("a");
    called.catch(() => {});
    await clock.advance(FOUND - 1);
    expect(client.disposed).toBe(false);
    await clock.advance(1);
    await expect(called).rejects.toMatchObject({
      kind: "daemon.unreachable",
      data: { hung: true, pid: 4711 },
    });
    expect(client.disposed).toBe(true);
    expect(dials).toHaveLength(1);
    await expect(call("a")).resolves.toBe(true);
  });

  test("a change that it got may have been carried out", async () => {
    const { clock, call } = linkTo(fakeClient(HANGS));
    const called = expect(call("a", { repeatable: false, key: "k" })).rejects.toMatchObject({
      message: expect.stringContaining("Whether a was carried out is not known."),
    });
    await clock.advance(FOUND);
    await called;
  });

  test("slow work of a daemon that is well is waited for", async () => {
    const end = Promise.withResolvers<string>();
    const client = fakeClient({ a: () => end.promise });
    const { clock, call } = linkTo(client);
    const called = call("a");
    await clock.advance(20 * FOUND);
    end.resolve("done");
    await expect(called).resolves.toBe("done");
    expect(client.disposed).toBe(false);
    expect(client.asked.filter(({ method }) => method === "heartbeat").length).toBeGreaterThan(10);
  });

  test("an error is a sign of life, too; a daemon without heartbeat is asked something else", async () => {
    const client = fakeClient(
      {
        a: silence,
        whoami: () => {
          throw new MtuiError("internal", "oops");
        },
      },
      { features: [] },
    );
    const { clock, call } = linkTo(client);
    call("a").catch(() => {});
    await clock.advance(5 * FOUND);
    expect(client.disposed).toBe(false);
    expect(client.asked.map(({ method }) => method)).not.toContain("heartbeat");
  });

  test("is found without any call, by the heartbeat", async () => {
    const client = fakeClient({ heartbeat: silence });
    const { clock, call } = linkTo(client, fakeClient());
    await call("a");
    await clock.advance(LIMITS.beatMs + LIMITS.signMs);
    expect(client.disposed).toBe(true);
  });
});

describe("limits and heartbeats", () => {
  test("a call has its limit, dialling included; the connection stays", async () => {
    const client = fakeClient({ a: silence });
    const { clock, dials, call } = linkTo(client);
    const called = expect(call("a", { timeoutMs: 5_000 })).rejects.toMatchObject({ kind: "request.timeout" });
    await clock.advance(5_000);
    await called;
    await call("b");
    expect(dials).toHaveLength(1);

    const link = new DaemonLink({ clock, dial: () => new Promise(() => {}) });
    const late = expect(
      link.call({
        method: "a",
        params: {},
        signal: new AbortController().signal,
        repeatable: true,
        timeoutMs: 5_000,
      }),
    ).rejects.toMatchObject({ kind: "request.timeout" });
    await clock.advance(5_000);
    await late;
  });

  test("each minute of a connection has a heartbeat, and none comes before the first call", async () => {
    const client = fakeClient();
    const { clock, dials, call } = linkTo(client);
    await clock.advance(10 * LIMITS.beatMs);
    expect(dials).toEqual([]);
    await call("a");
    await clock.advance(5 * LIMITS.beatMs);
    expect(client.asked.filter(({ method }) => method === "heartbeat")).toHaveLength(5);
  });

  test("after a loss it looks for a daemon now and then and starts none; found, it gives a sign at once", async () => {
    const [first, second] = [fakeClient(), fakeClient()];
    const { clock, dials, call } = linkTo(first, down, second);
    await call("a");
    first.lose();
    await clock.advance(2 * LIMITS.beatMs);
    expect(dials.map(({ start }) => start)).toEqual([true, false, false]);
    expect(second.asked.map(({ method }) => method)).toEqual(["heartbeat"]);
    await call("b");
    expect(dials).toHaveLength(3);
  });

  test("a call that dials while it looks: one connection is kept, the other one closed", async () => {
    const first = fakeClient();
    const looked = Promise.withResolvers<FakeClient>();
    const clock = new VirtualClock();
    let dialled = 0;
    const current = fakeClient();
    const link = new DaemonLink({
      clock,
      dial: async ({ start }) => {
        dialled++;
        if (dialled === 1) return first;
        return start ? current : looked.promise;
      },
    });
    const call = () =>
      link.call({ method: "a", params: {}, signal: new AbortController().signal, repeatable: true });
    await call();
    first.lose();
    await clock.advance(LIMITS.beatMs);
    await call();
    const late = fakeClient();
    looked.resolve(late);
    await settle();
    expect([current.disposed, late.disposed]).toEqual([false, true]);
  });

  test("closed, it leaves no connection and no timer behind", async () => {
    const client = fakeClient({ b: silence });
    const { link, clock, call } = linkTo(client);
    await call("a");
    const pending = call("b").catch((error: unknown) => error);
    await settle();
    await link[Symbol.asyncDispose]();
    client.lose();
    expect(await pending).toBeInstanceOf(MtuiError);
    await settle();
    expect(client.disposed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
