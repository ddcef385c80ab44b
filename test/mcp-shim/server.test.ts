import { describe, expect, test } from "vitest";
import { type ErrorKind, MtuiError } from "@mtui/core/protocol";
import { buildCommandTable } from "@mtui/core/registry";
import { DaemonLink } from "../../packages/mcp-shim/src/daemon-link.ts";
import { createServer } from "../../packages/mcp-shim/src/server.ts";
import { toolsOf } from "../../packages/mcp-shim/src/tools.ts";
import { fakeDaemon, type Script } from "../cli/support/fake-daemon.ts";
import { job } from "../cli/support/samples.ts";

const TABLE = buildCommandTable("0.1.0");

interface Answer {
  id?: unknown;
  result?: Record<string, unknown> & ToolResult;
  error?: { code: number; message: string };
}

interface ToolResult {
  isError?: boolean;
  content?: { type: string; text: string }[];
}

/** A session over messages in memory: what an MCP client would send, as it goes over the wire. */
async function session(dial: () => ReturnType<typeof fakeDaemon>) {
  const link = new DaemonLink(async () => dial());
  const server = createServer({ table: TABLE, link });
  const waiting = new Map<unknown, (answer: Answer) => void>();
  const transport: Parameters<typeof server.connect>[0] = {
    async start() {},
    async close() {},
    async send(message) {
      const answer = message as Answer;
      waiting.get(answer.id)?.(answer);
    },
  };
  await server.connect(transport);
  let id = 0;
  const request = (method: string, params: Record<string, unknown> = {}): Promise<Answer> => {
    id++;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      transport.onmessage?.({ jsonrpc: "2.0", id, method, params });
    });
  };
  const hello = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  };
  const opened = await request("initialize", hello);
  return {
    opened,
    request,
    callTool: (name: string, args?: Record<string, unknown>) =>
      request("tools/call", { name, ...(args === undefined ? {} : { arguments: args }) }),
  };
}

const neverDialled = (): never => {
  throw new Error("the daemon was dialled");
};

describe("without a daemon", () => {
  test("initialize and tools/list are answered from the table", async () => {
    const { opened, request } = await session(neverDialled);
    expect(opened.result).toMatchObject({
      serverInfo: { name: "mtui-mcp", version: "0.1.0" },
      capabilities: { tools: {} },
    });
    const { result } = await request("tools/list");
    expect(result?.tools).toHaveLength(TABLE.operations.filter((entry) => entry.cli.hidden !== true).length);
  });

  test("an unknown tool is a protocol error", async () => {
    const { callTool } = await session(neverDialled);
    expect((await callTool("frobnicate")).error?.code).toBe(-32602);
  });
});

