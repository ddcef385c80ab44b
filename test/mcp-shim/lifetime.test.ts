import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { job } from "../cli/support/samples.ts";
import { ScriptedDaemon } from "./support/scripted-daemon.ts";
import { BUILT, emptyHome } from "./support/server-process.ts";

const INITIALIZE = {
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
};
const call = (id: number, name: string): object => ({
  id,
  method: "tools/call",
  params: { name, arguments: {} },
});

function send(stdin: Writable, message: object): void {
  stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

/** The next answers, each a line, with notifications between them; nothing else may ever come. */
async function answers(stdout: Readable, count: number): Promise<{ id: number; result?: object }[]> {
  const got: { id: number; result?: object }[] = [];
  let rest = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as { jsonrpc: string; id?: number };
      expect(message.jsonrpc).toBe("2.0");
      if (message.id !== undefined) got.push(message as { id: number });
    }
    if (got.length >= count) break;
  }
  return got;
}

function start(env: NodeJS.ProcessEnv, args: readonly string[] = []) {
  return spawn(process.execPath, [...BUILT, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
}

const ended = async (child: ChildProcess): Promise<unknown> => (await once(child, "exit"))[0];

describe("the process", { timeout: 30_000 }, () => {
  test("standard output is the protocol's alone; Ctrl-C in the client's terminal is not for it; it ends with its input", async () => {
    await using home = await emptyHome();
    const child = start(home.env);
    const exit = ended(child);
    const said = text(child.stderr);
    send(child.stdin, INITIALIZE);
    send(child.stdin, { method: "notifications/initialized" });
    expect((await answers(child.stdout, 1))[0]).toMatchObject({
      id: 1,
      result: { serverInfo: { name: "mtui-mcp" } },
    });
    child.kill("SIGINT");
    child.kill("SIGHUP");
    send(child.stdin, { id: 2, method: "tools/list" });
    send(child.stdin, call(3, "list_hosts"));
    const got = await answers(child.stdout, 2);
    expect(got.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([2, 3]);
    expect(got.find(({ id }) => id === 3)?.result).toMatchObject({ isError: true });
    child.stdin.end();
    expect(await exit).toBe(0);
    expect(await said).toContain("mtui-mcp: ");
  });

  test("input that ends under a slow call ends the process, and the job goes on", async () => {
    await using home = await emptyHome();
    const running = job({ id: "update-1", state: "running" });
    const followed = Promise.withResolvers<void>();
    await using daemon = await ScriptedDaemon.start(home.env, {
      script: ({ method }) => {
        if (method === "update") return { result: { job: running, result: null } };
        followed.resolve();
        return "hang";
      },
    });
    const child = start(home.env);
    const exit = ended(child);
    send(child.stdin, INITIALIZE);
    send(child.stdin, call(2, "update"));
    await followed.promise;
    child.stdin.end();
    expect(await exit).toBe(0);
    expect(daemon.work).toEqual(["update", "job_follow"]);
  });

  test("it ends when nobody reads its output", async () => {
    await using home = await emptyHome();
    const child = start(home.env);
    const exit = ended(child);
    child.stdout.destroy();
    send(child.stdin, INITIALIZE);
    expect(await exit).toBe(0);
  });

  test("it ends when a message is bigger than it bears: the rest could not be understood", async () => {
    await using home = await emptyHome();
    const child = start(home.env);
    const exit = ended(child);
    child.stdin.on("error", () => {});
    const line = Buffer.alloc(1024 * 1024, "x");
    for (let sent = 0; sent < 12; sent++) child.stdin.write(line);
    expect(await exit).toBe(0);
  });

  test("it ends when its parent dies, even if its input stays open", async () => {
    await using home = await emptyHome();
    // The shell has the server as its child; both ends of the server's input are ours.
    const script = '"$@" <&3 >&4 2>/dev/null & wait';
    const parent = spawn("/bin/sh", ["-c", script, "sh", process.execPath, ...BUILT], {
      env: home.env,
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const [, , , input, output] = parent.stdio as unknown as [null, null, null, Writable, Readable];
    send(input, INITIALIZE);
    await answers(output, 1);
    parent.kill("SIGKILL");
    // The last holder of the other end of its output is the server.
    output.resume();
    await once(output, "end");
    input.destroy();
  });
});

describe("the command line", { timeout: 30_000 }, () => {
  test.each([
    [
      ["--profil", "core"],
      2,
      "",
      /mtui-mcp: There is no option "--profil"\.\nhint: Did you mean --profile\?\n/,
    ],
    [["--deny", "list_host"], 2, "", /hint: Did you mean list_hosts\?/],
    [["--version"], 0, /^mtui-mcp \d+\.\d+\.\d+\n$/, ""],
    [["--help"], 0, /--namespace NAME/, ""],
  ])("%j", async (args, code, out, err) => {
    await using home = await emptyHome();
    const child = start(home.env, args);
    const [exit, stdout, stderr] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);
    expect(exit).toBe(code);
    for (const [said, wanted] of [
      [stdout, out],
      [stderr, err],
    ] as const) {
      if (typeof wanted === "string") expect(said).toBe(wanted);
      else expect(said).toMatch(wanted);
    }
  });
});
