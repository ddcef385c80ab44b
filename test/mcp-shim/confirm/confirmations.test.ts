import { CLIENT_CAPABILITIES_META_KEY, isInputRequiredResult } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { Confirmations, questionOf, workspacesOfJobs } from "../../../packages/mcp-shim/src/confirm/index.ts";
import { VirtualClock } from "../../daemon/support/virtual-clock.ts";
import { TABLE } from "../support/session.ts";

type Asking = Parameters<Confirmations["ask"]>[1];

const CALL = { name: "reboot", params: { workspace: "desk" } };

function question(name: string, params: Record<string, unknown>, namespace: string | null = "me") {
  const entry = TABLE.operations.find((each) => each.name === name);
  if (entry === undefined) throw new Error(name);
  return questionOf(entry, { params, namespace });
}

describe("asked about is", () => {
  test.each([
    ["reboot", { workspace: "desk", hosts: ["a1", "a2"] }, 'Reboot "a1", "a2" in workspace "desk"?'],
    ["reboot", { workspace: "desk" }, 'Reboot all hosts in workspace "desk"?'],
    ["unlock", { workspace: "desk" }, null],
    [
      "unlock",
      { workspace: "desk", force: true, hosts: ["a1"] },
      /^Remove the operation lock, whoever.*"a1" in/,
    ],
    ["unlock", { workspace: "desk", force: true, pool: true }, /^Remove the pool lock.*from all hosts/],
    ["close_workspace", { workspace: "desk" }, null],
    ["close_workspace", { workspace: "desk", force: true }, /^Cancel all active jobs/],
    [
      "takeover",
      { workspace: "desk", host: "a1", claim: "c1", reason: "x\u001b[2J\ny" },
      /^Take host "a1" \("c1"\)/,
    ],
    ["run", { workspace: "desk", command: "rm -rf /" }, null],
    ["run", { workspace: "me/desk", command: "true" }, null],
    [
      "run",
      { workspace: "you/desk", command: "true" },
      'run in workspace "you/desk", which is not this agent\'s own?',
    ],
    ["reboot", { workspace: "you/desk" }, /^Reboot all hosts in workspace "you\/desk", which is not/],
    ["list_hosts", { workspace: "you/desk" }, null],
  ])("%s %j", (name, params, expected) => {
    const asked = question(name, params);
    if (expected instanceof RegExp) expect(asked).toMatch(expected);
    else expect(asked).toBe(expected);
    expect(asked ?? "").not.toMatch(/[\n\u001b]/);
  });

  test("a job that is cancelled in a workspace of another namespace", async () => {
    const entry = TABLE.operations.find(({ name }) => name === "job_cancel");
    if (entry === undefined) throw new Error("no job_cancel");
    const of: Record<string, string> = { "run-1": "me/desk", "run-2": "you/desk" };
    const link = {
      call: async ({ params }: { params: Record<string, unknown> }) => ({
        workspace: of[String(params["job_id"])],
      }),
    };
    const { signal } = new AbortController();
    const asked = async (params: Record<string, unknown>) =>
      questionOf(entry, {
        params,
        namespace: "me",
        touched: await workspacesOfJobs(entry, { params, link, signal }),
      });
    expect(await asked({ job_id: "run-1" })).toBeNull();
    expect(await asked({ job_id: "run-1", others: ["run-2"] })).toContain('"you/desk"');
  });

  test("any other namespace, before the own one is known", () => {
    expect(question("run", { workspace: "me/desk" }, null)).toContain("not this agent's own");
  });
});

describe("an answer of a client without sessions", () => {
  /** The call comes, with what its client brings along. */
  function asking(
    state?: string,
    { action = "accept", call = CALL }: { action?: string; call?: Asking["call"] } = {},
  ) {
    const mcpReq = {
      envelope: { [CLIENT_CAPABILITIES_META_KEY]: { elicitation: {} } },
      requestState: () => state,
      inputResponses: { go_ahead: { action } },
    };
    return { request: { mcpReq }, capabilities: undefined, call } as unknown as Asking;
  }

  async function questioned() {
    const clock = new VirtualClock();
    const confirmations = new Confirmations({ clock, limits: { confirmMs: 300_000 } });
    const first = await confirmations.ask("Reboot?", asking());
    if (first?.requestState === undefined) throw new Error("nothing was asked");
    return { clock, confirmations, state: first.requestState };
  }

  test("counts once, for the call that it was asked for", async () => {
    const { confirmations, state } = await questioned();
    const other = await confirmations.ask(
      "Reboot?",
      asking(state, { call: { ...CALL, params: { workspace: "b" } } }),
    );
    expect(isInputRequiredResult(other)).toBe(true);
    expect(await confirmations.ask("Reboot?", asking(state))).toBeNull();
    expect(isInputRequiredResult(await confirmations.ask("Reboot?", asking(state)))).toBe(true);
    expect(isInputRequiredResult(await confirmations.ask("Reboot?", asking("made up")))).toBe(true);
  });

  test("counts for five minutes", async () => {
    const { clock, confirmations, state } = await questioned();
    await clock.advance(300_001);
    await expect(confirmations.ask("Reboot?", asking(state))).rejects.toMatchObject({
      kind: "request.cancelled",
      message: expect.stringContaining("within 300 s"),
    });
  });

  test("is forgotten when there are too many questions", async () => {
    const { confirmations, state } = await questioned();
    for (let at = 0; at < 64; at++) await confirmations.ask("Reboot?", asking());
    expect(isInputRequiredResult(await confirmations.ask("Reboot?", asking(state)))).toBe(true);
  });
});
