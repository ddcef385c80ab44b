import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  connect,
  type DaemonClient,
  type Launcher,
  places,
  readInstance,
  stopDaemon,
} from "@mtui/core/client";
import type { Allowance } from "@mtui/core/protocol";
import { expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";
import { sandbox } from "./harness.ts";

const MTUID: Launcher = {
  command: process.execPath,
  args: ["--conditions=mtui-source", resolve(import.meta.dirname, "../../../packages/daemon/src/main.ts")],
};

/** The daemon as it is, in a process of its own; its clients are all of this one. */
async function user() {
  const box = sandbox();
  const reports = openDesk({ hosts: [] });
  const rrid = reports.template(7);
  const { path } = await reports.call("load_template", { workspace: "w", auto_review_id: rrid });
  const file = join(box.dir, "config", "mtui", "mtui.yaml");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `mtui: { template_dir: ${dirname(path)} }\nmcp: { reply_bytes: 9000, tools_deny: reboot }\nsvn: { path: "" }\n`,
  );
  return {
    ...box,
    rrid,
    agent: (instance: string, allow: readonly Allowance[] = []): Promise<DaemonClient> =>
      connect({
        client: { kind: "agent", name: "test", namespace: "proj", instance, allow },
        autostart: MTUID,
        env: box.env,
      }),
    pid: () => readInstance(box.env)?.pid ?? 0,
    async [Symbol.asyncDispose]() {
      await stopDaemon({
        client: { kind: "script", name: "test" },
        env: box.env,
        force: true,
        stopMs: 5_000,
      });
      reports[Symbol.dispose]();
      box[Symbol.dispose]();
    },
  };
}

test("two agents of one name, over the daemon's death: each in its own namespace, and answered as before", async () => {
  await using alice = await user();
  const { rrid } = alice;
  const first = await alice.agent("a");
  const second = await alice.agent("b");
  expect(first.hello).toMatchObject({
    namespace: "proj",
    reply_bytes: 9000,
    features: ["idempotency", "heartbeat", "namespaces"],
  });
  expect(second.hello.namespace).toBe("proj-2");
  const log = readFileSync(join(places(alice.env).state, "mtuid.log"), "utf8");
  expect(log).toContain("mcp.tools_deny is not used; start mtui-mcp with --deny");

  const load = { workspace: "w", auto_review_id: rrid };
  expect(await first.call("load_template", load)).toMatchObject({ workspace: "proj/w" });
  await second.call("load_template", load);
  expect(await second.call("heartbeat", {})).toEqual({ workspaces: ["proj-2/w"], lease: 900 });
  const close = { workspace: "proj/w" };
  await expect(second.call("close_workspace", close)).rejects.toMatchObject({
    kind: "permission.denied",
    hint: expect.stringContaining("--allow foreign"),
  });
  const closed = await first.call("close_workspace", close, { idempotencyKey: "k-1" });

  process.kill(alice.pid(), "SIGKILL");
  await Promise.all([first.closed, second.closed]);
  await using secondAgain = await alice.agent("b", ["foreign"]);
  await using third = await alice.agent("c");
  await using firstAgain = await alice.agent("a");
  expect([firstAgain, secondAgain, third].map(({ hello }) => hello.namespace)).toEqual([
    "proj",
    "proj-2",
    "proj-3",
  ]);
  expect(await firstAgain.call("close_workspace", close, { idempotencyKey: "k-1" })).toEqual(closed);
  await expect(firstAgain.call("close_workspace", close)).rejects.toMatchObject({
    kind: "workspace.unknown",
  });
  expect(await secondAgain.call("list_workspaces", {})).toMatchObject({
    workspaces: [{ workspace: "proj-2/w", rrid }],
  });
  expect(await third.call("list_workspaces", {})).toEqual({ workspaces: [], others: 1 });
  await third.call("load_template", load);
  // Allowed by its person.
  expect(await secondAgain.call("close_workspace", { workspace: "proj-3/w" })).toMatchObject({
    workspace: "proj-3/w",
  });
}, 30_000);
