import { createServer } from "node:net";
import { socketPath, places } from "@mtui/core/client";
import { BUILD, EXIT_ALREADY_RUNNING, VERSION } from "@mtui/core/protocol";
import { operationsByName } from "@mtui/core/registry";
import { answerHello, serve, takeListenFd } from "../../../packages/daemon/src/server/index.ts";
import { takeInstance } from "../../../packages/daemon/src/store/instance.ts";

/** The outer shell of a daemon, without anything to serve; what it does is set by variables. */
const env = process.env;
const lock = takeInstance(places(env).state);
if (lock === null) {
  console.error("beaten");
  process.exit(EXIT_ALREADY_RUNNING);
}
if (env["FAKE_DEAF"] === "1") process.on("SIGTERM", () => {});
const release = { version: env["FAKE_VERSION"] ?? VERSION, build: BUILD };
const path = socketPath(env);
const config = process.argv.includes("--config")
  ? [process.argv[process.argv.indexOf("--config") + 1] ?? ""]
  : [];

if (env["FAKE_HANG"] === "1") {
  const { mkdirSync } = await import("node:fs");
  mkdirSync(path.slice(0, path.lastIndexOf("/")), { mode: 0o700, recursive: true });
  await new Promise<void>((resolve) => createServer(() => {}).listen(path, resolve));
} else {
  const busy = Number(env["FAKE_JOBS"] ?? "0");
  const fd = takeListenFd(env);
  const server = await serve({
    ...(fd === null ? { path } : { fd }),
    operations: operationsByName,
    hello: async (params) =>
      answerHello(params, {
        daemonId: lock.daemonId,
        startedAt: 1,
        config,
        release,
        counts: () => ({ active_jobs: busy, workspaces: 0 }),
      }),
    handle: async ({ name, params }) => {
      if (name !== "daemon_stop") return { workspaces: [] };
      const left = { waiting_jobs: [], working_jobs: [], released: [], stuck_jobs: [], unreleased: [] };
      const reply = { active_jobs: [], ...left };
      if (params["if_idle"] === true && busy > 0)
        return { ...reply, stopping: false, active_jobs: ["job-1"] };
      setImmediate(() => {
        void server.close().then(() => {
          lock[Symbol.dispose]();
          process.exit(0);
        });
      });
      return { ...reply, stopping: true };
    },
  });
}
lock.publish({ ...release, socket: path, log: "none", started_at: 1 });
