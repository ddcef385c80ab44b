import { z } from "zod";
import { defineOperation } from "./operation.ts";

export const helloParams = z.strictObject({
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
  version: z.string().max(64),
  build: z.string().max(128),
  client: z.strictObject({
    kind: z.enum(["terminal", "agent", "script"]),
    name: z.string().max(64),
    namespace: z.string().max(64).nullable().default(null),
    pid: z.number().int(),
  }),
  /** The configuration file that the client was told to use, made absolute; null = the usual ones. */
  config: z.string().max(4096).nullable().default(null),
  ssh_auth_sock: z.string().max(4096).nullable().default(null),
});

export const helloResult = z.object({
  protocol: z.number().int(),
  version: z.string(),
  build: z.string(),
  pid: z.number().int(),
  daemon_id: z.string(),
  started_at: z.number(),
  config: z.array(z.string()).describe("configuration files in force"),
  active_jobs: z.number().int(),
  workspaces: z.number().int(),
  warning: z.string().nullable(),
});

export const daemonOperations = [
  defineOperation({
    name: "hello",
    summary: "Open the conversation: versions, who the client is, its ssh agent",
    scope: "daemon",
    effect: "read",
    params: helloParams.shape,
    result: helloResult,
    cli: { hidden: true },
  }),
  defineOperation({
    name: "daemon_status",
    summary: "The daemon: version, pid, socket, configuration, counts, memory",
    scope: "daemon",
    effect: "read",
    result: z.object({
      version: z.string(),
      build: z.string(),
      pid: z.number().int(),
      daemon_id: z.string(),
      started_at: z.number(),
      socket: z.string(),
      state_dir: z.string(),
      log: z.string(),
      config: z.array(z.string()),
      workspaces: z.number().int(),
      active_jobs: z.number().int(),
      connections: z.number().int().describe("ssh connections"),
      clients: z.number().int(),
      rss: z.number().int().describe("bytes"),
    }),
    cli: { command: "daemon status" },
  }),
  defineOperation({
    name: "daemon_stop",
    summary:
      "End running commands, release every lock on the hosts, and stop; what waits goes on after the next start",
    scope: "daemon",
    effect: "control",
    params: {
      if_idle: z.boolean().default(false).describe("only when no job is active and no workspace is in use"),
      wait: z.boolean().default(false).describe("answer when it is all done, and say what was left"),
    },
    result: z.object({
      stopping: z.boolean(),
      active_jobs: z.array(z.string()),
      waiting_jobs: z
        .array(z.string())
        .describe("had changed nothing yet: they begin again when the daemon starts; known with `wait`"),
      stuck_jobs: z.array(z.string()).describe("their commands may still run; known with `wait`"),
      unreleased: z
        .array(z.object({ host: z.string(), reason: z.string(), hint: z.string() }))
        .describe("locks may still be there; known with `wait`"),
    }),
    cli: { command: "daemon stop", hidden: true },
  }),
  defineOperation({
    name: "whoami",
    summary: "The user name in lock files, and who the daemon takes you for",
    scope: "daemon",
    effect: "read",
    result: z.object({
      user: z.string(),
      client: z.string(),
      namespace: z.string().nullable(),
      daemon_pid: z.number(),
    }),
  }),
] as const;
