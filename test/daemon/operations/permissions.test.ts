import { ALLOWANCES } from "@mtui/core/protocol";
import { type OperationName, OPERATIONS } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { assertAllowed } from "../../../packages/daemon/src/operations/permissions.ts";
import type { ClientIdentity } from "../../../packages/daemon/src/workspaces/names.ts";
import { AGENT, type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const OTHER: ClientIdentity = { id: "c9", kind: "agent", name: "other", namespace: "other" };
const allowed = (...allow: NonNullable<ClientIdentity["allow"]>): ClientIdentity => ({ ...AGENT, allow });

interface Foreign extends Desk {
  readonly rrid: string;
  readonly claim: string;
  readonly job: string;
}

/** Another agent has a loaded desk `other/w` with host ant, and a job at work there. */
async function foreign(): Promise<Foreign> {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  const rrid = desk.template(1);
  const its = { client: OTHER };
  await desk.call("load_template", { workspace: "w", auto_review_id: rrid }, its);
  await desk.call("add_host", { workspace: "w", target: ["ant"] }, its);
  desk.pool.machine("ant").gates.command = () => new Promise(() => {});
  const { job } = await desk.call("run", { workspace: "w", command: ["true"], background: true }, its);
  await settle();
  const claim = desk.services.arbiter.view().claims[0]?.id ?? "";
  return { ...desk, rrid, claim, job: job.id };
}

/** What names the other agent's things, besides `workspace`. */
const PARAMS: { readonly [N in OperationName]?: (of: Foreign) => Record<string, unknown> } = {
  daemon_stop: () => ({}),
  load_template: ({ rrid }) => ({ auto_review_id: rrid }),
  takeover: ({ claim }) => ({ host: "ant", claim, reason: "mine" }),
  run: () => ({ command: ["true"] }),
  install: () => ({ package: ["frob"] }),
  uninstall: () => ({ package: ["frob"] }),
  set_repo: () => ({ operation: "add" }),
  testreport_patch: () => ({ start_line: 1, end_line: 1, replacement: "x" }),
  testreport_write: () => ({ content: "x" }),
  put: () => ({ filename: "/tmp/x", content: "x" }),
  set_timeout: () => ({ timeout: 5 }),
  unload: ({ rrid }) => ({ rrid }),
  job_cancel: ({ job }) => ({ job_id: job }),
};

/** Not refused, because nothing in them can name what is another's. */
const HARMLESS: ReadonlySet<OperationName> = new Set<OperationName>(["heartbeat", "validate"]);

const changing = OPERATIONS.filter(({ effect, name }) => effect !== "read" && !HARMLESS.has(name));

function paramsOf(name: OperationName, desk: Foreign): Record<string, unknown> {
  const { scope } = OPERATIONS.find((operation) => operation.name === name) ?? {};
  return { ...(scope === "workspace" ? { workspace: "other/w" } : {}), ...PARAMS[name]?.(desk) };
}

/** Everything that a change of the other agent's would show in. */
function standing({ services, pool, job }: Foreign): unknown {
  const { hosts, template } = services.workspaces.find("other/w") ?? {};
  return {
    claims: services.arbiter.view(),
    hosts: [...(hosts?.keys() ?? [])],
    template: template?.rrid.text,
    jobs: services.jobs.list().map(({ id, state }) => [id, state]),
    job: services.jobs.get(job).state,
    files: pool.machine("ant").files,
    commands: [...pool.machine("ant").commands],
  };
}

describe("an agent and what is another's", () => {
  test.each(changing.map(({ name }) => name))("%s is refused, and nothing has changed", async (name) => {
    using desk = await foreign();
    const before = structuredClone(standing(desk));
    const refused = desk.call(name, paramsOf(name, desk), { client: AGENT });
    // `unload` looks among one's own, where it is not.
    const kind = name === "unload" ? "workspace.unknown" : "permission.denied";
    await expect(refused).rejects.toMatchObject({ kind, hint: expect.stringMatching(/./) });
    await settle();
    expect(standing(desk)).toEqual(before);
  });

  test("an operation of the whole daemon that nobody has decided on is refused", async () => {
    const unlisted = OPERATIONS.filter(({ scope, effect }) => scope === "daemon" && effect !== "read");
    expect(unlisted.map(({ name }) => name).toSorted()).toEqual([
      "daemon_stop",
      "heartbeat",
      "job_cancel",
      "unload",
      "validate",
    ]);
    using desk = await foreign();
    const call = { services: desk.services, client: AGENT, signal: new AbortController().signal };
    for (const { name } of unlisted.filter((each) => HARMLESS.has(each.name)))
      expect(() => assertAllowed(name, {}, call)).not.toThrow();
  });

  test("one job of another's refuses to cancel all that were named", async () => {
    using desk = await foreign();
    await desk.call("add_host", { workspace: "w", target: ["bee"] }, { client: AGENT });
    desk.pool.machine("bee").gates.command = () => new Promise(() => {});
    const run = { workspace: "w", command: ["true"], background: true };
    const { job } = await desk.call("run", run, { client: AGENT });
    const both = desk.call("job_cancel", { job_id: job.id, others: [desk.job] }, { client: AGENT });
    await expect(both).rejects.toMatchObject({ kind: "permission.denied", data: { workspace: "other/w" } });
    await settle();
    expect(desk.services.jobs.get(job.id).state).toBe("running");
  });

  test("an agent without a namespace may change nothing at all", async () => {
    using desk = await foreign();
    const nobody = { ...AGENT, namespace: null };
    const params = { workspace: "w", target: ["bee"] };
    await expect(desk.call("add_host", params, { client: nobody })).rejects.toMatchObject({
      kind: "permission.denied",
    });
  });
});

describe("what its person allows", () => {
  test.each(ALLOWANCES)("without --allow %s, the refusal names the flag", async (what) => {
    using desk = await foreign();
    const client = allowed(...ALLOWANCES.filter((each) => each !== what));
    const [name, params] = {
      takeover: ["takeover", { host: "ant", claim: desk.claim, reason: "mine", force: true }],
      unlock_force: ["unlock", { force: true }],
      foreign: ["close_workspace", { workspace: "other/w" }],
    }[what] as [OperationName, Record<string, unknown>];
    await expect(desk.call(name, params, { client })).rejects.toMatchObject({
      kind: "permission.denied",
      hint: expect.stringContaining(`mtui-mcp with --allow ${what}.`),
      data: { allow: what },
    });
  });

  test("takeover: the host is in its own desk then", async () => {
    using desk = await foreign();
    await desk.call("job_cancel", { job_id: desk.job }, { client: OTHER });
    desk.pool.machine("ant").gates.command = async () => {};
    const params = { workspace: "w", host: "ant", claim: desk.claim, reason: "mine", force: true };
    const taken = desk.call("takeover", params, { client: allowed("takeover") });
    await desk.clock.advance(60_000);
    expect(await taken).toMatchObject({ workspace: "claude/w", from: { workspace: "other/w" } });
    expect([...(desk.services.workspaces.find("claude/w")?.hosts.keys() ?? [])]).toEqual(["ant"]);
  });

  test("unlock_force: anybody's lock on its own host", async () => {
    using desk = await foreign();
    await desk.call("add_host", { workspace: "w", target: ["bee"] }, { client: AGENT });
    desk.pool.machine("bee").lockedBy("bob", "operation");
    const params = { workspace: "w", force: true };
    expect(await desk.call("unlock", params, { client: allowed("unlock_force") })).toMatchObject({
      hosts: [{ host: "bee", state: "released" }],
    });
  });

  test("foreign: what lies in other namespaces", async () => {
    using desk = await foreign();
    const its = { client: allowed("foreign") };
    expect(await desk.call("job_cancel", { job_id: desk.job }, its)).toMatchObject({ cancelled: true });
    await desk.call("load_template", { workspace: "other/x", auto_review_id: desk.rrid }, its);
    expect(await desk.call("close_workspace", { workspace: "other/x" }, its)).toMatchObject({
      workspace: "other/x",
    });
  });
});
