import type { ElicitResult } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { ScriptedDaemon } from "../support/scripted-daemon.ts";
import { emptyHome, GENERATIONS, startServer } from "../support/server-process.ts";
import { textOf } from "../support/session.ts";

const CLOSED = { result: { workspace: "me/desk", released: [], unreleased: [], cancelled_jobs: [] } };
const CLOSE = { workspace: "desk", force: true };

type Person = () => ElicitResult | Promise<ElicitResult>;

interface Given {
  readonly generation: object;
  readonly args: readonly string[];
  /** Null: the client cannot ask. */
  readonly person: Person | null;
}

/** A server with a daemon that would do everything. */
async function started({ generation, args, person }: Given) {
  const home = await emptyHome();
  const daemon = await ScriptedDaemon.start(home.env, { script: () => CLOSED });
  const server = await startServer(home.env, {
    args,
    client: { ...generation, capabilities: person === null ? {} : { elicitation: {} } },
    limits: { confirmMs: 300 },
  });
  const asked: string[] = [];
  if (person !== null)
    server.client.setRequestHandler("elicitation/create", async ({ params }) => {
      asked.push(params.message);
      return person();
    });
  return {
    server,
    daemon,
    asked,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

const CONFIRM = ["--confirm", "--namespace", "me"];

describe.each(Object.entries(GENERATIONS))("with --confirm, over the protocol %s", (_name, generation) => {
  test("a person decides: yes, no, no answer", { timeout: 30_000 }, async () => {
    const answers: ElicitResult[] = [
      { action: "decline" },
      { action: "cancel" },
      { action: "accept", content: {} },
    ];
    const person: Person = () => answers.shift() ?? { action: "cancel" };
    await using given = await started({ generation, args: CONFIRM, person });
    const { server, daemon, asked } = given;
    const declined = await server.call("close_workspace", CLOSE);
    expect(declined.isError).toBe(true);
    expect(textOf(declined)).toMatch(
      /^request\.cancelled: Nothing was done, since the person declined.*"desk"/,
    );
    expect(textOf(await server.call("close_workspace", CLOSE))).toContain("the person gave no answer");
    expect(daemon.work).toEqual([]);

    expect((await server.call("close_workspace", CLOSE)).isError).not.toBe(true);
    expect(daemon.work).toEqual(["close_workspace"]);
    expect(asked).toEqual(
      Array.from({ length: 3 }, () => 'Cancel all active jobs and release all hosts in workspace "desk"?'),
    );
    // What destroys nothing asks nobody.
    expect((await server.call("close_workspace", { workspace: "desk" })).isError).not.toBe(true);
    expect(asked).toHaveLength(3);
  });
});

describe("nobody is asked", () => {
  test.each([
    ["without --confirm", { args: ["--namespace", "me"], person: () => ({ action: "decline" as const }) }],
    ["where the client cannot ask", { args: CONFIRM, person: null }],
  ])("%s", { timeout: 30_000 }, async (_name, how) => {
    await using given = await started({ generation: GENERATIONS["with sessions"], ...how });
    expect((await given.server.call("close_workspace", CLOSE)).isError).not.toBe(true);
    expect(given.asked).toEqual([]);
    expect(given.daemon.work).toEqual(["close_workspace"]);
  });
});

test("a person who does not answer in time has not agreed", { timeout: 30_000 }, async () => {
  const person: Person = () => new Promise(() => {});
  await using given = await started({ generation: GENERATIONS["with sessions"], args: CONFIRM, person });
  const reply = await given.server.call("close_workspace", CLOSE);
  expect(textOf(reply)).toContain("request.cancelled: Nothing was done, since no answer came within 0.3 s");
  expect(given.daemon.work).toEqual([]);
});
