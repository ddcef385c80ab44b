import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  doubleUses,
  foreignLock,
  fullDisk,
  freeDisk,
  hideProgram,
  holdZypp,
  type Lab,
  type LabHost,
  letZyppGo,
  type MadeUpdate,
  quote,
  readLock,
  readOnlyLocks,
  removeLock,
  run,
  startLab,
  usesOf,
  waitUntil,
} from "./index.ts";
import { readOwner, reapDead } from "./place.ts";

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";
const withoutLab = process.env.MTUI_NO_LAB !== undefined || process.getuid?.() !== 0;

/** What today's mtui sends, repository first; the text of its update script is kept to the letter. */
function updateScript(update: MadeUpdate): string {
  const [, , incident, review] = update.rrid.split(":");
  const repa = `:p=${incident}:${review}`;
  return `
export LANG=
zypper -n lr -puU
zypper -n refresh
zypper -n patches | grep ${repa}
zypper -n in -l -y -t patch $(zypper -n patches | awk -F "|" '/${repa}\\>/ {{ print $2; }}')
zypper -n patches | grep ${repa}
zypper -n lr | awk -F "|" '/${repa}\\>/ {{ print $2; }}' | while read r; do zypper -n rr $r; done
`;
}

describe.skipIf(withoutLab)("the lab of real hosts", () => {
  let lab: Lab;
  let update: MadeUpdate;
  let first: LabHost;
  let second: LabHost;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [
        { name: "first" },
        { name: "second", without: ["gizmo"] },
        { name: "micro", product: "SL-Micro" },
      ],
    });
    first = lab.host("first");
    second = lab.host("second");
    update = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:31337:298765",
      packages: ["frobnicate = 2.4.1-150600.3.6.1", "libfrob3 = 2.4.1-150600.3.6.1"],
      testplatforms: [SP6],
    });
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ssh = (host: LabHost, command: string, timeoutMs = 30_000) =>
    run(["ssh", "-F", lab.files.sshConfig, "-o", "BatchMode=yes", host.name, command], { timeoutMs });

  async function addRepository(host: LabHost, made: MadeUpdate): Promise<string> {
    const repository = made.repositories.find((r) => r.version === host.spec.version);
    const [, , incident, review] = made.rrid.split(":");
    const product = repository?.product.toLowerCase() ?? "";
    const alias = `issue-${product}:${host.spec.version}:p=${incident}:${review}`;
    const added = await ssh(host, `zypper -n ar -ckn ${alias} ${repository?.url} ${alias}`);
    expect(added, added.stderr).toMatchObject({ exit: 0 });
    return alias;
  }

  test("hosts are what they were asked to be, each with its own name, processes and database", async () => {
    const seen = await Promise.all(
      lab.hosts.map((host) =>
        ssh(
          host,
          "hostname; . /etc/os-release; echo $VERSION_ID; readlink /etc/products.d/baseproduct; echo $$; rpm -q gizmo",
        ),
      ),
    );
    const lines = seen.map((ended) => ended.stdout.split("\n"));
    expect(lines.map((l) => l.slice(0, 3))).toEqual([
      ["first", "15.6", "SLES.prod"],
      ["second", "15.6", "SLES.prod"],
      ["micro", "6.1", "SL-Micro.prod"],
    ]);
    expect(lines.map((l) => Number(l[3]) < 1000)).toEqual([true, true, true]);
    expect(lines.map((l) => l[4])).toEqual([
      "gizmo-1.0.0-1.1.noarch",
      "package gizmo is not installed",
      "gizmo-1.0.0-1.1.noarch",
    ]);
  });

  test("today's update script runs unchanged over ssh and installs the patch", async () => {
    expect(await first.installed("frobnicate")).toBe("1.0.0-1.1");
    const alias = await addRepository(first, update);
    const ended = await ssh(first, updateScript(update));
    expect(ended.exit, ended.stdout + ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/\| needed +\|/);
    expect(ended.stdout).toMatch(/\| applied +\|/);
    expect(ended.stdout).not.toMatch(/Additional rpm output|Warning/);
    expect(await first.installed("frobnicate")).toBe("2.4.1-150600.3.6.1");
    expect(await first.installed("libfrob3")).toBe("2.4.1-150600.3.6.1");
    expect(await ssh(first, "zypper -n lr")).toMatchObject({ stdout: expect.not.stringContaining(alias) });
    expect(await second.installed("frobnicate")).toBe("1.0.0-1.1");

    // The observer saw the repository come and go, and names the update.
    const uses = await waitUntil(
      () => {
        const seen = usesOf(first).filter((use) => use.evidence === "repository");
        return seen.length > 0 && seen.every((use) => use.to !== null) ? seen : null;
      },
      { for: "the observer" },
    );
    expect(uses.map((use) => use.update)).toEqual(["31337:298765"]);
  });

  test("a downgrade finds the released version again", async () => {
    await second.must("zypper -n in -y frobnicate=1.0.0-1.1");
    await addRepository(second, update);
    await ssh(second, updateScript(update));
    expect(await second.installed("frobnicate")).toBe("2.4.1-150600.3.6.1");
    const query = await ssh(
      second,
      `for p in frobnicate; do zypper -n se -s --match-exact -t package $p; done | grep -v "(System" | grep ^[iv] | sed "s, ,,g" | awk -F "|" '{{ print $2,"=",$4 }}'`,
    );
    expect(query.stdout).toContain("frobnicate = 1.0.0-1.1");
    const down = await ssh(second, "zypper -n in -C --force-resolution --oldpackage -y frobnicate=1.0.0-1.1");
    expect(down.exit, down.stdout).toBe(0);
    expect(await second.installed("frobnicate")).toBe("1.0.0-1.1");
  });

  test("SL Micro: a package is there after the reboot and not before", async () => {
    const micro = lab.host("micro");
    const made = await lab.makeUpdate({
      rrid: "SUSE:SLFO:1.1:4711",
      packages: ["widgetd = 5.0.3-160000.2.1"],
      testplatforms: ["base=SL-Micro(major=6,minor=1);arch=[x86_64]"],
    });
    await addRepository(micro, made);
    const script = updateScript(made)
      .replace("zypper -n refresh\n", "")
      .replace("zypper -n in", "transactional-update -n pkg in");
    const ended = await ssh(micro, script);
    expect(ended.exit, ended.stdout + ended.stderr).toBe(0);
    expect(await micro.installed("widgetd")).toBe("1.0.0-1.1");
    await micro.reboot();
    expect(await micro.installed("widgetd")).toBe("5.0.3-160000.2.1");
    expect(await micro.must("zypper -n lr")).not.toContain("issue-");
  });

  test("a reboot gives a new boot id and an empty /var/lock, and keeps the rest", async () => {
    const before = await ssh(second, "cat /proc/sys/kernel/random/boot_id; echo kept > /root/kept");
    await foreignLock(second, { comment: "before the reboot" });
    const boots = second.boots;
    expect(await ssh(second, "systemctl reboot")).toMatchObject({ exit: 0 });
    await second.waitForBoot(boots);
    const after = await ssh(second, "cat /proc/sys/kernel/random/boot_id; cat /root/kept");
    expect(after.stdout).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}\nkept\n$/);
    expect(after.stdout.split("\n")[0]).not.toBe(before.stdout.trim());
    expect(await readLock(second)).toBeNull();
  });

  test("reboots that never return, that do nothing, and hosts without sshd", async () => {
    second.ignoreReboot();
    const boots = second.boots;
    expect(await ssh(second, "systemctl reboot")).toMatchObject({ exit: 0 });
    expect(await ssh(second, "true")).toMatchObject({ exit: 0 });
    expect(second.boots).toBe(boots);
    second.ignoreReboot(false);

    second.onReboot("never");
    await ssh(second, "systemctl reboot");
    await waitUntil(() => !second.up, { for: "second to be off" });
    expect((await ssh(second, "true")).exit).toBe(255);
    second.onReboot("return");
    await second.start();
    expect(await ssh(second, "true")).toMatchObject({ exit: 0 });

    await second.killSshd();
    expect((await ssh(second, "true")).exit).toBe(255);
    await second.startSshd();
    expect(await ssh(second, "true")).toMatchObject({ exit: 0 });
  });

  test("wire: refuse, freeze and thaw, cut, delay", async () => {
    await second.wire({ refuse: true });
    const refused = await ssh(second, "true");
    expect(refused).toMatchObject({ exit: 255, stderr: expect.stringContaining("refused") });
    await second.wire({});

    const cut = ssh(second, "touch /run/started; sleep 60");
    await waitUntil(async () => (await second.readFile("/run/started")) !== null, { for: "the command" });
    await second.cut();
    expect((await cut).exit).toBe(255);

    const frozen = ssh(
      second,
      "touch /run/started-again; cat /run/go 2>/dev/null; while ! [ -e /run/go ]; do sleep 0.05; done; echo thawed",
    );
    await waitUntil(async () => (await second.readFile("/run/started-again")) !== null, {
      for: "the command",
    });
    await second.wire({ freeze: true });
    await second.must("touch /run/go");
    const settled = await Promise.race([
      frozen.then(() => "ended"),
      ssh(first, "true").then(() => "still frozen"),
    ]);
    expect(settled).toBe("still frozen");
    await second.wire({ delayMs: 20 });
    expect(await frozen).toMatchObject({ exit: 0, stdout: "thawed\n" });
    await second.wire({});
  });

  test("a changed host key is refused by a client that knows the old one", async () => {
    await second.changeHostKey();
    const refused = await ssh(second, "true");
    expect(refused.stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
    await lab.trust();
    expect(await ssh(second, "true")).toMatchObject({ exit: 0 });
  });

  test("locks of others: their bytes, seen by the observer with owner and end", async () => {
    const bytes = await foreignLock(first, {
      file: "pool",
      user: "alice",
      comment: "mtui pool SUSE:Maintenance:1:2 [SUSE:Maintenance:1:2]",
      epoch: 1795326896,
    });
    expect(bytes).toBe("1795326896:alice:4711:mtui pool SUSE:Maintenance:1:2 [SUSE:Maintenance:1:2]");
    expect(await readLock(first, "pool")).toBe(bytes);
    await removeLock(first, "pool");
    const use = await waitUntil(() => usesOf(first).find((u) => u.update === "1:2" && u.to !== null), {
      for: "the observer",
    });
    expect(use).toMatchObject({ host: "first", evidence: "pool lock", content: bytes });
    expect(doubleUses(usesOf(first))).toEqual([]);
  });

  test("the observer misses none of many quick rewrites and names flock holders", async () => {
    const before = first.observed().length;
    await first.must(
      "cd /run/lock; for i in $(seq 100); do echo $i:u:1 > mtui.tmp; mv mtui.tmp mtui.lock; done; rm mtui.lock",
    );
    const moved = await waitUntil(
      () => {
        const events = first.observed().slice(before);
        return events.some((e) => e.event === "DELETE" && e.path === "/run/lock/mtui.lock") ? events : null;
      },
      { for: "the last event" },
    );
    expect(moved.filter((e) => e.event === "MOVED_TO" && e.path === "/run/lock/mtui.lock")).toHaveLength(100);

    await first.must("flock /run/lock/mtui.guard sleep 0.2");
    const held = await waitUntil(
      () =>
        first
          .observed()
          .slice(before)
          .find((e) => e.path === "/run/lock/mtui.guard" && e.event === "OPEN"),
      { for: "the guard file" },
    );
    expect(held.content).toMatch(/^held by/);
  });

  test("broken packages, no flock, read-only locks, full disk, a busy zypper", async () => {
    const broken = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:31339:298767",
      packages: [{ name: "sprocket", version: "2.0-1", failing: "pre" }],
      testplatforms: [SP6],
    });
    await addRepository(first, broken);
    const failed = await ssh(first, "zypper -n in -y -l sprocket");
    expect(failed.stdout + failed.stderr).toContain("refusing to install");
    expect(failed.exit).not.toBe(0);
    expect(await first.installed("sprocket")).toBe("1.0.0-1.1");

    await hideProgram(first, "flock");
    expect((await ssh(first, "flock --version")).exit).toBe(127);
    await hideProgram(first, "flock", false);
    expect((await ssh(first, "flock --version")).exit).toBe(0);

    await readOnlyLocks(first);
    expect((await ssh(first, "echo x > /var/lock/mtui.lock")).stderr).toContain("Read-only");
    await readOnlyLocks(first, false);
    expect((await ssh(first, "echo x > /var/lock/mtui.lock && rm /var/lock/mtui.lock")).exit).toBe(0);

    await fullDisk(first);
    expect((await ssh(first, "zypper -n ref; echo x > /var/cache/zypp/x")).stderr).toContain("No space left");
    await freeDisk(first);

    await holdZypp(first);
    expect(await ssh(first, "zypper -n lr; zypper -n ref; zypper -n in -y gizmo")).toMatchObject({
      exit: 7,
      stderr: expect.stringContaining("System management is locked"),
    });
    await letZyppGo(first);
    expect(await ssh(first, "zypper -n in -y gizmo")).toMatchObject({ exit: 0 });
  });

  test("a patch that conflicts with the system: zypper asks, is not answered, and changes nothing", async () => {
    const made = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:31340:298768",
      packages: [{ name: "widgetd", version: "2.0-1", conflicts: ["lab-base"] }],
      testplatforms: [SP6],
    });
    await addRepository(first, made);
    const ended = await ssh(
      first,
      "zypper -n in -l -y -t patch SUSE-SLE-Module-Basesystem-15-SP6-2099-31340",
    );
    expect(ended.stdout).toContain("(c): c");
    expect(ended.exit).toBe(4);
    expect(await first.installed("widgetd")).toBe("1.0.0-1.1");
  });

  test.each([
    [
      { version: "12-SP5", addons: ["SLES-LTSS"] },
      "SUSE:Maintenance:41000:1",
      "base=SLES-LTSS(major=12,minor=SP5);arch=[x86_64]",
    ],
    [
      { version: "16.0", arch: "aarch64" },
      "SUSE:SLFO:1.2:4712",
      "base=SLES(major=16,minor=0);arch=[aarch64]",
    ],
    [
      { product: "SLES_SAP", version: "16.0" },
      "SUSE:PI:16.0:5150",
      "base=SLES_SAP(major=16,minor=0);arch=[x86_64]",
    ],
  ])("%j takes %s", async (spec, rrid, testplatform) => {
    await using other = await startLab({ hosts: [{ name: "h", ...spec }] });
    const made = await other.makeUpdate({ rrid, packages: ["gizmo = 9.0-1"], testplatforms: [testplatform] });
    const host = other.host("h");
    const url = made.repositories[0]?.url ?? "";
    expect(made.repositories[0]?.arch).toBe("arch" in spec ? spec.arch : "x86_64");
    await host.must(`zypper -n ar -cfGkn issue-x:p=1:1 ${quote(url)} issue-x:p=1:1`);
    const patches = await host.must("zypper -n patches");
    expect(patches).toMatch(/\| needed +\|/);
    await host.must("zypper -n in -l -y -t patch $(zypper -n patches | awk -F'|' '/p=1:1/ { print $2 }')");
    expect(await host.installed("gizmo")).toBe("9.0-1");
    const metadata: unknown = JSON.parse(readFileSync(join(made.dir, "metadata.json"), "utf8"));
    expect(metadata).toMatchObject({ rrid });
    expect(existsSync(join(made.dir, "project.xml"))).toBe(rrid.includes("Maintenance"));
  });

  test("a lab leaves nothing behind, and two labs do not meet", async () => {
    const other = await startLab({ hosts: 1 });
    expect(other.number).not.toBe(lab.number);
    const { dir } = other;
    await other.host("host-01").must("setsid sleep 1000 >/dev/null 2>&1 &");
    expect(processesOf(dir).length).toBeGreaterThan(3);
    const { ino } = statSync(dir);
    await other[Symbol.asyncDispose]();
    // Another lab may have its number by now.
    expect(statSync(dir, { throwIfNoEntry: false })?.ino).not.toBe(ino);
    expect(processesOf(dir)).toEqual([]);
  });

  test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
    "an owner that dies of %s leaves nothing",
    async (signal) => {
      const script = `import { startLab } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
      const lab = await startLab({ hosts: 2 });
      console.log(JSON.stringify({ dir: lab.dir }));
      await new Promise(() => setInterval(() => {}, 1000));`;
      const owner = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(owner, "exit");
      const line = await new Promise<string>((resolve) =>
        owner.stdout.once("data", (c: Buffer) => resolve(c.toString())),
      );
      const { dir } = JSON.parse(line) as { dir: string };
      expect(processesOf(dir).length).toBeGreaterThan(4);
      owner.kill(signal);
      expect(await ended).toEqual([null, signal]);
      await waitUntil(() => processesOf(dir).length === 0, { for: "its processes to be gone" });
      // Nobody could remove the directory of a killed owner; whoever starts next does.
      if (signal === "SIGKILL") reapDead();
      // Another lab may have its number by now.
      expect(readOwner(dir)?.pid).not.toBe(owner.pid);
    },
  );
});

/** Processes that have a mount, an argument or the working directory in a lab's directory. */
function processesOf(dir: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return ["mounts", "cmdline"].some((file) =>
        readFileSync(`/proc/${pid}/${file}`, "latin1").includes(dir),
      );
    } catch {
      return false;
    }
  });
}
