import { createServer } from "node:net";
import { MtuiError, Peer, PROTOCOL_RANGE, toWireError, WIRE_LIMITS } from "@mtui/core/protocol";
import { helloParams, helloResult } from "@mtui/core/registry";
import { type ClientName, connect } from "@mtui/core/client";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { socketPair } from "../core/protocol/pair.ts";
import { sandbox } from "../daemon/server/harness.ts";

/** Bytes as they are: another program that speaks this protocol relies on them. */

test("limits", () => {
  expect(WIRE_LIMITS).toEqual({
    lineBytes: 8_388_608,
    callsInFlight: 64,
    connections: 64,
    idBytes: 128,
    methodBytes: 128,
    progressMs: 250,
    queuedBytes: 67_108_864,
    helloMs: 10_000,
    lingerMs: 1_000,
  });
  expect(PROTOCOL_RANGE).toEqual({ min: 1, max: 1 });
});

test("a request, its cancellation, and a reply", async () => {
  await using pair = await socketPair();
  await using near = new Peer({ stream: pair.near, remote: "far" });
  const bytes: string[] = [];
  pair.far.on("data", (chunk) => bytes.push(chunk.toString()));
  const abort = new AbortController();
  const call = near.call("list_hosts", { workspace: "a" }, { signal: abort.signal });
  abort.abort();
  await call.catch(() => {});
  const other = near.call("x", {});
  await expect
    .poll(() => bytes.join(""))
    .toBe(
      '{"jsonrpc":"2.0","id":1,"method":"list_hosts","params":{"workspace":"a"}}\n' +
        '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}\n' +
        '{"jsonrpc":"2.0","id":2,"method":"x","params":{}}\n',
    );
  pair.far.write('{"jsonrpc":"2.0","id":2,"result":{"hosts":[]}}\n');
  expect(await other).toEqual({ hosts: [] });
});

test("answers: result, error, progress", async () => {
  await using pair = await socketPair();
  const error = new MtuiError("host.busy", "ant is busy", {
    hint: "wait",
    retryable: true,
    data: { host: "ant", kind: "x" },
  });
  await using _near = new Peer({
    stream: pair.near,
    remote: "far",
    service: {
      handle: async ({ method, progress }) => {
        if (method === "fail") throw error;
        progress({ step: "load" });
        return { ok: true };
      },
    },
  });
  const bytes: string[] = [];
  pair.far.on("data", (chunk) => bytes.push(chunk.toString()));
  pair.far.write(
    '{"jsonrpc":"2.0","id":"a","method":"m"}\n{"jsonrpc":"2.0","id":2,"method":"fail","params":{}}\n',
  );
  await expect
    .poll(() => bytes.join("").split("\n").sort())
    .toEqual([
      "",
      '{"jsonrpc":"2.0","id":"a","result":{"ok":true}}',
      '{"jsonrpc":"2.0","id":2,"error":{"code":-32062,"message":"ant is busy","data":{"host":"ant","kind":"host.busy","retryable":true,"hint":"wait"}}}',
      '{"jsonrpc":"2.0","method":"$/progress","params":{"id":"a","value":{"step":"load"}}}',
    ]);
  expect(toWireError(error).data.kind).toBe("host.busy");
});

test("a request that may be asked again", async () => {
  await using pair = await socketPair();
  await using peer = new Peer({ stream: pair.near, remote: "mtuid" });
  const got = new Promise<string>((resolve) => pair.far.once("data", (chunk) => resolve(chunk.toString())));
  void peer.call("remove_host", { hosts: ["ant"] }, { idempotencyKey: "k-1" }).catch(() => {});
  expect(await got).toBe(
    '{"jsonrpc":"2.0","id":1,"method":"remove_host","params":{"hosts":["ant"]},"idempotency_key":"k-1"}\n',
  );
});

/** The first line of each connection that a client makes, until the last answer refuses it for good. */
async function greetings(client: ClientName, answers: readonly object[]): Promise<unknown[]> {
  using box = sandbox();
  mkdirSync(dirname(box.socket), { mode: 0o700 });
  const names: unknown[] = [];
  const left = [...answers];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      names.push((JSON.parse(chunk.toString()) as { params: { client: unknown } }).params.client);
      const answer = left.shift();
      if (answer === undefined) socket.destroy();
      else socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: names.length, ...answer })}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(box.socket, resolve));
  await connect({ client, autostart: false, env: box.env }).catch(() => {});
  await new Promise((resolve) => server.close(resolve));
  return names;
}

test("an agent says which process it is and what it may; a daemon of the first release hears it without", async () => {
  const client = { kind: "agent", name: "a", namespace: "n", instance: "i-1", allow: ["foreign"] } as const;
  const first = { kind: "agent", name: "a", namespace: "n", pid: process.pid };
  const whole = { ...first, instance: "i-1", allow: ["foreign"] };
  const refusal = (parameter: string) => ({
    error: { code: -32602, message: "no", data: { kind: "params.invalid", retryable: false, parameter } },
  });
  expect(await greetings(client, [refusal("client.instance")])).toEqual([whole, first]);
  expect(await greetings(client, [refusal("client.namespace")])).toEqual([whole]);
  expect(await greetings({ kind: "agent", name: "a" }, [refusal("client.instance")])).toEqual([
    { kind: "agent", name: "a", namespace: null, pid: process.pid },
  ]);
});

test("hello", async () => {
  using box = sandbox();
  mkdirSync(dirname(box.socket), { mode: 0o700 });
  const got = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (chunk) => {
      got.resolve(chunk.toString());
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(box.socket, resolve));
  const env = { ...box.env, SSH_AUTH_SOCK: "/a/agent" };
  const client = { kind: "agent", name: "mtui-mcp", namespace: "n1" } as const;
  await connect({ client, config: "/c.yaml", autostart: false, env }).catch(() => {});
  const line = (await got.promise).replace(`"pid":${process.pid}`, '"pid":1');
  expect(line).toBe(
    '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":{"min":1,"max":1},"version":"0.1.0","build":"source",' +
      '"client":{"kind":"agent","name":"mtui-mcp","namespace":"n1","pid":1},"config":"/c.yaml","ssh_auth_sock":"/a/agent"}}\n',
  );
  expect(helloParams.parse(JSON.parse(line).params)).toMatchObject({ config: "/c.yaml" });
  expect(Object.keys(helloResult.shape)).toEqual([
    "protocol",
    "version",
    "build",
    "pid",
    "daemon_id",
    "started_at",
    "config",
    "active_jobs",
    "workspaces",
    "warning",
    "namespace",
    "reply_bytes",
    "features",
  ]);
  await new Promise((resolve) => server.close(resolve));
});
