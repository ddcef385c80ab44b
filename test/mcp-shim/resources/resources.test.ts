import { Server } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import { resourceHandlers } from "../../../packages/mcp-shim/src/resources/index.ts";
import { placeOf, uriOf } from "../../../packages/mcp-shim/src/resources/uris.ts";
import { job, ran } from "../../cli/support/samples.ts";

const RRID = "SUSE:Maintenance:1:2";

type Answers = Record<string, (params: Record<string, unknown>) => unknown>;

const LOG = Array.from({ length: 2000 }, (_, index) => `line ${index + 1}`);

function windowOf(lines: readonly string[]) {
  return {
    path: "/reports/log",
    bytes: 9,
    line_count: lines.length,
    sha256: "0".repeat(64),
    offset: 1,
    returned_lines: lines.length,
    content: `${lines.join("\n")}\n`,
    next_offset: null,
  };
}

const DAEMON: Answers = {
  list_templates: () => ({ templates: [{ rrid: RRID, workspace: "me/desk", hosts: ["a1"] }] }),
  list_workspaces: () => ({
    workspaces: [
      { workspace: "me/desk", state: "loaded", rrid: RRID, hosts: ["a1", "a2"], jobs: [], lease_until: null },
      { workspace: "me/other", state: "empty", rrid: null, hosts: ["b1"], jobs: [], lease_until: null },
    ],
  }),
  job_list: () => ({ jobs: [job({ id: "update-2", command: "update\u001b[2J" }), job({ id: "run-1" })] }),
  list_queue: () => ({ claims: [], tickets: [], hosts: [], cursor: 1 }),
  testreport_read: ({ relpath = "log" }) => {
    if (relpath === "log") return windowOf(["SUMMARY: PASSED/FAILED", "token=abcdef123456", "\u001b[31mred"]);
    if (relpath === "long") return windowOf(LOG);
    if (String(relpath).includes("..")) throw new MtuiError("params.invalid", "no path inside");
    throw new MtuiError("file.notFound", `There is no ${String(relpath)}.`);
  },
  testreport_logs: () => ({
    path: "/reports",
    build_checks: [{ name: "x86_64.log", size: 1 }],
    install_logs: [{ name: "a1.log", size: 1 }],
  }),
  job_result: ({ job_id }) => {
    if (job_id !== "run-1") throw new MtuiError("job.unknown", "There is no such job.");
    const piece = {
      host: "a1",
      step: 0,
      stream: "stdout",
      offset: 0,
      bytes: 5,
      missing: 0,
      text: "out\nnext: x\n",
    };
    return {
      job: job({ id: "run-1", state: "running" }),
      result: null,
      error: null,
      output: [piece],
      cursor: null,
    };
  },
  show_log: ({ workspace, hosts }) => {
    if (workspace !== "me/desk") throw new MtuiError("workspace.unknown", "There is no such workspace.");
    const [host = ""] = hosts as string[];
    const { commands } = ran(host, { stdout: "hello\n" });
    return {
      hosts: [{ host, commands: commands.map((each) => ({ ...each, step: "run", at: 0 })), earlier: 2 }],
    };
  },
};

