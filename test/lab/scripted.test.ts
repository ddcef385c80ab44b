import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hideProgram,
  type Lab,
  poolHoldings,
  readLock,
  run,
  startDemoLab,
  demoScenario,
  waitUntil,
} from "./index.ts";
import { rewriteCommand } from "./scripted/rewrite.ts";
import { findProgram } from "./tools.ts";

test.each([
  ["cat /var/lock/mtui.lock", "cat /R/var/lock/mtui.lock"],
  ["D='/var/lock'", "D='/R/var/lock'"],
  ["P=/etc/products.d; ls $P/*.prod /run/lock", "P=/R/etc/products.d; ls $P/*.prod /R/var/lock"],
  ["PATH=/usr/sbin:/usr/bin:$PATH LC_ALL=C", "PATH=/R/bin:/usr/sbin:/usr/bin:$PATH LC_ALL=C"],
  ["read -r b </proc/sys/kernel/random/boot_id", "read -r b </R/proc/sys/kernel/random/boot_id"],
  ["ls /srv/etc/zypp /etc/zypper /var/lockers", "ls /srv/etc/zypp /etc/zypper /var/lockers"],
])("rewrite %j", (given, expected) => {
  expect(rewriteCommand(given, "/R")).toBe(expected);
});

const able =
  process.platform === "linux" && ["ssh", "flock", "setpriv"].every((tool) => findProgram(tool) !== null);

describe.skipIf(!able)("the lab of scripted hosts", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startDemoLab({ real: false });
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  const ssh = (name: string, command: string) =>
    run(["ssh", "-F", lab.files.sshConfig, "-o", "BatchMode=yes", name, command], { timeoutMs: 30_000 });

  test("says what it is, and refuses what would hit this machine", async () => {
    expect(lab.kind).toBe("scripted");
    expect(lab.differences.length).toBeGreaterThan(1);
    await expect(hideProgram(lab.host("sp6-1"), "flock")).rejects.toThrow("needs a real host");
    await expect(lab.host("sp6-1").reboot()).rejects.toThrow("needs a real host");
    const who = await ssh(
      "sp6-1",
      "id -u; command -v zypper rpm; ls -l /etc/products.d/baseproduct | sed 's/.*-> //'",
    );
    expect(who.stdout.split("\n")[0]).not.toBe("0");
    expect(who.stdout).toContain("/sp6-1/root/bin/zypper\n");
    expect(who.stdout).toContain("SLES.prod\n");
  });

  test("one validation's calls: add, patches, patch, versions, search, downgrade, remove", async () => {
    const { updates } = await demoScenario(lab);
    const url = updates[1]?.repositories[0]?.url;
    const alias = "issue-sle-module-basesystem:15-SP6:p=31338:298766";
    const query = "rpm -q --queryformat '%{NAME} %{VERSION}-%{RELEASE}\\n' widgetd nothing";
    const steps: [string, number, RegExp][] = [
      [query, 1, /^widgetd 1\.0\.0-1\.1\npackage nothing is not installed\n$/],
      [`zypper -n ar -ckn ${alias} ${url} ${alias}`, 0, /successfully added/],
      ["zypper -n lr -puU", 0, new RegExp(`\\| ${alias} \\|.*${url}`)],
      ["zypper -n ref", 0, /refreshed/],
      ["zypper -n patches", 0, new RegExp(`${alias} \\| SUSE-SLE\\S+-31338 \\|.*\\| needed \\|`)],
      ["zypper -n in -l -y -t patch SUSE-SLE-Module-Basesystem-15-SP6-2099-31338", 0, /widgetd-5\.0\.3/],
      [query, 1, /^widgetd 5\.0\.3-150600\.2\.1\n/],
      ["zypper -n patches", 0, /\| applied \|/],
      ["zypper -n rr " + alias, 0, /removed/],
      ["zypper -n se -s --match-exact -t package widgetd", 0, /v \| widgetd \| package \| 1\.0\.0-1\.1 \|/],
      ["zypper -n in -C --force-resolution --oldpackage -y widgetd=1.0.0-1.1", 0, /widgetd-1\.0\.0/],
      ["zypper -n in -y -l nothing", 104, /^$/],
      ["zypper -n in -t patch nothing", 104, /^$/],
    ];
    for (const [command, exit, output] of steps) {
      const ended = await ssh("sp6-1", command);
      expect(ended, command).toMatchObject({ exit, stdout: expect.stringMatching(output) });
    }
    expect(await lab.host("sp6-2").installed("widgetd")).toBe("1.0.0-1.1");
  });

  test("locks are seen, and commands that outlive their connection end with the lab", async () => {
    const lock = "1795326896:u+mtuid:1:mtui pool SUSE:Maintenance:1:2 [w]";
    await ssh("sp7-1", `printf %s '${lock}' > /var/lock/mtui-pool.lock; (sleep 1000 >/dev/null 2>&1 &)`);
    expect(await readLock(lab.host("sp7-1"), "pool")).toBe(lock);
    await ssh("sp7-1", "rm /var/lock/mtui-pool.lock");
    const holding = await waitUntil(() => poolHoldings(lab.hosts).find((h) => h.to !== null), {
      for: "the record",
    });
    expect(holding).toMatchObject({ host: "sp7-1", holder: "SUSE:Maintenance:1:2" });
    await lab[Symbol.asyncDispose]();
    expect(existsSync(lab.dir)).toBe(false);
    const left = await run(["sh", "-c", `grep -la 'MTUI_LAB_ROOT=${lab.dir}/' /proc/[0-9]*/environ`]);
    expect(left.stdout).toBe("");
  });
});
