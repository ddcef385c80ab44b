import { z } from "zod";
import { ALLOWANCES } from "../allowances.ts";
import { defineOperation, namespaceName } from "./operation.ts";

export const helloParams = z.strictObject({
  protocol: z.object({ min: z.number().int(), max: z.number().int() }),
  version: z.string().max(64),
  build: z.string().max(128),
  client: z.strictObject({
    kind: z.enum(["terminal", "agent", "script"]),
    name: z.string().max(64),
    namespace: namespaceName.nullable().default(null),
    /** One for each process of a client: a second one that lives is told apart by it. */
    instance: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: "1 to 64 letters, digits, '_' and '-'" })
      .nullable()
      .default(null),
    /** What its person lets an agent do beyond its own namespace. */
    allow: z.array(z.enum(ALLOWANCES)).max(ALLOWANCES.length).default([]),
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
  namespace: z.string().nullable().describe("the one that the client got; its plain names lie in it"),
  reply_bytes: z.number().int().describe("how much of a result an agent is to be shown (mcp.reply_bytes)"),
  features: z.array(z.string()).describe("what this daemon can do that earlier ones could not"),
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
    name: "heartbeat",
    summary: "An agent's sign of life: the workspaces of its namespace keep their hosts",
    scope: "daemon",
    effect: "control",
    result: z.object({
      workspaces: z.array(z.string()).describe("those that were renewed"),
      lease: z.number().int().describe("seconds from now that they have"),
    }),
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
    summary: "Stop; what runs on hosts goes on there, and what waits keeps its place, until the next start",
    scope: "daemon",
    effect: "control",
    params: {
      if_idle: z.boolean().default(false).describe("only when no job is active and no workspace is in use"),
      cancel: z
        .boolean()
        .default(false)
        .describe("end running commands first, and leave nothing on the hosts"),
      restart: z.boolean().default(false).describe("idle workspaces keep their hosts, too"),
      wait: z.boolean().default(false).describe("answer when it is all done, and say what was left"),
    },
    result: z.object({
      stopping: z.boolean(),
      active_jobs: z.array(z.string()),
      waiting_jobs: z
        .array(z.string())
        .describe("had changed nothing yet: they begin again when the daemon starts; known with `wait`"),
      working_jobs: z
        .array(z.object({ job: z.string(), hosts: z.array(z.string()) }))
        .describe("their commands go on on these hosts; known with `wait`"),
      released: z
        .array(z.string())
        .describe("hosts of workspaces at which nothing was at work; known with `wait`"),
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
