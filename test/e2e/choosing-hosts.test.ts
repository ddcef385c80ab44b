import type { ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  foreignLock,
  type Lab,
  type LabHost,
  lockPath,
  readLock,
  startLab,
  waitUntil,
} from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { PLATFORM } from "./support/verdict-lab.ts";

type Refhosts = ResultOf<"list_refhosts">;
type Added = ResultOf<"add_host">;

/**
 * Every lock, guard, fence, private file and history, with all that a write would change. Guards are not
 * opened for it: that would be on record.
 */
async function traces(host: LabHost): Promise<string> {
  const files = await host.must(
    "find /run/lock /var/log -name '*mtui*' -printf '%p %i %T@ %C@ %m %s\\n' | sort",
  );
  const bytes = await host.must(`od -An -c ${lockPath("operation")} ${lockPath("pool")} 2>/dev/null; :`);
  return `${files}${bytes}`;
}

describe.skipIf(withoutLab)("choosing hosts in a lab of six", () => {
  let lab: Lab;
  let home: TesterHome;
  let rrid: string;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [
        ...["idle", "bobs", "stale", "odd", "mine"].map((name) => ({ name, version: "15-SP6" })),
        { name: "dead", version: "15-SP7" },
      ],
    });
    rrid = "SUSE:Maintenance:61:610";
    await lab.makeUpdate({
      rrid,
      packages: [{ name: "choice", version: "2.0-1" }],
      testplatforms: [PLATFORM.sp6, PLATFORM.sp7],
    });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    await foreignLock(lab.host("bobs"), { file: "pool", user: "bob", comment: "until Monday" });
    await foreignLock(lab.host("stale"), { epoch: 1_000_000_000, user: "eve" });
    await lab.host("odd").writeFile(lockPath("operation"), "no lock at all");
    await lab.host("odd").writeFile(lockPath("pool"), "");
    expect(await home.ctl("add-host", "-w", "mine", "-t", "mine")).toMatchObject({ code: 0 });
    await lab.host("dead").stop();
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const running = (): LabHost[] => lab.hosts.filter(({ name }) => name !== "dead");

  test("list-refhosts --free tells all and touches nothing, however often it is asked", async () => {
    // What add-host tidies up a moment later is not what is looked for.
    await waitUntil(async () => !(await traces(lab.host("mine"))).includes(".mtui-"), {
      for: "add-host to be done",
    });
    const before = await Promise.all(running().map(traces));
    const events = running().map((host) => host.observed());
    const [first] = await Promise.all([
      home.json<Refhosts>("list-refhosts", "--free"),
      home.json<Refhosts>("list-refhosts", "--free"),
    ]);
    const again = await home.ctl("list-refhosts", "--free");
    expect(await Promise.all(running().map(traces))).toEqual(before);
    expect(running().map((host) => host.observed())).toEqual(events);

    const rows = new Map(first.hosts.map((host) => [host.name, host]));
    expect(rows.get("idle")).toMatchObject({ lock: "free", locks: [] });
    expect(rows.get("bobs")).toMatchObject({
      lock: "pool-locked",
      lock_text: expect.stringMatching(/^locked by bob for \d+ s \(until Monday\)$/),
      locks: [{ kind: "pool", state: "foreign", user: "bob", comment: "until Monday", stale: false }],
    });
    expect(rows.get("stale")).toMatchObject({
      lock: "locked",
      lock_text: expect.stringMatching(/^locked by eve for \d+\.\d h, stale$/),
      locks: [{ kind: "operation", user: "eve", since: 1_000_000_000, stale: true }],
    });
    expect(rows.get("odd")).toMatchObject({ lock: "locked", locks: [{ state: "malformed", stale: false }] });
    expect(rows.get("mine")).toMatchObject({
      lock: "held",
      lock_text: expect.stringMatching(/^by workspace mine since 20/),
      held: { workspace: "mine", rrid: null },
    });
    expect(rows.get("dead")).toMatchObject({ lock: "unreachable" });
    expect(again.stdout).toMatch(/^stale .*locked by eve for .* h, stale\)$/m);
    expect(again.stdout).toMatch(/^mine .*held \(by workspace mine since 20/m);
  });

  test("--prefer and --exclude, a partial request, and what is said of the rest", async () => {
    expect(await home.ctl("load-template", rrid)).toMatchObject({ code: 0 });
    const { result } = await home.json<Added>(
      "add-host",
      "--partial",
      "--prefer",
      "idl",
      "--exclude",
      "stale",
    );
    expect(result?.hosts.map(({ host }) => host)).toEqual(["idle"]);
    expect(result?.warnings).toEqual([
      "--prefer idl: the inventory does not list it; did you mean idle?; ignored",
    ]);
    expect(result?.no_host).toMatchObject([
      {
        slot: { version: "15-SP7" },
        cause: "not_waited",
        reason: expect.stringMatching(/^not waited for: dead unreachable/),
      },
    ]);
    expect(await readLock(lab.host("stale"), "pool")).toBeNull();
    expect(await home.ctl("close-workspace")).toMatchObject({ code: 0 });
  });

  test("a request that nothing fits says at once what is nearest", async () => {
    const other = "SUSE:Maintenance:62:620";
    await lab.makeUpdate({
      rrid: other,
      packages: [{ name: "choice", version: "3.0-1" }],
      testplatforms: [PLATFORM.sp6],
    });
    const names = running().flatMap(({ name }) => ["--exclude", name]);
    const refused = await home.ctl("validate", other, "--wait", "600", ...names);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(
      /pool\.unsatisfiable: .*excluded by --exclude: .*nearest of the others: dead \(is SLES 15-SP7/,
    );
  });
});
