import { createServer } from "node:net";
import { MtuiError, Peer, PROTOCOL_RANGE, toWireError, WIRE_LIMITS } from "@mtui/core/protocol";
import { helloParams, helloResult } from "@mtui/core/registry";
import { connect } from "@mtui/core/client";
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
  ]);
  await new Promise((resolve) => server.close(resolve));
});
