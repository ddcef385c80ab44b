import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { connect } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";
import { expect, test, vi } from "vitest";
import { serve } from "../../../packages/daemon/src/server/index.ts";
import { operationsByName } from "@mtui/core/registry";
import { HELLO, helloReply, rawClient, sandbox, startServer } from "./harness.ts";

const client = { kind: "script", name: "test" } as const;

test("a call reaches its handler with defaults filled in, and the client's name", async () => {
  const seen: unknown[] = [];
  await using lab = await startServer(async ({ name, params, client: who }) => {
    seen.push({ name, params, who });
    return { workspaces: [] };
  });
  await using daemon = await connect({
    client: { ...client, namespace: "n1" },
    autostart: false,
    env: lab.env,
  });
  expect(daemon.hello.daemon_id).toBe("d0");
  expect(await daemon.call("list_workspaces", {})).toEqual({ workspaces: [] });
  await daemon.call("load_template", { auto_review_id: "SUSE:Maintenance:1:2" }).catch(() => {});
  expect(seen).toEqual([
    {
      name: "list_workspaces",
      params: { all: false },
      who: { id: "c1", kind: "script", name: "test", namespace: "n1", allow: [], pid: process.pid },
    },
    expect.objectContaining({
      params: { auto_review_id: "SUSE:Maintenance:1:2", replace: false, workspace: "default" },
    }),
  ]);
  expect(lab.server.clients.map(({ id }) => id)).toEqual(["c1"]);
});

test.each([
  {
    method: "list_workspaces",
    params: { worksapce: "a" },
    says: '"worksapce"',
    hint: /Parameters of list_workspaces/,
  },
  { method: "list_hosts", params: { worksapce: "a" }, says: '"worksapce"', hint: /Did you mean workspace\?/ },
  {
    method: "list_hosts",
    params: { workspace: "../x" },
    says: "parameter workspace: letters",
    hint: /workspace/,
  },
  {
    method: "set_repo",
    params: { operation: "ad" },
    says: "operation must be one of add, remove",
    hint: /Parameters/,
  },
  { method: "job_wait", params: { job_ids: [] }, says: "parameter job_ids", hint: /Parameters/ },
])("$method $params is params.invalid: $says", async ({ method, params, says, hint }) => {
  const handle = vi.fn();
  await using lab = await startServer(handle);
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  const error = await daemon.call(method, params).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MtuiError);
  expect(error).toMatchObject({ kind: "params.invalid", message: expect.stringContaining(says) });
  expect((error as MtuiError).hint).toMatch(hint);
  expect(handle).not.toHaveBeenCalled();
});

test("an operation that does not exist names the nearest one", async () => {
  await using lab = await startServer(async () => ({}));
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  await expect(daemon.call("list_host", {})).rejects.toMatchObject({
    kind: "method.unknown",
    hint: "Did you mean list_hosts?",
  });
});

test("a result that breaks its own schema is our fault, and logged as such", async () => {
  await using lab = await startServer(async () => ({ workspaces: "none" }));
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  await expect(daemon.call("list_workspaces", {})).rejects.toMatchObject({
    kind: "internal",
    message: expect.stringContaining("workspaces"),
  });
  expect(lab.logged).toContainEqual({ level: "error", text: expect.stringContaining("list_workspaces") });
});

test("errors cross the wire with kind, hint, facts and retryable", async () => {
  await using lab = await startServer(async () => {
    throw new MtuiError("host.busy", "ant is busy", { hint: "wait", retryable: true, data: { host: "ant" } });
  });
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  await expect(daemon.call("list_workspaces", {})).rejects.toMatchObject({
    kind: "host.busy",
    message: "ant is busy",
    hint: "wait",
    retryable: true,
    data: { host: "ant" },
    exitCode: 4,
  });
});

test("the first call must be hello, and there is only one", async () => {
  await using lab = await startServer(async () => ({ workspaces: [] }));
  using raw = await rawClient(lab.socket, { hello: false });
  raw.send({ jsonrpc: "2.0", id: 1, method: "list_workspaces" });
  expect((await raw.next())?.error?.data.kind).toBe("protocol.invalid");
  raw.send({ jsonrpc: "2.0", id: 2, method: "hello", params: HELLO });
  expect((await raw.next())?.result).toMatchObject({ daemon_id: "d0" });
  raw.send({ jsonrpc: "2.0", id: 3, method: "hello", params: HELLO });
  expect((await raw.next())?.error?.message).toBe("A connection says hello once.");
  raw.send({ jsonrpc: "2.0", id: 4, method: "list_workspaces" });
  expect((await raw.next())?.result).toEqual({ workspaces: [] });
});

