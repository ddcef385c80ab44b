import type { JobView, Validation } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  doubleUses,
  type Lab,
  type LabHost,
  lockPath,
  parallelSeconds,
  startLab,
  usesOf,
  waitUntil,
} from "../lab/index.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { TesterHome } from "../support/home.ts";

interface Validated {
  jobs: JobView[];
  results: (Validation | null)[];
}

interface Queue {
  claims: { host: string; workspace: string }[];
  tickets: {
    workspace: string;
    position: number;
    slots: { candidates: { host: string; why_not: string }[] }[];
  }[];
}

const ADDON = "addon=sle-module-basesystem";
const SP6 = `base=SLES(major=15,minor=SP6);arch=[x86_64];${ADDON}(major=15,minor=SP6)`;
const SP7 = `base=SLES(major=15,minor=SP7);arch=[x86_64];${ADDON}(major=15,minor=SP7)`;

/** Every update has a package of its own, so that each starts from the released versions. */
const RELEASED = Array.from({ length: 8 }, (_, index) => `pool-${index + 1} = 1.0-1`);
let made = 0;

async function makeUpdate(lab: Lab, testplatforms: string[]): Promise<string> {
  made += 1;
  const name = `pool-${made}`;
  const rrid = `SUSE:Maintenance:4${made}:5${made}`;
  await lab.makeUpdate({ rrid, packages: [{ name, version: "2.0-1", slowSeconds: 1 }], testplatforms });
  return rrid;
}

describe.skipIf(withoutLab)("a pool of two hosts, one of each service pack", () => {
  let lab: Lab;
  let home: TesterHome;
  let sp6: LabHost;

  beforeAll(async () => {
    lab = await startLab({
      config: { lock: { wait_poll: 1 } },
      hosts: [
        { name: "sp6-1", version: "15-SP6", packages: RELEASED },
        { name: "sp7-1", version: "15-SP7", packages: RELEASED },
      ],
      released: RELEASED,
    });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    sp6 = lab.host("sp6-1");
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** Each of these updates had each of these hosts, by the hosts' own records; nobody met anybody there, and nobody is left. */
  function assertNothingLeft(rrids: readonly string[], hosts = ["sp6-1", "sp7-1"]): void {
    const uses = lab.hosts.flatMap((host) => usesOf(host));
    const seen = new Set(uses.map(({ host, update, evidence }) => `${update} ${evidence} ${host}`));
    for (const rrid of rrids)
      for (const host of hosts)
        for (const evidence of ["pool lock", "operation lock", "repository"])
          expect(seen).toContain(`${rrid.replace("SUSE:Maintenance:", "")} ${evidence} ${host}`);
    expect(doubleUses(uses)).toEqual([]);
    expect(uses.filter(({ to }) => to === null)).toEqual([]);
  }

  async function poolLock(host: LabHost): Promise<string> {
    return (await host.exec(`cat ${lockPath("pool")}`)).stdout;
  }

  test("an update with two slots and a free host for only one of them waits and holds nothing", async () => {
    const rrid = await makeUpdate(lab, [SP6, SP7]);
    expect(await home.ctl("add-host", "-w", "other", "-t", "sp7-1")).toMatchObject({ code: 0 });
    const { jobs } = await home.json<{ jobs: JobView[] }>("validate", rrid, "--background");
    const id = jobs[0]?.id ?? "";
    await waitUntil(async () => (await home.json<JobView>("job", "status", id)).state === "waiting", {
      for: "the job to wait",
    });

    const queue = await home.json<Queue>("queue");
    expect(queue.claims.map(({ host, workspace }) => ({ host, workspace }))).toEqual([
      { host: "sp7-1", workspace: "other" },
    ]);
    const why = queue.tickets[0]?.slots.flatMap(({ candidates }) => candidates);
    expect(why?.find(({ host }) => host === "sp7-1")?.why_not).toContain("other");
    expect(await poolLock(sp6)).toBe("");
    expect(usesOf(sp6).filter(({ evidence }) => evidence === "pool lock")).toEqual([]);

    await home.ctl("close-workspace", "other");
    await home.ctl("job", "wait", id, "--timeout", "60");
    const { result } = await home.json<{ result: Validation }>("job", "result", id);
    expect(result).toMatchObject({ rrid, verdict: "PASSED" });
    expect(result.hosts.map(({ host, verdict }) => [host, verdict])).toEqual([
      ["sp6-1", "PASSED"],
      ["sp7-1", "PASSED"],
    ]);
    assertNothingLeft([rrid]);
  });

  test.each([0, 1])(
    "two updates that both need both hosts never deadlock (arrival order %i)",
    async (first) => {
      const rrids = [await makeUpdate(lab, [SP6, SP7]), await makeUpdate(lab, [SP7, SP6])];
      const ordered = first === 0 ? rrids : rrids.toReversed();
      const { results } = await home.json<Validated>("validate", ...ordered);
      expect(results.map((result) => [result?.rrid, result?.verdict])).toEqual(
        ordered.map((rrid) => [rrid, "PASSED"]),
      );
      assertNothingLeft(rrids);
    },
  );

  test("nor when they are of two daemons, which know each other by the locks on the hosts alone", async () => {
    await using bob = new TesterHome({ config: lab.files.mtuiYaml, user: "bob" });
    const [hers, his] = [await makeUpdate(lab, [SP6, SP7]), await makeUpdate(lab, [SP7, SP6])];
    const [one, two] = await Promise.all([
      home.json<Validated>("validate", hers, "--wait", "90"),
      bob.json<Validated>("validate", his, "--wait", "90"),
    ]);
    expect(one.results[0]).toMatchObject({ rrid: hers, verdict: "PASSED" });
    expect(two.results[0]).toMatchObject({ rrid: his, verdict: "PASSED" });
    assertNothingLeft([hers, his]);
    expect(
      parallelSeconds(
        lab.hosts.flatMap((host) => usesOf(host)),
        [hers, his],
      ),
    ).toBe(0);
  });

  test("an architecture that the pool lacks is reported, and the rest is tested", async () => {
    const rrid = await makeUpdate(lab, [SP6.replace("[x86_64]", "[s390x,x86_64]")]);
    const { results } = await home.json<Validated>("validate", rrid);
    const result = results[0];
    expect(result).toMatchObject({ verdict: "INCOMPLETE" });
    expect(result?.hosts.map(({ host, verdict }) => [host, verdict])).toEqual([["sp6-1", "PASSED"]]);
    expect(result?.no_host.map(({ slot }) => slot.arch)).toEqual(["s390x"]);
    expect(result?.no_host[0]?.reason).toContain("x86_64");
    assertNothingLeft([rrid], ["sp6-1"]);
  });
});
