import { describe, expect, it } from "vitest";
import { update, workflowHost } from "../../../packages/daemon/src/workflow/index.ts";
import { ALIAS, frobContext, frobHost, frobReport, NEW, OLD, TESTING } from "../support/frob-update.ts";
import type { FakeHost } from "../support/fake-host.ts";

const settings = { newpackage: false, noprepare: false };

async function run(
  hosts: FakeHost[],
  overrides: Partial<Parameters<typeof update>[1]> = {},
  context = frobContext(),
) {
  const result = await update(context, {
    hosts: hosts.map((host) => workflowHost(host, frobReport())),
    ...settings,
    ...overrides,
  });
  return result.hosts;
}

describe("update", () => {
  it("prepares, installs the patch, compares and cleans up, each call with a status of its own", async () => {
    const host = frobHost("ant");
    const [result] = await run([host]);
    expect(result).toMatchObject({
      host: "ant",
      state: "ok",
      verdict: "PASSED",
      packages: [
        { name: "frobnicate", required: NEW, before: OLD, after: NEW, verdict: "PASSED" },
        { name: "libfrob3", required: NEW, before: OLD, after: NEW, verdict: "PASSED" },
      ],
    });
    const rpm = "rpm -q --queryformat '%{NAME} %{VERSION}-%{RELEASE}\\n' frobnicate libfrob3";
    expect(host.commands).toEqual([
      "zypper -n lr -puU",
      "zypper -n ref",
      "zypper -n se -s --match-exact -t package frobnicate libfrob3",
      "zypper -n in -y -l frobnicate libfrob3",
      rpm,
      "zypper -n lr -puU",
      `zypper -n ar -ckn ${ALIAS} ${TESTING} ${ALIAS}`,
      "zypper -n ref",
      "zypper -n patches",
      "zypper -n in -l -y -t patch SUSE-2099-1",
      "zypper -n patches",
      "zypper -n lr -puU",
      `zypper -n rr ${ALIAS}`,
      rpm,
    ]);
    expect(host.events[0]).toBe("lock");
    expect(host.events[1]).toBe("history update:SUSE:Maintenance:31337:298765:frobnicate libfrob3");
    expect(host.events.at(-1)).toBe("unlock");
    expect([...host.repositories.keys()]).toEqual(["base"]);
    expect(result?.commands.length).toBe(14);
  });

  it("is NOT_TESTED where the versions were there already", async () => {
    const host = frobHost("ant", { installed: { frobnicate: NEW, libfrob3: NEW } });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "ok", verdict: "NOT_TESTED" });
  });

  it("takes a package that nobody offers as not available, not as a failure", async () => {
    const host = frobHost("ant");
    const wanted = workflowHost(host, frobReport());
    const { hosts } = await update(frobContext(), {
      hosts: [{ ...wanted, required: { ...wanted.required, "frob-extras": NEW } }],
      ...settings,
    });
    expect(hosts[0]?.verdict).toBe("PASSED");
    expect(hosts[0]?.packages.find(({ name }) => name === "frob-extras")).toMatchObject({
      before: null,
      after: null,
      note: "not available",
      verdict: "NOT_TESTED",
    });
    expect(host.commands).toContain("zypper -n in -y -l frobnicate libfrob3");
  });

  it("tests a package that is new in the update only when asked to", async () => {
    const network = {
      "http://repo.example.com/released": { offers: { frobnicate: OLD } },
      [TESTING]: { offers: { frobnicate: NEW, libfrob3: NEW }, patch: "SUSE-2099-1" },
    };
    const [plain] = await run([frobHost("ant", { network })]);
    expect(plain?.packages[1]).toMatchObject({ name: "libfrob3", after: null, verdict: "NOT_TESTED" });
    const [asked] = await run([frobHost("bee", { network })], { newpackage: true });
    expect(asked?.packages[1]).toMatchObject({
      name: "libfrob3",
      before: null,
      after: NEW,
      verdict: "PASSED",
    });
  });

  it("fails when no patch comes from the update's repository, and leaves no repository behind", async () => {
    const host = frobHost("ant", {
      network: { "http://repo.example.com/released": { offers: { frobnicate: OLD, libfrob3: OLD } } },
    });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "failed", verdict: "FAILED" });
    expect(result?.error?.message).toContain("no patch");
    // Nothing was installed, so there is nothing to roll back.
    expect(result?.warnings.join()).not.toContain("rolled back");
    expect(host.commands.filter((line) => line === "zypper -n ref").length).toBe(2);
    expect([...host.repositories.keys()]).toEqual(["base"]);
    expect(host.lock).toBeNull();
  });

  it("does not take the patch of another update for its own", async () => {
    const other = "http://repo.example.com/other";
    const host = frobHost("ant", {
      repositories: {
        base: { url: "http://repo.example.com/released" },
        "issue-SLES:15-SP6:p=131337:298765": { url: other },
      },
      network: {
        "http://repo.example.com/released": { offers: { frobnicate: OLD, libfrob3: OLD } },
        [other]: { offers: {}, patch: "SUSE-OTHER-1" },
      },
    });
    const [result] = await run([host]);
    expect(result?.state).toBe("failed");
    expect(host.commands.join("\n")).not.toContain("SUSE-OTHER-1");
  });

  it("rolls back the host whose update failed, and no other", async () => {
    const bad = frobHost("bad").on(/-t patch/, { exit: 8, stderr: "Error: unpacking failed\n" });
    bad.gates.push({ pattern: /-t patch/, enter: async () => void bad.installed.set("libfrob3", NEW) });
    const good = frobHost("good");
    const [one, two] = await run([bad, good]);
    expect(one).toMatchObject({ state: "failed", exit: 8, verdict: "FAILED" });
    expect(one?.error?.message).toBe("install patches: RPM error");
    expect(one?.packages.find(({ name }) => name === "libfrob3")?.after).toBe(NEW);
    expect(one?.warnings).toContain("the update failed and was rolled back to the released versions");
    expect(bad.commands).toContain(`zypper -n in -C --force-resolution --oldpackage -y libfrob3=${OLD}`);
    expect(bad.installed.get("libfrob3")).toBe(OLD);
    expect(two).toMatchObject({ state: "ok", verdict: "PASSED" });
    expect(good.commands.join("\n")).not.toContain("--oldpackage");
  });

  it("calls a host lost whose connection ended, leaves it alone and finishes the others", async () => {
    const gone = frobHost("gone").on(/-t patch/, { state: "lost" });
    const good = frobHost("good");
    const [one, two] = await run([gone, good]);
    expect(one).toMatchObject({ state: "lost", verdict: "LOST", error: { kind: "host.lost" } });
    expect(gone.commands.at(-1)).toContain("-t patch");
    expect(two?.verdict).toBe("PASSED");
    expect(one?.warnings.join()).toContain("operation lock could not be removed");
  });

  it("rolls back after a silence that was ended, and changes nothing while the command may still run", async () => {
    const ended = frobHost("ended").on(/-t patch/, { state: "timeout" });
    const running = frobHost("running").on(/-t patch/, { state: "timeout", gone: false });
    const [one, two] = await run([ended, running]);
    expect(one).toMatchObject({ state: "timeout", verdict: "FAILED" });
    expect([...ended.repositories.keys()]).toEqual(["base"]);
    expect(two).toMatchObject({ state: "timeout", verdict: "FAILED" });
    expect(running.commands.at(-1)).toContain("-t patch");
    expect(two?.warnings.join()).toContain("may still run");
  });

  it("leaves a lost host alone even when its connection is back", async () => {
    const host = frobHost("gone").on(/-t patch/, { state: "lost" });
    host.reconnects = true;
    const [result] = await run([host]);
    expect(result?.verdict).toBe("LOST");
    expect(host.commands.at(-1)).toContain("-t patch");
    expect(host.lock).toBeNull();
  });

  it.each([[/ in -y -l /], [/ ar /], [/rpm -q/]])(
    "is LOST when the connection ended at %s",
    async (pattern) => {
      const [result] = await run([frobHost("gone").on(pattern, { state: "lost" })]);
      expect(result).toMatchObject({ state: "lost", verdict: "LOST" });
    },
  );

  it("is a dependency error when zypper's question was answered with cancel", async () => {
    const host = frobHost("ant").on(/-t patch/, {
      exit: 4,
      stdout: "Choose from above solutions [1/c] (c): c\n",
    });
    const [result] = await run([host]);
    expect(result?.error?.message).toBe("install patches: dependency error");
  });

  it("says unknown, not failed, when the versions afterwards cannot be asked", async () => {
    const host = frobHost("ant");
    host.gates.push({
      pattern: /-t patch/,
      enter: async () =>
        void host.on(/rpm -q/, { exit: 1, stdout: "", stderr: "error: cannot open Packages" }),
    });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "failed", verdict: "NOT_TESTED" });
    expect(result?.packages.map(({ verdict }) => verdict)).toEqual(["UNKNOWN", "UNKNOWN"]);
  });

  it("does not blame the update for a host that could not be prepared", async () => {
    const host = frobHost("ant").on(/ in -y -l /, {
      exit: 7,
      stderr: "System management is locked by pid 7\n",
    });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "failed", verdict: "NOT_TESTED" });
    expect(result?.error?.message).toBe("prepare: update stack locked");
    expect(host.commands.join("\n")).not.toContain("-t patch");
  });

  it("stops what has not started on cancel and says what was done", async () => {
    const controller = new AbortController();
    const first = frobHost("first");
    const second = frobHost("second");
    first.gates.push({ pattern: / in -y -l /, enter: async () => controller.abort() });
    const [one, two] = await run([first, second], {}, frobContext({ signal: controller.signal, fanout: 1 }));
    expect(one).toMatchObject({
      state: "cancelled",
      verdict: "NOT_TESTED",
      error: { kind: "job.cancelled" },
    });
    expect(two).toMatchObject({ state: "notRun", verdict: "NOT_TESTED", commands: [] });
    expect(second.events).toEqual(["lock", "unlock"]);
  });

  it("ends a roll-back that is in progress although the job was cancelled", async () => {
    const controller = new AbortController();
    const host = frobHost("ant").on(/-t patch/, { exit: 8 });
    host.gates.push({
      pattern: /-t patch/,
      enter: async () => {
        host.installed.set("frobnicate", NEW);
        host.gates.push({ pattern: /zypper -n rr/, enter: async () => controller.abort() });
      },
    });
    const [result] = await run([host], {}, frobContext({ signal: controller.signal }));
    expect(result?.state).toBe("failed");
    expect(host.installed.get("frobnicate")).toBe(OLD);
    expect(host.lock).toBeNull();
  });

  it("stops when its lock was overwritten, and leaves the other one's file alone", async () => {
    const host = frobHost("ant");
    host.gates.push({ pattern: /zypper -n patches/, enter: async () => void host.lockedBy("bob") });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "failed", error: { kind: "lock.lost" } });
    expect(host.lock?.record.user).toBe("bob");
    expect(result?.warnings).toEqual([expect.stringContaining("taken over (locked by bob")]);
    expect(host.commands.join("\n")).not.toContain("-t patch");
  });

  it("boots the checked snapshot of a transactional host and verifies afterwards", async () => {
    const host = frobHost("micro", { release: "slmicro" });
    const [result] = await run([host]);
    expect(result).toMatchObject({ state: "ok", verdict: "PASSED" });
    const events = host.events.map((event) => event.replace("LC_ALL=C LANG=C ", ""));
    const patch = events.indexOf("change transactional-update -n pkg in -l -y -t patch SUSE-2099-1");
    expect(events.slice(patch + 1, patch + 3)).toEqual(["reboot", "query zypper -n patches"]);
    expect(host.lock).toBeNull();
  });

  it("never boots a snapshot whose making failed", async () => {
    const host = frobHost("micro", { release: "slmicro" }).on(/-t patch/, { exit: 1 });
    host.installed.set("frobnicate", OLD).set("libfrob3", OLD);
    const [result] = await run([host], { noprepare: true });
    expect(result).toMatchObject({ state: "failed", verdict: "FAILED" });
    expect(host.events).not.toContain("reboot");
  });

  it("takes out a host without a plan before it is locked", async () => {
    const host = frobHost("odd", { release: null });
    const good = frobHost("good");
    const [one, two] = await run([host, good]);
    expect(one).toMatchObject({
      state: "notRun",
      verdict: "NOT_TESTED",
      error: { kind: "host.unsupported" },
    });
    expect(host.events).toEqual([]);
    expect(two?.verdict).toBe("PASSED");
  });
});
