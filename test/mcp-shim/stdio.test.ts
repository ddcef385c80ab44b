import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const START = join(import.meta.dirname, "support", "start.ts");

test("standard output is the protocol's alone; without a daemon the server lives until its input ends", async () => {
  const home = await mkdtemp(join(tmpdir(), "mtui-mcp-"));
  const child = spawn(process.execPath, ["--conditions=mtui-source", START], {
    // MTUID names a daemon that cannot start.
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_RUNTIME_DIR: join(home, "none"),
      XDG_STATE_HOME: join(home, "state"),
      MTUID: "/bin/false",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const output = text(child.stdout);
  const send = (message: unknown): boolean =>
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...(message as object) })}\n`);
  const answered = Promise.withResolvers<void>();
  let lines = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    lines += chunk.toString().split("\n").length - 1;
    if (lines >= 3) answered.resolve();
  });
  send({
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  });
  send({ method: "notifications/initialized" });
  send({ id: 2, method: "tools/list" });
  send({ id: 3, method: "tools/call", params: { name: "list_hosts", arguments: {} } });
  await Promise.race([answered.promise, ended]);
  child.stdin.end();
  expect(await ended).toBe(0);
  const answers = (await output)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: number; result: Record<string, unknown> });
  expect(answers.map(({ id }) => id).sort((a, b) => a - b)).toEqual([1, 2, 3]);
  const called = answers.find(({ id }) => id === 3);
  expect(called?.result).toMatchObject({ isError: true });
  expect(JSON.stringify(called?.result)).toContain("daemon.unreachable");
  await rm(home, { recursive: true });
});
