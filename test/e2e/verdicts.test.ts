import type { JobView } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { hideProgram, type Lab, type LabHost } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import {
  hostOf,
  loggedCommands,
  packageRows,
  reportBlock,
  type Validated,
  type ValidatedHost,
  validate,
  verdictLine,
} from "./support/validated.ts";
import { PLATFORM, startVerdictLab } from "./support/verdict-lab.ts";

describe.skipIf(withoutLab)("verdicts of real updates", () => {
  let lab: Lab;
  let home: TesterHome;
  let sp5: LabHost;
  let sp6: LabHost;
  let sp7: LabHost;

  beforeAll(async () => {
    lab = await startVerdictLab();
    home = new TesterHome({ config: lab.files.mtuiYaml });
    [sp5, sp6, sp7] = [lab.host("sp5-1"), lab.host("sp6-1"), lab.host("sp7-1")];
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  test("packages: older, already there, new, never there; PASSED takes one that went up", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:101:201",
      packages: [
        { name: "tab-old", version: "2.0-1", requires: ["tab-new"] },
        "tab-new = 2.0-1",
        "tab-there = 2.0-1",
        "tab-absent = 2.0-1",
      ],
      testplatforms: [PLATFORM.sp6],
    });
    const done = await validate(home, rrid);
    expect(done).toMatchObject({
      code: 0,
      job: { state: "done", error: null },
      result: { verdict: "PASSED" },
    });
    const host = hostOf(done, "sp6-1");
    expect(host).toMatchObject({ state: "ok", verdict: "PASSED", error: null });
    expect(packageRows(host)).toEqual({
      "tab-old": ["1.0-1", "2.0-1", "PASSED"],
      "tab-new": [null, "2.0-1", "NOT_TESTED", "not available"],
      "tab-there": ["3.0-1", "3.0-1", "NOT_TESTED"],
      "tab-absent": [null, null, "NOT_TESTED", "not available"],
    });
    expect(await sp6.installed("tab-old")).toBe("2.0-1");
    expect(reportBlock(done, "sp6-1")).toEqual(
      expect.arrayContaining([
        "\ttab-old-1.0-1",
        "\ttab-old-2.0-1",
        "\tpackage tab-absent is not installed",
        "=> PASSED",
      ]),
    );
    expect(loggedCommands(host)).toEqual(
      expect.arrayContaining([
        "zypper -n ref",
        expect.stringMatching(/^zypper -n in -y -l .*tab-old/),
        "zypper -n in -l -y -t patch SUSE-SLE-Module-Basesystem-15-SP6-2099-101",
      ]),
    );
  });

  test("packages that are new PASS where they were asked for; a target without a host makes it INCOMPLETE", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:102:202",
      packages: ["new-old = 2.0-1", "new-one = 2.0-1"],
      testplatforms: [PLATFORM.sp7.replace("[x86_64]", "[s390x,x86_64]")],
    });
    const done = await validate(home, rrid, "--newpackage");
    expect(packageRows(hostOf(done, "sp7-1"))).toEqual({
      "new-old": ["1.0-1", "2.0-1", "PASSED"],
      "new-one": [null, "2.0-1", "PASSED"],
    });
    expect(verdictLine(done, "sp7-1")).toEqual(["=> PASSED"]);
    expect(done).toMatchObject({ code: 1, job: { state: "done" }, result: { verdict: "INCOMPLETE" } });
    expect(done.result.no_host.map(({ slot }) => slot.arch)).toEqual(["s390x"]);
  });

  test("nothing went up: NOT_TESTED, INCOMPLETE, and the report's question stays open", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:103:203",
      packages: ["done-one = 2.0-1"],
      testplatforms: [PLATFORM.sp6],
    });
    const done = await validate(home, rrid);
    expect(done).toMatchObject({ code: 1, job: { state: "done" }, result: { verdict: "INCOMPLETE" } });
    const host = hostOf(done, "sp6-1");
    expect(host.verdict).toBe("NOT_TESTED");
    expect(packageRows(host)).toEqual({ "done-one": ["2.0-1", "2.0-1", "NOT_TESTED"] });
    expect(verdictLine(done, "sp6-1")).toEqual(["=> PASSED/FAILED"]);
  });

  test("a failing %pre and a version that is not reached are FAILED; the third host PASSED and is left alone", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:104:204",
      packages: {
        "15-SP5": [
          "bad-a = 2.0-1",
          { name: "bad-b", version: "2.0-1", requires: ["bad-a = 2.0"], failing: "pre" },
        ],
        "15-SP6": ["low-one = 2.0-1"],
        "15-SP7": ["good-one = 2.0-1"],
      },
      metadata: {
        packages: {
          "15-SP5": ["bad-a = 2.0-1", "bad-b = 2.0-1"],
          "15-SP6": ["low-one = 3.0-1"],
          "15-SP7": ["good-one = 2.0-1"],
        },
      },
      testplatforms: [PLATFORM.sp5, PLATFORM.sp6, PLATFORM.sp7],
    });
    const done = await validate(home, rrid);
    expect(done).toMatchObject({
      code: 1,
      job: { state: "failed", error: { kind: "operation.failed" } },
      result: { verdict: "FAILED" },
    });

    const [bad, low, good] = ["sp5-1", "sp6-1", "sp7-1"].map((name) => hostOf(done, name));
    expect(bad).toMatchObject({ state: "failed", verdict: "FAILED", error: { kind: "operation.failed" } });
    expect(packageRows(bad!)).toEqual({
      "bad-a": ["1.0-1", "2.0-1", "PASSED"],
      "bad-b": ["1.0-1", "1.0-1", "FAILED"],
    });
    expect(low).toMatchObject({ state: "ok", verdict: "FAILED" });
    expect(packageRows(low!)).toEqual({ "low-one": ["1.0-1", "2.0-1", "FAILED"] });
    expect(good).toMatchObject({ state: "ok", verdict: "PASSED", error: null });
    expect(packageRows(good!)).toEqual({ "good-one": ["1.0-1", "2.0-1", "PASSED"] });

    // Rolled back is the host whose update failed, and no other.
    expect(bad!.warnings.join()).toContain("rolled back");
    expect(await sp5.installed("bad-a")).toBe("1.0-1");
    expect(await sp6.installed("low-one")).toBe("2.0-1");
    expect(await sp7.installed("good-one")).toBe("2.0-1");
    const downgrades = done.result.hosts.map((host) =>
      loggedCommands(host).filter((line) => line.includes("--oldpackage")),
    );
    expect(downgrades.map((lines) => lines.length > 0)).toEqual([true, false, false]);

    expect(verdictLine(done, "sp5-1")).toEqual(["=> FAILED"]);
    expect(verdictLine(done, "sp6-1")).toEqual(["=> FAILED"]);
    expect(verdictLine(done, "sp7-1")).toEqual(["=> PASSED"]);
  });

  test("a conflicting patch, and no patch at all, are FAILED; neither holds up the other", async () => {
    const clash = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:105:205",
      packages: [{ name: "clash-one", version: "2.0-1", conflicts: ["lab-base"] }],
      testplatforms: [PLATFORM.sp6],
    });
    const nothing = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:106:206",
      packages: ["nopatch-one = 2.0-1"],
      testplatforms: [PLATFORM.sp7],
      patch: false,
    });
    const [one, two] = await Promise.all([validate(home, clash.rrid), validate(home, nothing.rrid)]);
    for (const [done, name, said] of [
      [one, "sp6-1", "dependency error"],
      [two, "sp7-1", "no patch"],
    ] as const) {
      expect(done).toMatchObject({ code: 1, job: { state: "failed" }, result: { verdict: "FAILED" } });
      const host = hostOf(done, name);
      expect(host).toMatchObject({ state: "failed", verdict: "FAILED", error: { kind: "operation.failed" } });
      expect(host.error?.message).toContain(said);
      expect(host.packages.map(({ before, after, verdict }) => [before, after, verdict])).toEqual([
        ["1.0-1", "1.0-1", "FAILED"],
      ]);
      expect(verdictLine(done, name)).toEqual(["=> FAILED"]);
    }
  });

  test("a query that failed is UNKNOWN, before as after, and the update INCOMPLETE", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:107:207",
      packages: {
        "15-SP6": ["blind-before = 2.0-1"],
        "15-SP7": [{ name: "blind-after", version: "2.0-1", pre: "mv /usr/bin/rpm /usr/bin/rpm.hidden" }],
      },
      testplatforms: [PLATFORM.sp6, PLATFORM.sp7],
    });
    let done: Validated;
    try {
      done = await validate(home, rrid);
    } finally {
      // The rows below want rpm back, whatever became of this one.
      await Promise.all([sp6, sp7].map((host) => hideProgram(host, "rpm", false)));
    }
    expect(done).toMatchObject({ code: 1, job: { state: "failed" }, result: { verdict: "INCOMPLETE" } });
    const [before, after] = ["sp6-1", "sp7-1"].map((name) => hostOf(done, name));
    expect(before).toMatchObject({ state: "failed", verdict: "NOT_TESTED" });
    expect(packageRows(before!)).toEqual({ "blind-before": [null, null, "UNKNOWN", "could not be asked"] });
    expect(after).toMatchObject({ state: "failed", verdict: "NOT_TESTED" });
    expect(packageRows(after!)).toEqual({ "blind-after": ["1.0-1", null, "UNKNOWN", "could not be asked"] });
    expect(reportBlock(done, "sp7-1")).toContain("\tpackage blind-after: version unknown");
    for (const name of ["sp6-1", "sp7-1"]) expect(verdictLine(done, name)).toEqual(["=> PASSED/FAILED"]);
    // Not asked before, so not updated; asked in vain after, and that alone is no reason to roll back.
    expect(await sp6.installed("blind-before")).toBe("1.0-1");
    expect(await sp7.installed("blind-after")).toBe("2.0-1");
  });

  test("a host for which the report has nothing is not run and not ok; the other PASSED", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:109:209",
      packages: { "15-SP6": ["half-one = 2.0-1"] },
      testplatforms: [PLATFORM.sp5, PLATFORM.sp6],
    });
    const done = await validate(home, rrid);
    expect(done).toMatchObject({ code: 1, job: { state: "failed" }, result: { verdict: "INCOMPLETE" } });
    const idle = hostOf(done, "sp5-1");
    expect(idle).toMatchObject({
      state: "notRun",
      verdict: "NOT_TESTED",
      packages: [],
      error: { kind: "template.invalid" },
    });
    expect(done.job.hosts["sp5-1"]).toMatchObject({ state: "notRun" });
    expect(verdictLine(done, "sp5-1")).toEqual(["=> PASSED/FAILED"]);
    expect(await sp5.must("cat /var/log/mtui.log || :")).not.toContain(rrid);
    expect(hostOf(done, "sp6-1")).toMatchObject({ state: "ok", verdict: "PASSED" });
  });

  test("step by step: a version that is not reached fails the job, and an unreachable host is never ok", async () => {
    onTestFailed(async () => {
      await sp7.reboot();
      await home.ctl("close-workspace", "steps", "--force");
    });
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:110:210",
      packages: { "15-SP6": ["step-low = 2.0-1"], "15-SP7": ["step-good = 2.0-1"] },
      metadata: { packages: { "15-SP6": ["step-low = 3.0-1"], "15-SP7": ["step-good = 2.0-1"] } },
      testplatforms: [PLATFORM.sp6, PLATFORM.sp7],
    });
    for (const args of [["load-template", rrid], ["add-host", "-t", "sp6-1", "-t", "sp7-1"], ["prepare"]])
      expect(await home.ctl(...args, "-w", "steps")).toMatchObject({ code: 0 });

    const updated = await home.ctl("update", "-w", "steps", "--json");
    const reply = JSON.parse(updated.stdout) as { job: JobView; result: { hosts: ValidatedHost[] } };
    expect(updated.code).toBe(1);
    expect(reply.job).toMatchObject({ state: "failed", error: { kind: "operation.failed" } });
    expect(reply.result.hosts.map(({ host, state, verdict }) => [host, state, verdict])).toEqual([
      ["sp6-1", "ok", "FAILED"],
      ["sp7-1", "ok", "PASSED"],
    ]);
    const { report } = await home.json<{ report: string }>("export", "-w", "steps");
    for (const [name, line] of [
      ["sp6-1", "=> FAILED"],
      ["sp7-1", "=> PASSED"],
    ] as const)
      expect(verdictLine({ result: { report } }, name)).toEqual([line]);

    await sp7.killSshd();
    const again = await home.ctl("update", "-w", "steps", "--json");
    expect(again.code).toBe(1);
    const { result } = JSON.parse(again.stdout) as { result: { hosts: ValidatedHost[] } };
    expect(result.hosts).toMatchObject([
      { host: "sp6-1", state: "ok" },
      { host: "sp7-1", state: "unreachable", verdict: "LOST", error: { kind: "host.unreachable" } },
    ]);
    await sp7.startSshd();
    expect(await home.ctl("close-workspace", "steps")).toMatchObject({ code: 0 });
  });

  test("SL Micro and SLES 16: a snapshot is booted where the update was installed, and only there", async () => {
    const micro = lab.host("micro-1");
    const [good, bad, pi] = await Promise.all([
      lab.makeUpdate({
        rrid: "SUSE:SLFO:1.1:4711",
        packages: ["micro-one = 2.0-1"],
        testplatforms: [PLATFORM.micro],
      }),
      lab.makeUpdate({
        rrid: "SUSE:SLFO:1.1:4712",
        packages: [{ name: "micro-bad", version: "2.0-1", failing: "pre" }],
        testplatforms: [PLATFORM.micro],
      }),
      lab.makeUpdate({
        rrid: "SUSE:PI:16.0:5150",
        packages: ["pi-one = 2.0-1"],
        testplatforms: [PLATFORM.sles16],
      }),
    ]);
    const boots = micro.boots;
    const [one, two] = await Promise.all([validate(home, good.rrid), validate(home, pi.rrid)]);
    expect(one).toMatchObject({ code: 0, job: { state: "done" }, result: { verdict: "PASSED" } });
    expect(packageRows(hostOf(one, "micro-1"))).toEqual({ "micro-one": ["1.0-1", "2.0-1", "PASSED"] });
    expect(two).toMatchObject({ code: 0, job: { state: "done" }, result: { verdict: "PASSED" } });
    expect(packageRows(hostOf(two, "sles16-1"))).toEqual({ "pi-one": ["1.0-1", "2.0-1", "PASSED"] });
    // Into what was prepared, and into what was updated.
    expect(micro.boots).toBe(boots + 2);
    expect(await micro.installed("micro-one")).toBe("2.0-1");

    const failed = await validate(home, bad.rrid);
    expect(failed).toMatchObject({ code: 1, job: { state: "failed" }, result: { verdict: "FAILED" } });
    expect(packageRows(hostOf(failed, "micro-1"))).toEqual({ "micro-bad": ["1.0-1", "1.0-1", "FAILED"] });
    expect(verdictLine(failed, "micro-1")).toEqual(["=> FAILED"]);
    expect(micro.boots).toBe(boots + 3);
  });
});
