import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type HostUpdate,
  type WriteReport,
  writeReport,
} from "../../../packages/daemon/src/workflow/index.ts";
import { contentHash, hostFileName } from "../../../packages/daemon/src/workflow/write-report/files.ts";

const LOG = "SUMMARY: PASSED/FAILED\n\nTest results by product-arch:\n#############################\n\n";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "report-"));
  await writeFile(join(directory, "log"), LOG, { mode: 0o640 });
});
afterEach(() => rm(directory, { recursive: true }));

function update(overrides: Partial<HostUpdate> = {}): HostUpdate {
  return {
    host: "ant",
    system: "sles-15-SP6-x86_64",
    state: "ok",
    exit: 0,
    commands: [],
    warnings: [],
    error: null,
    packages: [{ name: "frob", required: "2-1", before: "1-1", after: "2-1", verdict: "PASSED" }],
    verdict: "PASSED",
    ...overrides,
  };
}

const command = {
  step: "refresh",
  command: "zypper -n ref",
  state: "ok" as const,
  exit: 0,
  seconds: 1,
  stdout: "done\n",
  stderr: "",
  dropped: 0,
  at: 0,
};

function request(overrides: Partial<WriteReport> = {}): WriteReport {
  return {
    directory,
    hosts: [{ update: update(), commands: [command] }],
    noHost: [],
    reportUrl: "https://qam.example.com/SUSE:Maintenance:1:2/",
    footer: "## export MTUI:0.1.0",
    now: 1_700_000_000_000,
    ...overrides,
  };
}

const log = () => readFile(join(directory, "log"), "utf8");

