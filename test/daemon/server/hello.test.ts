import { createServer } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  answerHello,
  type HelloFacts,
  usableAgentSocket,
} from "../../../packages/daemon/src/server/hello.ts";
import { notifySystemd, takeListenFd } from "../../../packages/daemon/src/server/systemd.ts";
import { helloParams } from "@mtui/core/registry";
import { HELLO, sandbox } from "./harness.ts";

const facts: HelloFacts = {
  daemonId: "d0",
  startedAt: 5,
  config: ["/etc/mtui.yaml"],
  counts: () => ({ active_jobs: 0, workspaces: 0 }),
  release: { version: "1.2.0", build: "b1" },
};
const params = (changes: object = {}) =>
  helloParams.parse({ ...HELLO, version: "1.2.0", build: "b1", ...changes });

test("who we are", () => {
  expect(answerHello(params(), facts)).toEqual({
    protocol: 1,
    version: "1.2.0",
    build: "b1",
    pid: process.pid,
    daemon_id: "d0",
    started_at: 5,
    config: ["/etc/mtui.yaml"],
    active_jobs: 0,
    workspaces: 0,
    warning: null,
    namespace: null,
    reply_bytes: 20_000,
    features: ["idempotency", "heartbeat", "namespaces"],
  });
});

test("a namespace is granted only to a client that nothing else refuses", () => {
  const asked: string[] = [];
  const granting = { ...facts, namespace: () => (asked.push("granted"), "claude-2"), replyBytes: 9000 };
  expect(() => answerHello(params({ config: "/other.yaml" }), granting)).toThrow(/runs with/);
  expect(asked).toEqual([]);
  expect(answerHello(params(), granting)).toMatchObject({ namespace: "claude-2", reply_bytes: 9000 });
});

test.each([
  {
    name: "another version",
    changes: { version: "1.3.0" },
    jobs: 0,
    warns: /1\.2\.0 .*1\.3\.0 .*daemon stop/,
  },
  {
    name: "another version while jobs run",
    changes: { version: "1.3.0" },
    jobs: 1,
    warns: /replaced when its work is done .*mtuictl daemon restart/,
  },
  { name: "another build", changes: { build: "b2" }, jobs: 0, warns: /b1.*b2/ },
  { name: "a client from the sources", changes: { build: "source" }, jobs: 0, warns: null },
])("$name: $warns", ({ changes, jobs, warns }) => {
  const reply = answerHello(params(changes), {
    ...facts,
    counts: () => ({ active_jobs: jobs, workspaces: 0 }),
  });
  if (warns === null) expect(reply.warning).toBeNull();
  else expect(reply.warning).toMatch(warns);
});

test("no common protocol", () => {
  expect(() => answerHello(params({ protocol: { min: 2, max: 3 } }), facts)).toThrow(
    expect.objectContaining({ kind: "daemon.version" }),
  );
});

test.each([
  { asked: null, files: ["/a", "/b"], fits: true },
  { asked: "/a", files: ["/a"], fits: true },
  { asked: "/a", files: ["/a", "/b"], fits: false },
  { asked: "/a", files: [], fits: false },
])("a client told to use $asked, a daemon with $files: $fits", ({ asked, files, fits }) => {
  const hello = () => answerHello(params({ config: asked }), { ...facts, config: files });
  if (fits) expect(hello().config).toEqual(files);
  else expect(hello).toThrow(expect.objectContaining({ kind: "config.mismatch" }));
});

test("only a socket of ours is taken for an agent's", async () => {
  using box = sandbox();
  const path = join(box.dir, "agent");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  writeFileSync(join(box.dir, "file"), "");
  expect(usableAgentSocket(path)).toBe(path);
  expect(usableAgentSocket(join(box.dir, "file"))).toBeNull();
  expect(usableAgentSocket(join(box.dir, "gone"))).toBeNull();
  expect(usableAgentSocket(null)).toBeNull();
  await new Promise((resolve) => server.close(resolve));
});

test("systemd's socket is taken once, and only when it is for us", () => {
  const env: NodeJS.ProcessEnv = {
    LISTEN_PID: "7",
    LISTEN_FDS: "1",
    LISTEN_FDNAMES: "mtuid.socket",
    HOME: "/h",
  };
  expect(takeListenFd({ ...env }, 8)).toBeNull();
  expect(takeListenFd(env, 7)).toBe(3);
  expect(env).toEqual({ HOME: "/h" });
  expect(takeListenFd(env, 7)).toBeNull();
});

test("telling systemd never fails", async () => {
  await notifySystemd(["READY=1"], {});
  await notifySystemd(["READY=1"], { NOTIFY_SOCKET: "/no/such", PATH: "/no/such" });
});