describe("tools", () => {
  const tools = new Map(toolsOf(TABLE).map((tool) => [tool.name, tool]));

  test("names are the registry's; what stops the daemon is not offered", () => {
    expect(tools.has("load_template")).toBe(true);
    expect(tools.has("job_wait")).toBe(true);
    expect(tools.has("daemon_stop")).toBe(false);
    expect(tools.has("hello")).toBe(false);
  });

  test("every schema is closed and every tool says what it does to the world", () => {
    for (const tool of tools.values()) {
      expect(tool.inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.description).toMatch(/\S/);
    }
    expect(tools.get("list_hosts")?.annotations).toMatchObject({
      readOnlyHint: true,
      destructiveHint: false,
    });
    expect(tools.get("update")?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });

  test("run takes its command as an argv", () => {
    expect(tools.get("run")?.inputSchema).toEqual({
      type: "object",
      properties: {
        command: {
          type: "array",
          items: { type: "string" },
          minItems: 1,
          description: 'argv; for shell syntax: ["sh","-c","..."]',
        },
        hosts: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: [],
          description: "only these hosts; default: all of the workspace",
        },
        timeout: {
          type: "integer",
          minimum: 0,
          description: "seconds of silence before the command is ended; 0 = none",
        },
        wait: {
          type: "number",
          minimum: 0,
          description: "seconds to wait for busy hosts; 0 = fail at once; default: [lock] wait",
        },
        workspace: {
          type: "string",
          default: "default",
          description: "the named desk to work on",
          pattern: "^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        },
        background: { type: "boolean", default: false, description: "reply with the job id at once" },
      },
      required: ["command"],
      additionalProperties: false,
    });
  });
});

describe("calls", () => {
  test("the daemon's answer comes as JSON", async () => {
    const daemon = fakeDaemon({ list_hosts: { hosts: [] } });
    const { callTool } = await session(() => daemon);
    const { result } = await callTool("list_hosts", { workspace: "desk" });
    expect(result).toMatchObject({ content: [{ type: "text", text: '{"hosts":[]}' }] });
    expect(daemon.calls).toEqual([{ method: "list_hosts", params: { workspace: "desk" } }]);
  });

  test("an error is the tool's answer, with kind and hint", async () => {
    const { callTool } = await session(() =>
      fakeDaemon({
        add_host: () => {
          throw new MtuiError("host.busy", "All are taken.", {
            hint: "Wait with wait=600.",
            retryable: true,
            data: { slot: "x" },
          });
        },
      }),
    );
    const { result } = await callTool("add_host", {});
    expect(result?.isError).toBe(true);
    expect(result?.content?.[0]?.text).toBe(
      'host.busy: All are taken.\nhint: Wait with wait=600.\nThe same call may succeed later.\ndata: {"slot":"x"}',
    );
  });

  test("an argument that the registry does not know is refused, not ignored", async () => {
    const { callTool } = await session(() => fakeDaemon({ list_hosts: { hosts: [] } }));
    const { result } = await callTool("list_hosts", { hots: ["a"] });
    expect(result?.isError).toBe(true);
    expect(result?.content?.[0]?.text).toContain("params.invalid");
  });

  test("a daemon that is down is an answer, and the next call dials again", async () => {
    let up = false;
    const { callTool } = await session(() => {
      if (!up) throw new MtuiError("daemon.unreachable", "No mtuid.", { hint: "mtuictl daemon start" });
      return fakeDaemon({ list_hosts: { hosts: [] } });
    });
    expect((await callTool("list_hosts")).result?.content?.[0]?.text).toContain(
      "daemon.unreachable: No mtuid.",
    );
    up = true;
    expect((await callTool("list_hosts")).result?.isError).toBeUndefined();
  });
});

describe("a connection that breaks", () => {
  /** Daemons of which each loses its first call; `script` answers from the second daemon on. */
  function breaking(script: Script, kind: ErrorKind = "daemon.unreachable") {
    const asked: string[] = [];
    let dialled = 0;
    const link = new DaemonLink(async () => {
      dialled++;
      const daemon = fakeDaemon(script);
      if (dialled > 1) return daemon;
      const closed = Promise.withResolvers<void>();
      return {
        ...daemon,
        closed: closed.promise,
        call: async (method: string) => {
          asked.push(method);
          closed.resolve();
          throw new MtuiError(kind, "lost");
        },
      };
    });
    return { link, asked, dialled: () => dialled };
  }
  const signal = new AbortController().signal;

  test("a read is asked again over a new connection", async () => {
    const { link, dialled } = breaking({ list_hosts: { hosts: [] } });
    const answer = await link.call({ method: "list_hosts", params: {}, signal, repeatable: true });
    expect({ answer, dialled: dialled() }).toEqual({ answer: { hosts: [] }, dialled: 2 });
  });

  test("what changes something is not sent twice; the next call dials again", async () => {
    const { link, dialled } = breaking({ list_hosts: { hosts: [] } });
    await expect(link.call({ method: "lock", params: {}, signal, repeatable: false })).rejects.toMatchObject({
      kind: "daemon.unreachable",
    });
    expect(dialled()).toBe(1);
    await link.call({ method: "list_hosts", params: {}, signal, repeatable: false });
    expect(dialled()).toBe(2);
  });

  test("another error of a read is not a reason to ask again", async () => {
    const { link, dialled } = breaking({}, "workspace.unknown");
    await expect(
      link.call({ method: "list_hosts", params: {}, signal, repeatable: true }),
    ).rejects.toMatchObject({ kind: "workspace.unknown" });
    expect(dialled()).toBe(1);
  });

  test("calls at the same time share one connection", async () => {
    let dialled = 0;
    const link = new DaemonLink(async () => {
      dialled++;
      return fakeDaemon({ list_hosts: { hosts: [] } });
    });
    const call = () => link.call({ method: "list_hosts", params: {}, signal, repeatable: true });
    await Promise.all([call(), call(), call()]);
    expect(dialled).toBe(1);
  });
});

test("the result of a job that failed or was cancelled is an error, and says what was done all the same", async () => {
  const error = { kind: "job.cancelled", message: "Cancelled by hand.", retryable: false } as const;
  const cancelled = job({ state: "cancelled", error });
  const { callTool } = await session(() =>
    fakeDaemon({ job_result: { job: cancelled, result: { hosts: [] }, error } }),
  );
  const { result } = await callTool("job_result", { job_id: "run-1", workspace: "default" });
  expect(result?.isError).toBe(true);
  expect(result?.content?.[0]?.text).toBe("job.cancelled: Cancelled by hand.");
  expect(JSON.parse(result?.content?.[1]?.text ?? "")).toMatchObject({ result: { hosts: [] } });
});