describe("writing a report", () => {
  it("writes log and install log, keeps the mode, leaves no temporary file", async () => {
    const written = await writeReport(request());
    expect(await log()).toContain("sles-15-SP6-x86_64 (reference host: ant)\n");
    expect(await log()).toContain("https://qam.example.com/SUSE:Maintenance:1:2/install_logs/ant.log\n");
    expect(await readFile(join(directory, "install_logs", "ant.log"), "utf8")).toBe(
      "log from ant:\n# zypper -n ref\ndone\n",
    );
    expect((await stat(join(directory, "log"))).mode & 0o777).toBe(0o640);
    expect((await readdir(directory)).sort()).toEqual(["install_logs", "log"]);
    expect(await readdir(join(directory, "install_logs"))).toEqual(["ant.log"]);
    expect(written).toMatchObject({
      report: join(directory, "log"),
      logs: [join(directory, "install_logs", "ant.log")],
      hosts: [{ host: "ant", verdict: "PASSED" }],
      hash: contentHash(await readFile(join(directory, "log"))),
    });
  });

  it("removes what a life that was killed left beside it, and nothing else", async () => {
    const id = "6f1b3c1e-0d7b-4c53-9d55-4c5a6e1f2b3d";
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [`.log.${id}`, ".log.bak", `.metadata.json.${id}`]) {
      await writeFile(join(directory, name), "half");
      await utimes(join(directory, name), old, old);
    }
    const young = `.log.${id.replaceAll("6", "7")}`;
    await writeFile(join(directory, young), "half");
    await writeReport(request());
    expect((await readdir(directory)).sort()).toEqual(
      [".log.bak", young, `.metadata.json.${id}`, "install_logs", "log"].sort(),
    );
  });

  it("does not touch the file when there is nothing new", async () => {
    await writeReport(request());
    const before = await stat(join(directory, "log"));
    await writeReport(request());
    expect((await stat(join(directory, "log"))).ino).toBe(before.ino);
  });

  it("writes what two desks say at the same time, both", async () => {
    const hosts = ["ant", "bee", "cat", "dog"].map((host) => [
      { update: update({ host }), commands: [command] },
    ]);
    await Promise.all(hosts.map((each) => writeReport(request({ hosts: each }))));
    for (const name of ["ant", "bee", "cat", "dog"])
      expect(await log()).toContain(`(reference host: ${name})`);
  });

  it("refuses a report that is not the one that was read", async () => {
    const expectedHash = contentHash(Buffer.from("another"));
    await expect(writeReport(request({ expectedHash }))).rejects.toMatchObject({
      kind: "report.changed",
      retryable: true,
    });
    expect(await log()).toBe(LOG);
  });

  it("starts over when somebody saves the report meanwhile, and gives up when that goes on", async () => {
    const slot = { product: "SLES", version: "15", arch: "s390x", addons: [] };
    let saves = 1;
    const meddling = {
      slot,
      get reason() {
        if (saves > 0) writeFileSync(join(directory, "log"), `saved ${saves}\n${LOG}`);
        saves -= 1;
        return "nobody";
      },
    };
    await writeReport(request({ noHost: [meddling] }));
    expect(await log()).toMatch(/^saved 1\n/);
    expect(await log()).toContain("no host: SLES-15 s390x: nobody");
    await writeFile(join(directory, "log"), LOG);
    saves = 100;
    await expect(writeReport(request({ noHost: [meddling] }))).rejects.toMatchObject({
      kind: "report.changed",
    });
    expect(await log()).not.toContain("no host");
    expect((await readdir(directory)).sort()).toEqual(["install_logs", "log"]);
  });

  it("gives a differing install log a name of its own and links that one, unless forced", async () => {
    await writeReport(request());
    const more = [command, { ...command, command: "zypper -n lr" }];
    const second = await writeReport(request({ hosts: [{ update: update(), commands: more }] }));
    expect(second.logs).toEqual([join(directory, "install_logs", "ant.1700000000.log")]);
    expect(await log()).toContain("/install_logs/ant.1700000000.log\n");
    const third = await writeReport(request({ hosts: [{ update: update(), commands: more }], force: true }));
    expect(third.logs).toEqual([join(directory, "install_logs", "ant.log")]);
  });

  it("makes no log for a host on which nothing was run", async () => {
    const lost = update({ verdict: "LOST", state: "unreachable", packages: [] });
    const written = await writeReport(request({ hosts: [{ update: lost, commands: [] }] }));
    expect(written.logs).toEqual([]);
    expect(await log()).toContain("=> PASSED/FAILED\n(mtui) not filled in: the host was lost");
    expect(await log()).not.toContain("Links for");
  });

  it("says unknown where a version could not be asked, and absent where it could", async () => {
    const packages = [
      {
        name: "a",
        required: "2-1",
        before: "1-1",
        after: null,
        note: "could not be asked",
        verdict: "UNKNOWN" as const,
      },
      {
        name: "b",
        required: "2-1",
        before: null,
        after: null,
        note: "not available",
        verdict: "NOT_TESTED" as const,
      },
    ];
    await writeReport(
      request({ hosts: [{ update: update({ packages, verdict: "NOT_TESTED" }), commands: [] }] }),
    );
    expect(await log()).toContain(
      "before:\n\ta-1-1\n\tpackage b is not installed\nafter:\n\tpackage a: version unknown\n\tpackage b is not installed\n",
    );
  });

  it("passes bytes through that are no UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from("caf\xe9 \xff\n", "latin1"), Buffer.from(LOG)]);
    await writeFile(join(directory, "log"), bytes);
    await writeReport(request());
    const now = await readFile(join(directory, "log"));
    expect(now.subarray(0, 7)).toEqual(bytes.subarray(0, 7));
  });

  it("keeps a host's name inside its directory", async () => {
    const host = "../../../etc/x:22";
    const written = await writeReport(
      request({ hosts: [{ update: update({ host }), commands: [command] }] }),
    );
    expect(written.logs).toEqual([join(directory, "install_logs", `${hostFileName(host)}.log`)]);
    expect(hostFileName("a:1")).not.toBe(hostFileName("a_1"));
    expect(hostFileName("..")).not.toContain("..");
  });

  it.each([
    [
      "the report is a link",
      async () => {
        await rm(join(directory, "log"));
        await symlink("/etc/hostname", join(directory, "log"));
      },
    ],
    ["the log directory is a link", () => symlink(tmpdir(), join(directory, "install_logs"))],
    [
      "an install log is a link",
      async () => {
        await mkdir(join(directory, "install_logs"));
        await symlink("/etc/hostname", join(directory, "install_logs", "ant.log"));
      },
    ],
    [
      "an install log is a directory",
      () => mkdir(join(directory, "install_logs", "ant.log"), { recursive: true }),
    ],
  ])("writes nothing when %s", async (_name, prepare) => {
    await prepare();
    await expect(writeReport(request())).rejects.toMatchObject({ kind: "template.unsafe" });
  });

  it("says what is missing", async () => {
    await rm(join(directory, "log"));
    await expect(writeReport(request())).rejects.toMatchObject({ kind: "report.io" });
    await expect(writeReport(request({ directory: join(directory, "none") }))).rejects.toMatchObject({
      kind: "report.io",
    });
  });
});
