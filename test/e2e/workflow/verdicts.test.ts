import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRrid, readReport } from "@mtui/core/domain";
import { systemClock } from "@mtui/core/clock";
import type { HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import {
  downgrade,
  update,
  type WorkflowContext,
  workflowHost,
} from "../../../packages/daemon/src/workflow/index.ts";
import {
  hideProgram,
  holdZypp,
  type Lab,
  letZyppGo,
  type MadeUpdate,
  readLock,
  startLab,
  type UpdateSpec,
  waitUntil,
} from "../../lab/index.ts";
import { withoutLab } from "../../support/lab-missing.ts";
import { connectorFor, openHost } from "../ssh/support/open.ts";

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";
const MICRO = "base=SL-Micro(major=6,minor=1);arch=[x86_64]";
/** A package for each test, so that every one starts from the released versions. */
const RELEASED = Array.from({ length: 16 }, (_, index) => `verdict-${index + 1} = 1.0-1`);
let made = 0;

async function contextOf({ dir, rrid }: MadeUpdate): Promise<WorkflowContext> {
  const text = (name: string) => readFile(join(dir, name), "utf8").catch(() => null);
  const report = readReport({
    rrid: parseRrid(rrid),
    log: (await text("log")) ?? "",
    metadata: (await text("metadata.json")) ?? "",
    project: await text("project.xml"),
    patchinfo: await text("patchinfo.xml"),
  });
  return {
    report,
    rrid: report.rrid,
    workspace: "default",
    signal: new AbortController().signal,
    clock: systemClock,
    rebootBudget: 60,
  };
}

describe.skipIf(withoutLab)("verdicts on real hosts", () => {
  let lab: Lab;
  const sessions = new Map<string, HostSession>();

  beforeAll(async () => {
    lab = await startLab({
      hosts: [
        { name: "one", packages: RELEASED },
        { name: "two", packages: RELEASED },
        { name: "micro", product: "SL-Micro", version: "6.1", packages: RELEASED },
      ],
      released: RELEASED,
    });
    const connector = connectorFor(lab, { limits: { reconnect: 2 } });
    for (const { name } of lab.hosts) sessions.set(name, await openHost(connector, name));
  });

  afterAll(async () => {
    for (const session of sessions.values()) await session.close();
    await lab?.[Symbol.asyncDispose]();
  });

  /** An update of one package that is this test's own. */
  async function make(more: Partial<UpdateSpec> & { of?: Record<string, unknown> } = {}) {
    made += 1;
    const name = `verdict-${made}`;
    const { of, ...spec } = more;
    const rrid = `SUSE:Maintenance:7${made}:8${made}`;
    const packages = [{ name, version: "2.0-1", ...of }];
    return { name, made: await lab.makeUpdate({ rrid, packages, testplatforms: [SP6], ...spec }) };
  }

  async function run(
    of: MadeUpdate,
    names: string[],
    options: { newpackage?: boolean; noprepare?: boolean } = {},
  ) {
    const context = await contextOf(of);
    const hosts = names.map((name) => {
      const session = sessions.get(name);
      if (session === undefined) throw new Error(`no session of ${name}`);
      return workflowHost(session, context.report);
    });
    const done = await update(context, { hosts, newpackage: false, noprepare: false, ...options });
    for (const name of names) {
      if (lab.host(name).up && sessions.get(name)?.connected)
        expect(await readLock(lab.host(name))).toBeNull();
    }
    return { results: done.hosts, context, hosts };
  }

  it("PASSED, and NOT_TESTED when it was there already; then back to the released version", async () => {
    const { name, made: of } = await make();
    const { results, context, hosts } = await run(of, ["one"]);
    expect(results).toMatchObject([
      {
        state: "ok",
        verdict: "PASSED",
        packages: [{ name, before: "1.0-1", required: "2.0-1", after: "2.0-1", verdict: "PASSED" }],
      },
    ]);
    expect(await lab.host("one").installed(name)).toBe("2.0-1");
    expect(await lab.host("one").must("zypper lr || :")).not.toContain("issue-");
    expect(await lab.host("one").readFile("/var/log/mtui.log")).toContain(`:update:${of.rrid}:${name}\n`);
    expect((await run(of, ["one"])).results).toMatchObject([{ state: "ok", verdict: "NOT_TESTED" }]);
    expect((await downgrade(context, { hosts })).hosts).toMatchObject([{ state: "ok" }]);
    expect(await lab.host("one").installed(name)).toBe("1.0-1");
  });

  it("NOT_TESTED for a package that is new, PASSED for it when asked", async () => {
    const { made: of } = await make();
    const packages = [`verdict-${made} = 2.0-1`, "brand-new = 1.0-1"];
    const wide = await lab.makeUpdate({ rrid: of.rrid, packages, testplatforms: [SP6] });
    const plain = (await run(wide, ["one"])).results[0];
    expect(plain).toMatchObject({
      verdict: "PASSED",
      packages: [{ name: "brand-new", note: "not available", verdict: "NOT_TESTED" }, { verdict: "PASSED" }],
    });
    const asked = (await run(wide, ["two"], { newpackage: true })).results[0];
    expect(asked).toMatchObject({
      verdict: "PASSED",
      packages: [
        { name: "brand-new", before: null, after: "1.0-1", verdict: "PASSED" },
        { verdict: "PASSED" },
      ],
    });
  });

  it("FAILED when the update brings less than the report requires", async () => {
    const { name, made: of } = await make();
    const metadata = { packages: { "15-SP6": [`${name} = 3.0-1`] } };
    const wrong = await lab.makeUpdate({
      rrid: of.rrid,
      packages: [`${name} = 2.0-1`],
      testplatforms: [SP6],
      metadata,
    });
    expect((await run(wrong, ["one"])).results).toMatchObject([
      {
        state: "ok",
        verdict: "FAILED",
        packages: [{ before: "1.0-1", after: "2.0-1", required: "3.0-1", verdict: "FAILED" }],
      },
    ]);
  });

  it("FAILED without a patch", async () => {
    const { made: of } = await make({ patch: false });
    const [result] = (await run(of, ["one"])).results;
    expect(result).toMatchObject({ state: "failed", verdict: "FAILED" });
    expect(result?.error?.message).toContain("no patch");
    expect(await lab.host("one").must("zypper lr || :")).not.toContain("issue-");
  });

  it.each([
    ["its script refuses", { failing: "pre" }],
    ["its script fails afterwards", { failing: "post" }],
    ["it needs what nobody has", { requires: ["nobody-has-this"] }],
  ])("FAILED and rolled back where %s", async (_name, of) => {
    const { name, made: broken } = await make({ of });
    const [result] = (await run(broken, ["one"])).results;
    expect(result).toMatchObject({ state: "failed", verdict: "FAILED", error: { kind: "operation.failed" } });
    expect(result?.warnings).toContain("the update failed and was rolled back to the released versions");
    expect(await lab.host("one").installed(name)).toBe("1.0-1");
  });

  it("UNKNOWN, and no verdict of the host, when rpm cannot be asked", async () => {
    const { made: of } = await make();
    await hideProgram(lab.host("one"), "rpm");
    try {
      const [result] = (await run(of, ["one"])).results;
      expect(result).toMatchObject({
        state: "failed",
        verdict: "NOT_TESTED",
        packages: [{ verdict: "UNKNOWN" }],
      });
    } finally {
      await hideProgram(lab.host("one"), "rpm", false);
    }
  });

  it("UNKNOWN, and no verdict of the host, when rpm cannot be asked after the update", async () => {
    const { name, made: of } = await make({ of: { pre: 'r=$(command -v rpm); mv "$r" "$r.hidden"' } });
    try {
      const [result] = (await run(of, ["one"])).results;
      expect(result).toMatchObject({
        state: "failed",
        verdict: "NOT_TESTED",
        packages: [{ name, before: "1.0-1", after: null, note: "could not be asked", verdict: "UNKNOWN" }],
      });
    } finally {
      await hideProgram(lab.host("one"), "rpm", false);
    }
  });

  it("FAILED for a package that is on offer and was not installed", async () => {
    const { name, made: of } = await make();
    const packages = [`${name} = 2.0-1`, "frobnicate-plugins = 2.0-1"];
    const wide = await lab.makeUpdate({ rrid: of.rrid, packages, testplatforms: [SP6] });
    expect((await run(wide, ["one"], { noprepare: true })).results[0]).toMatchObject({
      state: "ok",
      verdict: "FAILED",
      packages: [
        { name: "frobnicate-plugins", before: null, after: null, verdict: "FAILED" },
        { name, verdict: "PASSED" },
      ],
    });
  });

  it("NOT_TESTED while somebody else's zypper runs", async () => {
    const { made: of } = await make();
    await holdZypp(lab.host("one"));
    try {
      const [result] = (await run(of, ["one"])).results;
      expect(result).toMatchObject({ state: "failed", verdict: "NOT_TESTED" });
      expect(result?.error?.message).toContain("update stack locked");
    } finally {
      await letZyppGo(lab.host("one"));
    }
  });

  it("PASSED on a transactional host, in the snapshot that a reboot activated", async () => {
    const { name, made: of } = await make({
      testplatforms: [MICRO],
      packages: { "6.1": [`verdict-${made + 1} = 2.0-1`] },
    });
    const boots = lab.host("micro").boots;
    const { results, context, hosts } = await run(of, ["micro"]);
    expect(results).toMatchObject([
      { state: "ok", verdict: "PASSED", packages: [{ before: "1.0-1", after: "2.0-1" }] },
    ]);
    expect(lab.host("micro").boots).toBe(boots + 2);
    expect((await downgrade(context, { hosts })).hosts).toMatchObject([{ state: "ok" }]);
    expect(await lab.host("micro").installed(name)).toBe("1.0-1");
  });

  it("LOST for a host whose sshd dies during the update, PASSED for the other", async () => {
    const { made: of } = await make({ of: { slowSeconds: 5, pre: "touch /run/verdict-begun" } });
    const done = run(of, ["one", "two"]);
    await waitUntil(async () => (await lab.host("two").readFile("/run/verdict-begun")) !== null, {
      for: "the transaction",
    });
    await lab.host("two").killSshd();
    const [one, two] = (await done).results;
    expect(one).toMatchObject({ state: "ok", verdict: "PASSED" });
    expect(two).toMatchObject({ state: "lost", verdict: "LOST", error: { kind: "host.lost" } });
    expect(two?.commands.at(-1)?.command).toContain("-t patch");
  });
});
