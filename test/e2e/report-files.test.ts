import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView, ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foreignLock, type Lab, removeLock, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";

const RRID = "SUSE:Maintenance:81:91";
const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";

type Put = { job: JobView; result: NonNullable<ResultOf<"put">["result"]> };

describe.skipIf(withoutLab)("a report's files, and files of its hosts", () => {
  let lab: Lab;
  let home: TesterHome;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "ant" }, { name: "bee" }] });
    await lab.makeUpdate({ rrid: RRID, packages: ["gizmo = 2.0-1"], testplatforms: [SP6] });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    expect((await home.ctl("load-template", RRID)).code).toBe(0);
    expect((await home.ctl("add-host", "-t", "ant", "-t", "bee")).code).toBe(0);
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** Nothing of a transfer is on the host: beside the file, in the account's directory, or as a lock. */
  async function expectTidy(name: string): Promise<void> {
    const host = lab.host(name);
    expect(await host.must("ls -A /srv /root/.mtuid 2>/dev/null | grep -E 'put' || :")).toBe("");
    expect(await host.must("ls /run/lock/mtui.lock 2>/dev/null || :")).toBe("");
  }

  test("a file reaches all hosts whole and by name alone, and comes back as one", async () => {
    const bytes = randomBytes(150_000);
    const local = join(home.dir, "local");
    writeFileSync(local, bytes);
    const put = await home.json<Put>("put", "/srv/a 'b' $c", `@${local}`, "--mode", "0750");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(put.job.state).toBe("done");
    expect(put.result).toMatchObject({ bytes: bytes.length, sha256 });
    const got = await home.json<ResultOf<"get">>("get", "/srv/a 'b' $c", "--limit", "1000000");
    expect(got.files).toMatchObject([{ hosts: ["ant", "bee"], mode: "0750", sha256, encoding: "base64" }]);
    expect(Buffer.from(got.files[0]?.content ?? "", "base64").equals(bytes)).toBe(true);
    for (const name of ["ant", "bee"]) await expectTidy(name);

    expect((await home.ctl("put", "-t", "bee", "/srv/text", "é\n")).code).toBe(0);
    await lab.host("ant").must("mkfifo /srv/text");
    const { stdout, code } = await home.ctl("get", "/srv/text");
    expect(code).toBe(1);
    expect(stdout).toContain("bee: 3 B, mode 0644\né\n");
    expect(stdout).toContain("ant: file.unsafe: /srv/text on ant is no regular file; nothing was read.");
    const mixed = await home.json<Put>("put", "/srv/text", "new");
    expect(mixed.job.state).toBe("failed");
    expect(mixed.result.hosts).toMatchObject([
      { host: "ant", state: "failed", error: { kind: "file.unsafe" } },
      { host: "bee", state: "ok", commands: [{ stdout: "replaced\n" }] },
    ]);
    expect(await lab.host("bee").must("cat /srv/text")).toBe("new");
    const { stdout: log } = await home.ctl("show-log", "-t", "bee", "--limit", "1");
    expect(log).toMatch(/put \/srv\/text \(3 bytes, sha256 [0-9a-f]{12}\.\.\.\)/);
  });

  test("writing waits for no lock of others, unless it is told to, and changes nothing then", async () => {
    await foreignLock(lab.host("bee"), { user: "mallory" });
    const { code, stderr } = await home.ctl("put", "/srv/locked", "x", "--wait", "0");
    expect(code).toBe(4);
    expect(stderr).toContain("mallory");
    await removeLock(lab.host("bee"));
    for (const name of ["ant", "bee"]) {
      expect(await lab.host(name).must("ls /srv/locked 2>/dev/null || :")).toBe("");
    }
  });

  test("a daemon that dies in the middle of it finishes it in its next life", async () => {
    const bytes = randomBytes(1024 * 1024);
    const local = join(home.dir, "large");
    writeFileSync(local, bytes);
    const { job } = await home.json<Put>("put", "--background", "/srv/large", `@${local}`);
    await waitUntil(
      async () => {
        const { hosts } = await home.json<JobView>("job", "status", job.id);
        return Object.values(hosts).some(({ message, state }) => state === "ok" || message !== undefined);
      },
      { for: "a piece" },
    );
    process.kill(home.daemonPid ?? 0, "SIGKILL");
    expect((await home.ctl("job", "wait", "--timeout", "60", job.id)).code).toBe(0);
    const sum = createHash("sha256").update(bytes).digest("hex");
    for (const name of ["ant", "bee"]) {
      expect(await lab.host(name).must("sha256sum /srv/large")).toContain(sum);
      await expectTidy(name);
    }
    // As much as goes in one call.
    const got = await home.json<ResultOf<"get">>("get", "/srv/large", "--limit", "1048576");
    expect(got.files).toMatchObject([{ hosts: ["ant", "bee"], sha256: sum, next_offset: null }]);
  });

  test("silence has the limit that was set; the hosts' history is read", async () => {
    expect((await home.ctl("set-timeout", "1", "-t", "ant")).code).toBe(0);
    const { stdout } = await home.ctl("run", "--json", "--", "sleep", "2.5");
    const { result } = JSON.parse(stdout) as { result: { hosts: { host: string; state: string }[] } };
    expect(result.hosts.map(({ host, state }) => [host, state])).toEqual([
      ["ant", "timeout"],
      ["bee", "ok"],
    ]);
    await lab
      .host("ant")
      .must(
        `printf '1795326896:al:update:${RRID}:gizmo\\nnoise\\n1795326897:al:install:x\\n' >>/var/log/mtui.log`,
      );
    const { hosts } = await home.json<ResultOf<"list_history">>("list-history", "-e", "update");
    expect(hosts).toEqual([
      { host: "ant", entries: [{ at: 1795326896, user: "al", text: `update:${RRID}:gizmo` }], left_out: 0 },
      { host: "bee", entries: [], left_out: 0 },
    ]);
  });

  test("the report is read and changed by its hash, in turn with what the export writes", async () => {
    const read = await home.json<ResultOf<"testreport_read">>("testreport-read");
    expect(read.content).toBe(readFileSync(read.path, "utf8"));
    const at = read.content.split("\n").indexOf("SUMMARY: PASSED/FAILED") + 1;
    const hash = ["--expect-hash", read.sha256];
    const line = String(at);
    expect(
      (await home.ctl("testreport-patch", line, line, "SUMMARY: PASSED/FAILED\nmine", ...hash)).code,
    ).toBe(0);
    const stale = await home.ctl("testreport-patch", line, line, "lost", ...hash);
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining("report.changed")]);
    const filled = await home.json<ResultOf<"testreport_fill">>("testreport-fill", "--summary", "PASSED");
    expect(filled.filled.summary).toBe(1);
    expect(readFileSync(read.path, "utf8")).toBe(
      read.content.replace("SUMMARY: PASSED/FAILED\n", "SUMMARY: PASSED\nmine\n"),
    );
    const { stdout } = await home.ctl("list-update-commands");
    expect(stdout).toMatch(/ant,bee:[^]*zypper -n in -y -l gizmo[^]*-t patch PATCH/);
    expect((await home.json<ResultOf<"unload">>("unload", RRID)).released.toSorted()).toEqual(["ant", "bee"]);
  });
});
