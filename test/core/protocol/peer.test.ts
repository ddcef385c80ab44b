import { MtuiError, Peer, type PeerCall } from "@mtui/core/protocol";
import { expect, test, vi } from "vitest";
import { peerAndWire, socketPair } from "./pair.ts";

const echo = { handle: async ({ params }: PeerCall) => params };
const forever = { handle: () => new Promise<never>(() => {}) };
const request = (id: unknown, method = "echo", params: unknown = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

test("two peers call each other over one socket", async () => {
  await using pair = await socketPair();
  await using near = new Peer({ stream: pair.near, remote: "far", service: echo });
  await using far = new Peer({ stream: pair.far, remote: "near", service: { handle: async () => ["far"] } });
  expect(await far.call("x", { text: "ä€😀\n" })).toEqual({ text: "ä€😀\n" });
  expect(await near.call("x", {})).toEqual(["far"]);
  expect(await Promise.all([1, 2, 3].map((n) => far.call("x", { n })))).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
});

test("a key reaches the handler beside the parameters, and without one there is none", async () => {
  const seen: unknown[] = [];
  await using pair = await socketPair();
  await using near = new Peer({ stream: pair.near, remote: "far" });
  await using _far = new Peer({
    stream: pair.far,
    remote: "near",
    service: {
      handle: async ({ params, idempotencyKey }) => {
        seen.push({ params, idempotencyKey });
        return true;
      },
    },
  });
  await near.call("x", { n: 1 }, { idempotencyKey: "A_z-9" });
  await near.call("x", { n: 2 });
  expect(seen).toEqual([
    { params: { n: 1 }, idempotencyKey: "A_z-9" },
    { params: { n: 2 }, idempotencyKey: undefined },
  ]);
  for (const key of ["", "a b", "ä", "k".repeat(65)])
    await expect(near.call("x", {}, { idempotencyKey: key })).rejects.toMatchObject({
      kind: "params.invalid",
    });
});

test("a character split between two chunks arrives whole", async () => {
  await using at = await peerAndWire({ service: echo });
  const bytes = Buffer.from(`${JSON.stringify(request(1, "echo", { text: "😀" }))}\n`);
  const middle = bytes.indexOf(0xf0) + 2;
  at.raw(bytes.subarray(0, middle));
  await vi.waitUntil(() => at.far.writableLength === 0);
  at.raw(bytes.subarray(middle));
  expect((await at.next())?.result).toEqual({ text: "😀" });
});

test.each([
  { name: "garbage", line: "x{]", kind: "protocol.parse", id: null },
  {
    name: "bytes that are not UTF-8",
    line: Buffer.from([0x22, 0xff, 0x22]),
    kind: "protocol.parse",
    id: null,
  },
  { name: "a number", line: "5", kind: "protocol.invalid", id: null },
  { name: "null", line: "null", kind: "protocol.invalid", id: null },
  { name: "a batch", line: JSON.stringify([request(1), request(2)]), kind: "protocol.invalid", id: null },
  { name: "an empty batch", line: "[]", kind: "protocol.invalid", id: null },
  { name: "an object as id", line: JSON.stringify(request({ a: 1 })), kind: "protocol.invalid", id: null },
  { name: "a fraction as id", line: JSON.stringify(request(1.5)), kind: "protocol.invalid", id: null },
  { name: "null as id", line: JSON.stringify(request(null)), kind: "protocol.invalid", id: null },
  {
    name: "a key that is none",
    line: JSON.stringify({ ...request(7), idempotency_key: "a b" }),
    kind: "protocol.invalid",
    id: 7,
  },
  { name: "no version", line: '{"id":7,"method":"echo"}', kind: "protocol.invalid", id: 7 },
  {
    name: "a method that is no name",
    line: JSON.stringify({ ...request(7), method: 5 }),
    kind: "protocol.invalid",
    id: 7,
  },
  {
    name: "a huge method",
    line: JSON.stringify(request(7, "m".repeat(200))),
    kind: "protocol.invalid",
    id: 7,
  },
  {
    name: "positional parameters",
    line: JSON.stringify(request(7, "echo", [1])),
    kind: "protocol.invalid",
    id: 7,
  },
  {
    name: "request and reply at once",
    line: JSON.stringify({ ...request(7), result: 1 }),
    kind: "protocol.invalid",
    id: 7,
  },
  { name: "neither request nor reply", line: '{"jsonrpc":"2.0","id":7}', kind: "protocol.invalid", id: 7 },
])("$name is answered with $kind, and the conversation goes on", async ({ line, kind, id }) => {
  await using at = await peerAndWire({ service: echo });
  at.raw(Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
  expect(await at.next()).toMatchObject({ id, error: { data: { kind } } });
  at.send(request(9, "echo", { still: "here" }));
  expect(await at.next()).toMatchObject({ id: 9, result: { still: "here" } });
});

test("nothing of a batch is carried out, and the answer says why", async () => {
  const handle = vi.fn(async () => ({}));
  await using at = await peerAndWire({ service: { handle } });
  at.send([request(1), request(2)]);
  expect((await at.next())?.error?.message).toContain("Batches are not served");
  expect(handle).not.toHaveBeenCalled();
});

test("blank lines mean nothing", async () => {
  await using at = await peerAndWire({ service: echo });
  at.raw("\n \r\n");
  at.send(request(1));
  expect(await at.next()).toMatchObject({ id: 1, result: {} });
});

test("a line over the bound is answered and closes, before it has ended", async () => {
  await using at = await peerAndWire({ service: echo, limits: { lineBytes: 1000 } });
  at.raw("x".repeat(1001));
  expect(await at.next()).toMatchObject({
    id: null,
    error: { data: { kind: "protocol.limit", limit: 1000 } },
  });
  expect(await at.next()).toBeNull();
});

test("an id over the bound is answered and closes", async () => {
  await using at = await peerAndWire({ service: echo });
  at.send(request("i".repeat(128)));
  expect((await at.next())?.result).toEqual({});
  at.send(request("ä".repeat(65)));
  expect(await at.next()).toMatchObject({ id: null, error: { data: { kind: "protocol.limit" } } });
  expect(await at.next()).toBeNull();
});

test("the 65th call is answered and closes; the signals of the others abort", async () => {
  const signals: AbortSignal[] = [];
  await using at = await peerAndWire({
    service: {
      handle: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    },
  });
  for (let id = 1; id <= 65; id += 1) at.send(request(id));
  expect(await at.next()).toMatchObject({ id: 65, error: { data: { kind: "protocol.limit", limit: 64 } } });
  expect(await at.next()).toBeNull();
  expect(signals).toHaveLength(64);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
});

test("half a line at the end is not carried out", async () => {
  const handle = vi.fn(async () => ({}));
  await using at = await peerAndWire({ service: { handle } });
  at.far.end(JSON.stringify(request(1)));
  await at.peer.closed;
  expect(handle).not.toHaveBeenCalled();
});

test("an id that is in flight already is refused without touching the first", async () => {
  const gate = Promise.withResolvers<object>();
  await using at = await peerAndWire({ service: { handle: () => gate.promise } });
  at.send(request(1));
  at.send(request(1));
  expect(await at.next()).toMatchObject({ id: null, error: { data: { kind: "protocol.invalid" } } });
  gate.resolve({ first: true });
  expect(await at.next()).toMatchObject({ id: 1, result: { first: true } });
});

test("an operation is not run from a notification", async () => {
  const handle = vi.fn(async () => ({}));
  await using at = await peerAndWire({ service: { handle } });
  at.send({ jsonrpc: "2.0", method: "daemon_stop", params: {} });
  at.send(request(1));
  expect(await at.next()).toMatchObject({ id: 1 });
  expect(handle).toHaveBeenCalledTimes(1);
});

test.each([
  { thrown: new Error("secret stack"), kind: "internal", code: -32603 },
  { thrown: "text", kind: "internal", code: -32603 },
  { thrown: new MtuiError("host.unknown", "no ant"), kind: "host.unknown", code: -32060 },
])("a handler that throws $thrown answers $kind", async ({ thrown, kind, code }) => {
  await using at = await peerAndWire({
    service: {
      handle: async () => {
        throw thrown;
      },
    },
  });
  at.send(request(1));
  expect(await at.next()).toMatchObject({ id: 1, error: { code, data: { kind, retryable: false } } });
});

test.each([{ result: undefined }, { result: { big: 1n } }])(
  "a result of $result is a fault, never an empty reply",
  async ({ result }) => {
    await using at = await peerAndWire({ service: { handle: async () => result } });
    at.send(request(1));
    expect(await at.next()).toMatchObject({ id: 1, error: { data: { kind: "internal" } } });
  },
);

test("a result that is too long for a line becomes an error for that call alone", async () => {
  await using at = await peerAndWire({
    limits: { lineBytes: 1000 },
    service: { handle: async ({ params }) => "x".repeat((params as { n: number }).n) },
  });
  at.send(request(1, "echo", { n: 1000 }));
  expect(await at.next()).toMatchObject({ id: 1, error: { data: { kind: "protocol.limit" } } });
  at.send(request(2, "echo", { n: 10 }));
  expect(await at.next()).toMatchObject({ id: 2, result: "xxxxxxxxxx" });
});

test("hooks check parameters before, and results after the handler", async () => {
  const handle = vi.fn(async () => "result");
  await using at = await peerAndWire({
    service: {
      handle,
      params: (method, params) => {
        if (params["bad"] === true) throw new MtuiError("params.invalid", `${method} is bad`);
        return { ...params, filled: 1 };
      },
      result: (_method, result) => `${String(result)} checked`,
    },
  });
  at.send(request(1, "m", { bad: true }));
  expect(await at.next()).toMatchObject({ error: { message: "m is bad" } });
  expect(handle).not.toHaveBeenCalled();
  at.send(request(2, "m", { a: 0 }));
  expect(await at.next()).toMatchObject({ id: 2, result: "result checked" });
  expect(handle).toHaveBeenCalledWith(expect.objectContaining({ method: "m", params: { a: 0, filled: 1 } }));
});

test("$/cancelRequest aborts that call alone, and it is still answered", async () => {
  await using at = await peerAndWire({
    service: {
      handle: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  at.send(request(1));
  at.send(request("two"));
  at.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "two" } });
  expect(await at.next()).toMatchObject({ id: "two", error: { data: { kind: "request.cancelled" } } });
  expect(at.peer.serving).toBe(1);
});

test("a caller that gives up rejects at once, cancels there, and keeps its place until the reply", async () => {
  await using at = await peerAndWire({ limits: { callsInFlight: 1 } });
  const abort = new AbortController();
  const call = at.peer.call("slow", {}, { signal: abort.signal });
  expect(await at.next()).toMatchObject({ id: 1, method: "slow" });
  abort.abort();
  await expect(call).rejects.toMatchObject({ kind: "request.cancelled" });
  expect(await at.next()).toMatchObject({ method: "$/cancelRequest", params: { id: 1 } });
  await expect(at.peer.call("next", {})).rejects.toMatchObject({ kind: "protocol.limit", retryable: true });
  at.send({ jsonrpc: "2.0", id: 1, result: "late" });
  at.send(request("behind it"));
  expect(await at.next()).toMatchObject({ id: "behind it" });
  at.peer.call("next", {}).catch(() => {});
  expect(await at.next()).toMatchObject({ id: 2, method: "next" });
});

test("a call that takes too long is request.timeout and cancelled there", async () => {
  await using at = await peerAndWire({});
  const call = at.peer.call("slow", {}, { timeoutMs: 5 });
  await expect(call).rejects.toMatchObject({ kind: "request.timeout", retryable: true });
  expect(await at.next()).toMatchObject({ method: "slow" });
  expect(await at.next()).toMatchObject({ method: "$/cancelRequest", params: { id: 1 } });
});

test("errors of the other end are rebuilt, whatever they are", async () => {
  await using at = await peerAndWire({});
  const answers: [unknown, object][] = [
    [
      {
        code: -32062,
        message: "busy",
        data: { kind: "host.busy", retryable: true, hint: "wait", host: "ant" },
      },
      { kind: "host.busy", message: "busy", hint: "wait", retryable: true, data: { host: "ant" } },
    ],
    [
      { code: 1, message: "of later days", data: { kind: "host.haunted" } },
      { kind: "internal", message: "of later days" },
    ],
    [
      { code: 1, message: "bare" },
      { kind: "internal", message: "bare", retryable: false },
    ],
    ["text", { kind: "protocol.invalid" }],
  ];
  for (const [error, expected] of answers) {
    const call = at.peer.call("x", {});
    const sent = await at.next();
    at.send({ jsonrpc: "2.0", id: sent?.id, error });
    await expect(call).rejects.toMatchObject(expected);
  }
});

test("an error without id settles all calls in flight", async () => {
  await using at = await peerAndWire({});
  const calls = [at.peer.call("a", {}), at.peer.call("b", {})];
  at.send({
    jsonrpc: "2.0",
    id: null,
    error: { code: -32001, message: "full", data: { kind: "protocol.limit" } },
  });
  for (const call of calls)
    await expect(call).rejects.toMatchObject({ kind: "protocol.limit", message: "full" });
  await at.peer.closed;
});

test("garbage from a peer that we only call ends the conversation", async () => {
  await using at = await peerAndWire({});
  const call = at.peer.call("a", {});
  at.raw("Segmentation fault\n");
  await expect(call).rejects.toMatchObject({
    kind: "protocol.invalid",
    message: expect.stringContaining("unreadable"),
  });
});

test("calls in flight are rejected when the other end dies, and later ones too", async () => {
  await using at = await peerAndWire({});
  const calls = [at.peer.call("a", {}), at.peer.call("b", {})];
  at.far.destroy();
  for (const call of calls)
    await expect(call).rejects.toMatchObject({ kind: "daemon.unreachable", retryable: true });
  await at.peer.closed;
  await expect(at.peer.call("c", {})).rejects.toMatchObject({ kind: "daemon.unreachable" });
});

test("a peer without a service knows no method", async () => {
  await using at = await peerAndWire({});
  at.send(request(1, "anything"));
  expect(await at.next()).toMatchObject({ id: 1, error: { code: -32601, data: { kind: "method.unknown" } } });
});

test("progress reaches the caller of that call", async () => {
  await using pair = await socketPair();
  await using _near = new Peer({
    stream: pair.near,
    remote: "far",
    service: {
      handle: async ({ progress }) => {
        progress({ step: 1 });
        return {};
      },
    },
  });
  await using far = new Peer({ stream: pair.far, remote: "near" });
  const seen: unknown[] = [];
  await far.call("x", {}, { onProgress: (value) => seen.push(value) });
  expect(seen).toEqual([{ step: 1 }]);
});

test("a peer that does not read is not read from, and cut off at the bound", async () => {
  const events: string[] = [];
  const handle = vi.fn(async () => "x".repeat(900_000));
  await using at = await peerAndWire({
    service: { handle },
    limits: { queuedBytes: 4_000_000 },
    onEvent: ({ event }) => events.push(event),
  });
  at.far.pause();
  for (let id = 1; id <= 40; id += 1) at.send(request(id));
  await at.peer.closed;
  expect(events).toContain("cut");
  expect(handle.mock.calls.length).toBeLessThanOrEqual(40);
});

test("replies to a slow reader all arrive, and it is served on afterwards", async () => {
  await using at = await peerAndWire({
    service: { handle: async ({ params }) => ({ params, fill: "x".repeat(300_000) }) },
  });
  at.far.pause();
  for (let id = 1; id <= 20; id += 1) at.send(request(id, "m", { id }));
  await vi.waitUntil(() => at.peer.serving === 0 && at.far.writableLength === 0);
  at.far.resume();
  const ids = [];
  for (let n = 1; n <= 20; n += 1) ids.push((await at.next())?.id);
  expect(ids.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  at.send(request("after"));
  expect((await at.next())?.id).toBe("after");
});

test("requests of a peer that does not read stay in its own buffers", async () => {
  const handle = vi.fn(async () => "x".repeat(500_000));
  await using at = await peerAndWire({ service: { handle } });
  at.far.pause();
  const sent = 2_000;
  for (let id = 1; id <= sent; id += 1) at.send(request(id, "m", { pad: "p".repeat(2_000) }));
  await vi.waitUntil(() => handle.mock.calls.length > 0 && at.peer.serving === 0);
  expect(handle.mock.calls.length).toBeLessThan(64);
  expect(at.far.writableLength).toBeGreaterThan(1_000_000);
});

test("closing gives a reason to the other end", async () => {
  await using at = await peerAndWire({ service: forever });
  at.peer.close(new MtuiError("daemon.stopping", "bye"));
  expect(await at.next()).toMatchObject({ id: null, error: { data: { kind: "daemon.stopping" } } });
  expect(await at.next()).toBeNull();
});