test("who does not say hello in time is sent away", async () => {
  await using lab = await startServer(async () => ({}), { limits: { helloMs: 20 } });
  using raw = await rawClient(lab.socket, { hello: false });
  expect((await raw.next())?.error).toMatchObject({ data: { kind: "protocol.limit" } });
  expect(await raw.next()).toBeNull();
});

test("a client's call ends with it: cancelled, or gone", async () => {
  const signals: AbortSignal[] = [];
  const entered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using lab = await startServer(({ signal }) => {
    entered[signals.push(signal) - 1]?.resolve();
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const daemon = await connect({ client, autostart: false, env: lab.env });
  const abort = new AbortController();
  const cancelled = daemon.call("list_workspaces", {}, { signal: abort.signal });
  await entered[0]?.promise;
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ kind: "request.cancelled" });
  await vi.waitUntil(() => signals[0]?.aborted === true);

  const left = daemon.call("list_workspaces", {});
  left.catch(() => {});
  await entered[1]?.promise;
  await daemon[Symbol.asyncDispose]();
  await vi.waitUntil(() => signals[1]?.aborted === true);
  await expect(left).rejects.toBeInstanceOf(MtuiError);
});

test("one connection too many is told so", async () => {
  await using lab = await startServer(async () => ({}), { limits: { connections: 1 } });
  using first = await rawClient(lab.socket);
  using second = await rawClient(lab.socket, { hello: false });
  expect((await second.next())?.error?.data).toMatchObject({ kind: "protocol.limit", limit: 1 });
  expect(await second.next()).toBeNull();
  first.socket.destroy();
  await vi.waitUntil(() => lab.server.clients.length === 0);
  using third = await rawClient(lab.socket);
  expect(third.socket.destroyed).toBe(false);
});

test("the socket is ours alone from the moment it can be seen", async () => {
  await using lab = await startServer(async () => ({}));
  expect(statSync(lab.socket).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(lab.socket)).mode & 0o777).toBe(0o700);
});

test("a directory that others may enter is refused", async () => {
  using box = sandbox();
  mkdirSync(dirname(box.socket));
  chmodSync(dirname(box.socket), 0o755);
  const options = {
    path: box.socket,
    operations: operationsByName,
    hello: async () => helloReply(),
    handle: async () => ({}),
  };
  await expect(serve(options)).rejects.toMatchObject({
    kind: "daemon.unreachable",
    hint: expect.stringContaining("chmod 700"),
  });
});

test("a second daemon on a living socket is refused; a dead one's socket is replaced", async () => {
  await using lab = await startServer(async () => ({ workspaces: [] }));
  const again = {
    path: lab.socket,
    operations: operationsByName,
    hello: async () => helloReply({ daemon_id: "d1" }),
    handle: async () => ({}),
  };
  await expect(serve(again)).rejects.toMatchObject({ kind: "daemon.unreachable" });
  await lab.server.close();
  writeFileSync(lab.socket, "left over");
  await using successor = await serve(again);
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  expect(daemon.hello.daemon_id).toBe("d1");
  expect(successor.path).toBe(lab.socket);
});

test("closing never removes a successor's socket", async () => {
  await using lab = await startServer(async () => ({}));
  const { renameSync } = await import("node:fs");
  renameSync(lab.socket, `${lab.socket}.old`);
  await using successor = await serve({
    path: lab.socket,
    operations: operationsByName,
    hello: async () => helloReply({ daemon_id: "d1" }),
    handle: async () => ({}),
  });
  await lab.server.close();
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  expect(daemon.hello.daemon_id).toBe("d1");
  expect(successor.clients).toHaveLength(1);
});

test("a stopping daemon answers what is in flight and refuses what is new", async () => {
  const gate = Promise.withResolvers<unknown>();
  const entered = Promise.withResolvers<void>();
  await using lab = await startServer(() => {
    entered.resolve();
    return gate.promise;
  });
  await using daemon = await connect({ client, autostart: false, env: lab.env });
  const running = daemon.call("list_workspaces", {});
  await entered.promise;
  lab.server.drain();
  await expect(daemon.call("list_workspaces", {})).rejects.toMatchObject({
    kind: "daemon.stopping",
    retryable: true,
  });
  await expect(connect({ client, autostart: false, env: lab.env })).rejects.toMatchObject({
    kind: "daemon.stopping",
  });
  const closing = lab.server.close({ graceMs: 60_000 });
  gate.resolve({ workspaces: [] });
  expect(await running).toEqual({ workspaces: [] });
  await closing;
  await daemon.closed;
  await expect(daemon.call("list_workspaces", {})).rejects.toMatchObject({ kind: "daemon.unreachable" });
});