async function session(answers: Answers = DAEMON, budget = 20_000) {
  const calls: { method: string; params: Record<string, unknown> }[] = [];
  /** Calls that would start a daemon. */
  const starting: string[] = [];
  const link = {
    async call(request: { method: string; params: Record<string, unknown>; passive?: boolean }) {
      const { method, params } = request;
      calls.push({ method, params });
      if (request.passive !== true) starting.push(method);
      const answer = answers[method];
      if (answer === undefined) throw new MtuiError("method.unknown", `no ${method}`);
      return answer(params);
    },
  };
  const resources = resourceHandlers({ link, budget });
  const server = new Server({ name: "test", version: "1" }, { capabilities: resources.capabilities });
  resources.install(server);
  const waiting = new Map<unknown, (answer: Answer) => void>();
  const transport: Parameters<typeof server.connect>[0] = {
    async start() {},
    async close() {},
    async send(message) {
      waiting.get((message as Answer).id)?.(message as Answer);
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
  const clientInfo = { name: "test", version: "1" };
  await request("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
  return { calls, starting, request, read: (uri: string) => request("resources/read", { uri }) };
}

interface Answer {
  id?: unknown;
  result?: {
    resources?: { uri: string; name: string; title?: string; mimeType?: string }[];
    resourceTemplates?: { uriTemplate: string }[];
    contents?: { uri: string; mimeType: string; text: string }[];
    completion?: { values: string[]; hasMore?: boolean; total?: number };
  };
  error?: { code: number; message: string; data?: unknown };
}

const textOf = ({ result }: Answer): string => result?.contents?.[0]?.text ?? "";

test.each([
  ["mtui://queue", { kind: "queue" }],
  [`mtui://report/${RRID}`, { kind: "report", rrid: RRID, path: null }],
  [
    `mtui://report/${RRID}/install_logs/a%201.log`,
    { kind: "report", rrid: RRID, path: "install_logs/a 1.log" },
  ],
  ["mtui://job/run-1/output", { kind: "output", job: "run-1" }],
  ["mtui://host/me%2Fdesk/a.example/log", { kind: "log", workspace: "me/desk", host: "a.example" }],
] as const)("%s", (uri, place) => {
  expect(placeOf(uri)).toEqual(place);
  expect(uriOf(place)).toBe(uri);
});

test.each([
  "mtui://",
  "mtui://queue/x",
  "mtui://report",
  "mtui://report/",
  "mtui://report/x//y",
  "mtui://report/%E0%A4%A",
  "mtui://job/run-1",
  "mtui://host/a/b",
  "mtui://other/x",
  "file:///etc/passwd",
  `mtui://report/${"x".repeat(5000)}`,
])("%s is no resource, and no daemon is asked", async (uri) => {
  const { read, calls } = await session();
  const { error } = await read(uri);
  expect(error).toMatchObject({ code: -32602, data: { uri } });
  expect(calls).toEqual([]);
});

test("the list has the queue, reports, outputs and logs, without what steers", async () => {
  const { request } = await session();
  const { result } = await request("resources/list");
  expect(result?.resources?.map(({ uri, mimeType }) => [uri, mimeType])).toEqual(
    [
      "mtui://queue",
      `mtui://report/${RRID}`,
      "mtui://job/update-2/output",
      "mtui://job/run-1/output",
      "mtui://host/me%2Fdesk/a1/log",
      "mtui://host/me%2Fdesk/a2/log",
      "mtui://host/me%2Fother/b1/log",
    ].map((uri) => [uri, "text/plain"]),
  );
  expect(JSON.stringify(result)).not.toContain("\\u001b");
});

describe("the list, which clients ask for when they begin,", () => {
  const gone = (): never => {
    throw new MtuiError("daemon.unreachable", "No mtuid listens.");
  };

  test("starts no daemon, and is the queue alone without one", async () => {
    const { request, starting } = await session({
      list_templates: gone,
      list_workspaces: gone,
      job_list: gone,
    });
    const { result } = await request("resources/list");
    expect(result?.resources?.map(({ uri }) => uri)).toEqual(["mtui://queue"]);
    expect(starting).toEqual([]);
  });

  test("is asked again when a connection turns out to be lost", async () => {
    let asked = 0;
    const once = (): unknown => (asked++ === 0 ? gone() : DAEMON["job_list"]?.({}));
    const { request } = await session({ ...DAEMON, job_list: once });
    const { result } = await request("resources/list");
    expect(result?.resources?.map(({ uri }) => uri)).toContain("mtui://job/run-1/output");
  });

  test("does not hide what the daemon refuses", async () => {
    const refuse = (): never => {
      throw new MtuiError("state.io", "The disk is full.");
    };
    const { request } = await session({ ...DAEMON, job_list: refuse });
    expect(await request("resources/list")).toMatchObject({ error: { code: -32603 } });
  });
});

test("templates are told without a daemon", async () => {
  const { request, calls } = await session({});
  const { result } = await request("resources/templates/list");
  expect(result?.resourceTemplates?.map(({ uriTemplate }) => uriTemplate)).toEqual([
    "mtui://report/{rrid}",
    "mtui://report/{rrid}/{+path}",
    "mtui://job/{job_id}/output",
    "mtui://host/{workspace}/{host}/log",
  ]);
  expect(calls).toEqual([]);
});

describe("reading", () => {
  test("the report of the workspace that has it: its lines, without secrets and escapes", async () => {
    const { read, calls } = await session();
    expect(textOf(await read(`mtui://report/${RRID}`))).toBe("SUMMARY: PASSED/FAILED\ntoken=***\nred\n");
    expect(calls.at(-1)).toEqual({ method: "testreport_read", params: { workspace: "me/desk" } });
  });

  test("a long file is bounded, and says how to read on", async () => {
    const { read } = await session(DAEMON, 6000);
    const text = textOf(await read(`mtui://report/${RRID}/long`));
    expect(Buffer.byteLength(text)).toBeLessThan(6000);
    const kept = text.split("\n").filter((line) => line.startsWith("line ")).length;
    expect(text.startsWith("line 1\nline 2\n")).toBe(true);
    expect(text).toContain(
      `(${2000 - kept} more lines: testreport_read workspace=me/desk relpath=long offset=${kept + 1})`,
    );
  });

  test("output of a job that goes on, and the log of a host: marked", async () => {
    const { read, calls } = await session();
    expect(textOf(await read("mtui://job/run-1/output"))).toContain("| out\n| next: x");
    expect(calls.at(-1)?.params).toMatchObject({ output: true, partial: true, tail: 400, limit: 6000 });
    const log = textOf(await read("mtui://host/me%2Fdesk/a1/log"));
    expect(log).toContain("a1:\n  (2 commands before)\n  $ true  ok, 0.2 s\n| hello");
  });

  test("the queue", async () => {
    const { read } = await session();
    expect((await read("mtui://queue")).result?.contents).toEqual([
      { uri: "mtui://queue", mimeType: "text/plain", text: "Nobody waits.\nNo host is claimed." },
    ]);
  });

  test.each([
    "mtui://report/SUSE:Maintenance:9:9",
    `mtui://report/${RRID}/../../etc/passwd`,
    `mtui://report/${RRID}/nothing`,
    "mtui://job/run-9/output",
    "mtui://host/nobody/a1/log",
  ])("%s is not found", async (uri) => {
    const { read } = await session();
    expect((await read(uri)).error).toMatchObject({ code: -32602, data: { uri } });
  });

  test("another failure is one of the daemon, with its kind and without secrets", async () => {
    const { read } = await session({
      list_queue: () => {
        throw new MtuiError("daemon.unreachable", "https://bob:pw@host is away.", { hint: "Ask again." });
      },
    });
    const { error } = await read("mtui://queue");
    expect(error).toMatchObject({
      code: -32603,
      message: "daemon.unreachable: https://***@host is away. (Ask again.)",
    });
  });
});

describe("completion", () => {
  const ask = async (uri: string, name: string, value: string, filled: Record<string, string> = {}) => {
    const { request } = await session();
    const params = {
      ref: { type: "ref/resource", uri },
      argument: { name, value },
      context: { arguments: filled },
    };
    return (await request("completion/complete", params)).result?.completion;
  };

  test.each([
    ["mtui://report/{rrid}", "rrid", "SUSE:", {}, [RRID]],
    ["mtui://report/{rrid}", "rrid", "x", {}, []],
    [
      "mtui://report/{rrid}/{+path}",
      "path",
      "",
      { rrid: RRID },
      ["log", "build_checks/x86_64.log", "install_logs/a1.log"],
    ],
    ["mtui://report/{rrid}/{+path}", "path", "", {}, []],
    ["mtui://job/{job_id}/output", "job_id", "u", {}, ["update-2"]],
    ["mtui://host/{workspace}/{host}/log", "workspace", "me/", {}, ["me/desk", "me/other"]],
    ["mtui://host/{workspace}/{host}/log", "host", "", { workspace: "me/desk" }, ["a1", "a2"]],
    ["mtui://host/{workspace}/{host}/log", "host", "", {}, ["a1", "a2", "b1"]],
    ["mtui://nothing/{x}", "x", "", {}, []],
  ] as const)("%s: %s %j", async (uri, name, value, filled, values) => {
    expect((await ask(uri, name, value, filled))?.values).toEqual(values);
  });

  test("no more than a hundred, and how many there are", async () => {
    const many = Array.from({ length: 150 }, (_, index) => job({ id: `run-${index}` }));
    const { request } = await session({ job_list: () => ({ jobs: many }) });
    const ref = { type: "ref/resource", uri: "mtui://job/{job_id}/output" };
    const { result } = await request("completion/complete", { ref, argument: { name: "job_id", value: "" } });
    expect(result?.completion).toMatchObject({ total: 150, hasMore: true });
    expect(result?.completion?.values).toHaveLength(100);
  });
});
