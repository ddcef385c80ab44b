import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorReport } from "@mtui/core/protocol";
import type { JobView, Validation } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { foreignLock, type Lab, type LabHost, readLock, removeLock, startLab } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";

const ADDON = "addon=sle-module-basesystem(major=15,minor=SP6)";
const SP6 = `base=SLES(major=15,minor=SP6);arch=[x86_64];${ADDON}`;
const GOOD = "SUSE:Maintenance:61:71";
const SPARE = "SUSE:Maintenance:62:72";

describe.skipIf(withoutLab)("bad input gets one clear answer and changes nothing", () => {
  let lab: Lab;
  let home: TesterHome;
  let ant: LabHost;
  let bee: LabHost;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [
        { name: "ant", version: "15-SP6" },
        { name: "bee", version: "15-SP6" },
      ],
    });
    await lab.makeUpdate({ rrid: GOOD, packages: ["gizmo = 2.0-1"], testplatforms: [SP6] });
    await lab.makeUpdate({ rrid: SPARE, packages: ["sprocket = 2.0-1"], testplatforms: [SP6] });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    ant = lab.host("ant");
    bee = lab.host("bee");
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    for (const { workspace } of (await home.json<{ workspaces: { workspace: string }[] }>("list-workspaces"))
      .workspaces) {
      await home.ctl("close-workspace", workspace, "--force");
    }
  });

  /** Everything that a refusal must leave as it was: what the observers saw, the template, the desks. */
  function stateOfThings(): unknown {
    const observed = lab.hosts.map((host) => host.observed().length);
    const templates = readdirSync(lab.files.templateDir, { recursive: true, encoding: "utf8" }).sort();
    const log = readFileSync(join(lab.files.templateDir, GOOD, "log"), "utf8");
    return { observed, templates, log };
  }

  /** Behind `--` words are the command's own. */
  function withJson(args: readonly string[]): string[] {
    const end = args.indexOf("--");
    return end < 0 ? [...args, "--json"] : [...args.slice(0, end), "--json", ...args.slice(end)];
  }

  interface Refusal {
    args: string[];
    exit: number;
    kind: string;
    message: RegExp;
    hint: RegExp;
    /** In the words that were typed, where those of the operation are others. */
    plain?: RegExp;
  }

  async function expectRefusal({ args, exit, kind, message, hint, plain: words }: Refusal): Promise<void> {
    const before = stateOfThings();
    const { code, stdout } = await home.ctl(...withJson(args));
    const reply = JSON.parse(stdout) as { error?: ErrorReport; jobs?: JobView[] };
    const error = reply.error ?? reply.jobs?.[0]?.error;
    expect({ code, kind: error?.kind }).toEqual({ code: exit, kind });
    expect(error?.message).toMatch(message);
    expect(error?.hint).toMatch(hint);
    // For people the same, and once.
    const plain = await home.ctl(...args);
    const said = plain.stdout + plain.stderr;
    expect(plain.code).toBe(exit);
    if (words === undefined) {
      expect(said.split(error?.message ?? "").length - 1).toBe(1);
      expect(said).toContain(error?.hint ?? "no hint");
    } else expect(said).toMatch(words);
    expect(stateOfThings()).toEqual(before);
  }

  /** Lock files with our name in them, since that many events. */
  function ourEvents(host: LabHost, from = 0): unknown[] {
    const ours = ({ content }: { content: string | null }): boolean => content?.includes("+mtuid") === true;
    return host.observed().slice(from).filter(ours);
  }

  async function workspaces(): Promise<string[]> {
    const reply = await home.json<{ workspaces: { workspace: string }[] }>("list-workspaces");
    return reply.workspaces.map(({ workspace }) => workspace);
  }

  test.each<Refusal>([
    {
      args: ["validate", "SUSE:Maintenance:99:99"],
      exit: 3,
      kind: "template.notFound",
      message: /no test report for SUSE:Maintenance:99:99/,
      hint: /Check the RRID/,
    },
    {
      args: ["validate", "SUSE:maintenance:1:2"],
      exit: 2,
      kind: "rrid.invalid",
      message: /maintenance/,
      hint: /SUSE:/,
    },
    {
      args: ["load-template", "SUSE:SLFO:../../x:1"],
      exit: 2,
      kind: "rrid.invalid",
      message: /\.\./,
      hint: /./,
    },
    {
      args: ["add-host", "-t", "no-such-host.invalid"],
      exit: 3,
      kind: "host.unknown",
      message: /no-such-host\.invalid/,
      hint: /./,
    },
    { args: ["run", "--", "true"], exit: 3, kind: "host.none", message: /has no hosts/, hint: /add-host/ },
    {
      args: ["update"],
      exit: 1,
      kind: "workspace.empty",
      message: /No test report is loaded/,
      hint: /load-template/,
    },
    {
      args: ["list-hosts", "-w", "nowhere"],
      exit: 3,
      kind: "workspace.unknown",
      message: /nowhere/,
      hint: /list-workspaces/,
    },
    { args: ["job", "status", "run-77"], exit: 3, kind: "job.unknown", message: /run-77/, hint: /job list/ },
    {
      args: ["validate", GOOD, "--wait", "soon"],
      exit: 2,
      kind: "params.invalid",
      message: /--wait.*soon/,
      hint: /number|validate/,
    },
    {
      args: ["install", "vim; reboot"],
      exit: 2,
      kind: "params.invalid",
      message: /package/,
      hint: /./,
      plain: /<package>: Invalid string.*\n.*mtuictl help install/,
    },
  ])("mtuictl $args", async (refusal) => {
    await expectRefusal(refusal);
    expect(await workspaces()).toEqual([]);
  });

  test("a typo in a flag runs nothing and names the nearest flag", async () => {
    const { code, stderr } = await home.ctl("validate", GOOD, "--kep");
    expect(code).toBe(2);
    expect(stderr).toContain("--keep");
    expect(await workspaces()).toEqual([]);
  });

  test("a report without metadata.json, and one whose metadata is another's, broken or hostile", async () => {
    const missing = "SUSE:Maintenance:63:73";
    await lab.makeUpdate({
      rrid: missing,
      packages: ["gizmo = 2.0-1"],
      testplatforms: [SP6],
      omit: ["metadata.json"],
    });
    await expectRefusal({
      args: ["validate", missing],
      exit: 1,
      kind: "template.invalid",
      message: /no metadata\.json/,
      hint: /svn up/,
    });
    const wrong = "SUSE:Maintenance:64:74";
    await lab.makeUpdate({
      rrid: wrong,
      packages: ["gizmo = 2.0-1"],
      testplatforms: [SP6],
      metadata: { rrid: GOOD },
    });
    await expectRefusal({
      args: ["validate", wrong],
      exit: 1,
      kind: "template.invalid",
      message: /rrid/i,
      hint: /./,
    });
    const broken = "SUSE:Maintenance:66:76";
    const { dir } = await lab.makeUpdate({ rrid: broken, packages: ["gizmo = 2.0-1"], testplatforms: [SP6] });
    writeFileSync(join(dir, "metadata.json"), '{"rrid": "SUSE:Maintenance:66:76", ');
    await expectRefusal({
      args: ["validate", broken],
      exit: 1,
      kind: "template.invalid",
      message: /metadata\.json/,
      hint: /./,
    });
    const hostile = "SUSE:Maintenance:67:77";
    await lab.makeUpdate({
      rrid: hostile,
      packages: ["gizmo = 2.0-1"],
      testplatforms: [SP6],
      metadata: { packages: { "15-SP6": ["gizmo;reboot = 2.0-1"] } },
    });
    await expectRefusal({
      args: ["validate", hostile],
      exit: 1,
      kind: "template.invalid",
      message: /metadata\.json: packages\["15-SP6"\]\[0\] has no valid package name/,
      hint: /./,
    });
    for (const rrid of [missing, wrong, broken, hostile])
      rmSync(join(lab.files.templateDir, rrid), { recursive: true });
  });

  test("a query that no host satisfies names the nearest hosts and what they lack", async () => {
    const rrid = "SUSE:Maintenance:65:75";
    const asked = SP6.replaceAll("SP6", "SP7").replace("x86_64", "s390x");
    await lab.makeUpdate({ rrid, packages: ["gizmo = 2.0-1"], testplatforms: [asked] });
    await expectRefusal({
      args: ["validate", rrid],
      exit: 3,
      kind: "pool.unsatisfiable",
      message: /15-SP7 s390x.*(?:ant|bee)/s,
      hint: /list-refhosts/,
    });
    rmSync(join(lab.files.templateDir, rrid), { recursive: true });
  });

  test("a bad update does not hold up a good one beside it", async () => {
    const reply = await home.json<{ jobs: JobView[]; results: (Validation | null)[] }>(
      "validate",
      "SUSE:Maintenance:99:99",
      SPARE,
    );
    expect(reply.jobs.map(({ rrid, error }) => [rrid, error?.kind])).toEqual([
      ["SUSE:Maintenance:99:99", "template.notFound"],
      [SPARE, undefined],
    ]);
    expect(reply.results.map((result) => result?.verdict)).toEqual([undefined, "PASSED"]);
  });

  test("a malformed row of the inventory is dropped with its line; the rest is used", async () => {
    const whole = readFileSync(lab.files.refhostsYml, "utf8");
    appendFileSync(lab.files.refhostsYml, "extra:\n  - arch: x86_64\n    product: {name: SLES}\n");
    const line =
      readFileSync(lab.files.refhostsYml, "utf8")
        .split("\n")
        .findIndex((text) => text.startsWith("  - arch: x86_64")) + 1;
    const { hosts, warnings } = await home.json<{ hosts: { name: string }[]; warnings: string[] }>(
      "list-refhosts",
    );
    expect(hosts.map(({ name }) => name)).toEqual(["ant", "bee"]);
    expect(warnings.join("\n")).toContain(`:${line}`);
    writeFileSync(lab.files.refhostsYml, "hosts: [unclosed");
    await expectRefusal({
      args: ["list-refhosts"],
      exit: 1,
      kind: "inventory.invalid",
      message: /refhosts\.yml/,
      hint: /./,
    });
    rmSync(lab.files.refhostsYml);
    await expectRefusal({
      args: ["validate", GOOD],
      exit: 1,
      kind: "inventory.unavailable",
      message: /refhosts\.yml/,
      hint: /refhosts/,
    });
    expect(await workspaces()).toEqual([]);
    writeFileSync(lab.files.refhostsYml, whole);
  });

  test("a host that another person has in the pool is refused with the name, and the pool takes another", async () => {
    const bytes = await foreignLock(ant, {
      file: "pool",
      user: "bob",
      comment: "mtui pool SUSE:Maintenance:1:2 [SUSE:Maintenance:1:2]",
    });
    const { code, stdout } = await home.ctl("add-host", "-t", "ant", "--json");
    const { error } = JSON.parse(stdout) as { error: ErrorReport };
    expect({ code, kind: error.kind }).toEqual({ code: 4, kind: "host.busy" });
    expect(error.message).toContain("bob");
    expect(await readLock(ant, "pool")).toBe(bytes);

    await home.ctl("load-template", GOOD);
    expect(await home.ctl("add-host")).toMatchObject({ code: 0 });
    const { hosts } = await home.json<{ hosts: { host: string }[] }>("list-hosts");
    expect(hosts.map(({ host }) => host)).toEqual(["bee"]);
    expect(await readLock(ant, "pool")).toBe(bytes);
    await removeLock(ant, "pool");
  });

  test("a pool that other people have is host.busy with their names, and validate leaves nothing behind", async () => {
    const before = lab.hosts.map((host) => host.observed().length);
    const bytes = await foreignLock(ant, { file: "pool", user: "bob", comment: "mtui pool - [bob]" });
    await foreignLock(bee, { user: "carol", comment: "reproducing a bug" });
    const reply = await home.ctl("validate", GOOD, "--wait", "0", "--json");
    const [job] = (JSON.parse(reply.stdout) as { jobs: JobView[] }).jobs;
    expect({ code: reply.code, kind: job?.error?.kind }).toEqual({ code: 4, kind: "host.busy" });
    expect(job?.error?.message).toMatch(/bob/);
    expect(job?.error?.message).toMatch(/carol.*reproducing a bug/s);
    expect(job?.error?.hint).toMatch(/--wait/);
    expect(await workspaces()).toEqual([]);
    expect(await readLock(ant, "pool")).toBe(bytes);
    expect(await readLock(ant)).toBe(null);
    expect(await readLock(bee, "pool")).toBe(null);
    // Looking at bee needs its pool lock; ant was seen to be taken, and nothing was written there.
    expect(ourEvents(ant, before[0])).toEqual([]);
    await removeLock(ant, "pool");
    await removeLock(bee);
  });

  test("nothing runs anywhere while another person holds the operation lock of one host", async () => {
    await home.ctl("add-host", "-t", "ant", "-t", "bee");
    const bytes = await foreignLock(bee, { user: "carol", comment: "reproducing a bug" });
    const { code, stdout } = await home.ctl("run", "--json", "--", "touch", "/tmp/ran");
    const { error } = JSON.parse(stdout) as { error: ErrorReport };
    expect({ code, kind: error.kind }).toEqual({ code: 4, kind: "lock.foreign" });
    expect(error.message).toMatch(/bee.*carol.*reproducing a bug/s);
    expect(error.hint).toContain("--wait");
    for (const host of lab.hosts) expect(await host.readFile("/tmp/ran")).toBe(null);
    expect(await readLock(ant)).toBe(null);
    expect(await readLock(bee)).toBe(bytes);

    await home.ctl("load-template", GOOD);
    const update = await home.ctl("update");
    expect(update.code).toBe(4);
    expect(update.stderr).toMatch(/carol/);
    for (const host of lab.hosts) {
      expect(await host.installed("gizmo")).toBe("1.0.0-1.1");
      expect(await host.must("ls /etc/zypp/repos.d")).not.toContain("issue-");
    }
    expect(await readLock(ant)).toBe(null);
    await removeLock(bee);
  });

  test("a configuration that is wrong names file, line, key and what is allowed", async () => {
    const file = join(home.dir, "bad.yaml");
    writeFileSync(file, "lock:\n  wait: soon\n");
    await using other = new TesterHome({ config: file });
    const { code, stderr } = await other.ctl("list-workspaces");
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:2`);
    expect(stderr).toContain("lock.wait");
    writeFileSync(file, "lock:\n  wayt: 5\n");
    const typo = await other.ctl("list-workspaces");
    expect(typo.code).toBe(2);
    expect(typo.stderr).toMatch(/wayt.*wait/s);
  });

  test("a host whose key has changed is refused, and the known key stays", async () => {
    const known = readFileSync(lab.files.knownHosts, "utf8");
    await ant.changeHostKey("ed25519");
    const { code, stdout } = await home.ctl("add-host", "-t", "ant", "--json");
    const { error } = JSON.parse(stdout) as { error: ErrorReport };
    expect({ code, kind: error.kind }).toEqual({ code: 1, kind: "host.key" });
    expect(error.hint).toMatch(/known_hosts|ssh-keygen/);
    expect(readFileSync(lab.files.knownHosts, "utf8")).toBe(known);
  });
});
