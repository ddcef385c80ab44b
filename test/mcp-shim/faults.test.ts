import { describe, expect, test } from "vitest";
import { job } from "../cli/support/samples.ts";
import { type Script, ScriptedDaemon } from "./support/scripted-daemon.ts";
import { emptyHome, GENERATIONS, startServer } from "./support/server-process.ts";
import { textOf } from "./support/session.ts";

const HOSTS = { result: { hosts: [] } };
const CLOSED = { result: { workspace: "me/default", released: [], unreleased: [], cancelled_jobs: [] } };
const DONE = job({ id: "update-1", operation: "update" });

/** A daemon that goes the first `times` times that it is asked this, and answers from then on. */
function goesOn(method: string, { deed, times = 1 }: { deed: ReturnType<Script>; times?: number }): Script {
  let left = times;
  return (request) => {
    if (request.method === method && left > 0) {
      left--;
      return deed;
    }
    return answer(request.method);
  };
}

function answer(method: string): ReturnType<Script> {
  switch (method) {
    case "close_workspace":
      return CLOSED;
    case "update":
      return { result: { job: { ...DONE, state: "queued" }, result: null } };
    case "job_follow":
      return { result: { events: [], cursor: 1, gap: false, finished: true, jobs: [DONE] } };
    case "job_result":
      return { result: { job: DONE, result: { hosts: [], warnings: [] }, error: null } };
    default:
      return HOSTS;
  }
}

describe.each(Object.entries(GENERATIONS))("over the protocol %s", { timeout: 30_000 }, (_name, client) => {
  test("one that dies under a call costs one more question, whatever the call is", async () => {
    await using home = await emptyHome();
    const dying = new Set(["list_hosts", "close_workspace", "update", "job_follow", "job_result"]);
    await using daemon = await ScriptedDaemon.start(home.env, {
      script: ({ method }) => (dying.delete(method) ? "die" : answer(method)),
    });
    await using server = await startServer(home.env, { client });
    expect((await server.call("list_hosts")).structuredContent).toMatchObject({ hosts: [] });
    expect((await server.call("close_workspace")).structuredContent).toMatchObject({ released: [] });
    expect((await server.call("update")).structuredContent).toMatchObject({ job: { state: "done" } });
    const twice = ["list_hosts", "close_workspace", "update", "job_follow", "job_result"].flatMap((name) => [
      name,
      name,
    ]);
    expect(daemon.work).toEqual(twice);
    for (const method of ["close_workspace", "update"]) {
      const keys = daemon.asked.filter((one) => one.method === method).map((one) => one.idempotency_key);
      expect(keys[0]).toMatch(/^[\w-]{16,64}$/);
      expect(keys[1]).toBe(keys[0]);
    }
  });

  test("it greets in the name of the client and its directory; what it may do is said along", async () => {
    await using home = await emptyHome();
    await using daemon = await ScriptedDaemon.start(home.env, {
      script: goesOn("list_hosts", { deed: "die" }),
    });
    await using server = await startServer(home.env, {
      client,
      args: ["--allow", "foreign"],
      cwd: home.dir,
    });
    await server.call("list_hosts");
    const [first, again] = daemon.asked
      .filter(({ method }) => method === "hello")
      .map(({ params }) => params["client"]);
    expect(again, "it is the same to its next daemon").toEqual(first);
    expect(first).toMatchObject({
      kind: "agent",
      name: "mtui-mcp (Test Client)",
      namespace: expect.stringMatching(/^test-client-mtui-mcp-[a-z0-9]+-[0-9a-f]{6}$/i),
      instance: expect.stringMatching(/^[\w-]{36}$/),
      allow: ["foreign"],
    });
  });
});

describe("a daemon", { timeout: 30_000 }, () => {
  test("one that dies again and again is an answer, and the server lives on", async () => {
    await using home = await emptyHome();
    await using daemon = await ScriptedDaemon.start(home.env, {
      script: goesOn("close_workspace", { deed: "die", times: 2 }),
    });
    await using server = await startServer(home.env);
    const reply = await server.call("close_workspace");
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/daemon\.unreachable[\s\S]*not known/);
    expect((await server.call("close_workspace")).isError).toBeUndefined();
    expect(daemon.work).toHaveLength(3);
  });

  test.each([
    ["garbage", { raw: "}{ not json\n" }],
    [
      "an error that is nobody's",
      {
        raw: '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?","data":{"kind":"protocol.parse"}}}\n',
      },
    ],
  ])("one that answers with %s is asked anew over another connection", async (_what, deed) => {
    await using home = await emptyHome();
    await using daemon = await ScriptedDaemon.start(home.env, { script: goesOn("list_hosts", { deed }) });
    await using server = await startServer(home.env);
    expect((await server.call("list_hosts")).structuredContent).toMatchObject({ hosts: [] });
    expect(daemon.work).toEqual(["list_hosts", "list_hosts"]);
  });

  test("one that hangs under a slow call: what is known is said, and the next call works", async () => {
    await using home = await emptyHome();
    const running = job({
      id: "update-1",
      state: "running",
      hosts: { ant: { state: "running", step: "zypper patch" } },
    });
    let frozen = false;
    await using daemon = await ScriptedDaemon.start(home.env, {
      script: ({ method }) => {
        if (method !== "job_follow") return answer(method);
        if (frozen) return answer(method);
        frozen = true;
        // The page is on its way before it falls silent.
        setImmediate(() => daemon.freeze());
        return { result: { events: [], cursor: 1, gap: false, finished: false, jobs: [running] } };
      },
    });
    await using server = await startServer(home.env, { limits: { quietMs: 100, signMs: 1_500 } });
    const reply = await server.call("update");
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/daemon\.unreachable[\s\S]*update-1[\s\S]*ant: zypper patch/);
    daemon.thaw();
    expect((await server.call("list_hosts")).isError).toBeUndefined();
  });

  test("none at all: tools are listed all the same, a call says so, and works as soon as there is one", async () => {
    await using home = await emptyHome();
    await using server = await startServer(home.env);
    expect((await server.client.listTools()).tools.length).toBeGreaterThan(40);
    const reply = await server.call("list_hosts");
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toContain("daemon.unreachable");
    await using daemon = await ScriptedDaemon.start(home.env, { script: ({ method }) => answer(method) });
    expect((await server.call("list_hosts")).isError).toBeUndefined();
    expect(daemon.work).toEqual(["list_hosts"]);
  });
});
