import { describe, expect, it } from "vitest";
import {
  checkClean,
  cleanBaseline,
  downgrade,
  install,
  prepare,
  queryVersions,
  reboot,
  runCommand,
  setRepo,
  uninstall,
  workflowHost,
} from "../../../packages/daemon/src/workflow/index.ts";
import type { FakeHost } from "../support/fake-host.ts";
import { ALIAS, frobContext, frobHost, frobReport, NEW, OLD, TESTING } from "../support/frob-update.ts";

const of = (...hosts: FakeHost[]) => hosts.map((host) => workflowHost(host, frobReport()));
const plain = { force: false, installed: false, testing: false };

describe("run", () => {
  it("takes the lock and gives it back with the command: no further round trip", async () => {
    const ant = frobHost("ant");
    const chunks: string[] = [];
    const entries: string[] = [];
    const context = frobContext({
      output: (host, stream, chunk) => void chunks.push(`${host} ${stream} ${chunk.toString()}`),
      record: (host, { command, state }) => void entries.push(`${host} ${command} ${state}`),
    });
    const { hosts } = await runCommand(context, { hosts: of(ant), argv: ["echo", "a | b"] });
    expect(hosts[0]).toMatchObject({
      state: "ok",
      exit: 0,
      commands: [{ command: "echo 'a | b'", exit: 0 }],
    });
    expect(ant.events).toEqual(["lock", "change echo 'a | b'"]);
    expect(ant.lock).toBeNull();
    expect(chunks).toEqual(["ant stdout echo a | b\n"]);
    expect(entries).toEqual(["ant echo 'a | b' ok"]);
  });

  it("tells exit status, silence and loss apart, host by host", async () => {
    const [bad, slow, gone] = [
      frobHost("bad").on(/true/, { exit: 3, stderr: "no\n" }),
      frobHost("slow").on(/true/, { state: "timeout" }),
      frobHost("gone").on(/true/, { state: "lost" }),
    ];
    const { hosts } = await runCommand(frobContext(), {
      hosts: of(bad, slow, gone, frobHost("good")),
      argv: ["true"],
    });
    expect(hosts.map(({ state, exit }) => [state, exit])).toEqual([
      ["failed", 3],
      ["timeout", null],
      ["lost", null],
      ["ok", 0],
    ]);
    expect(slow.lock).toBeNull();
  });

  it("refuses an empty command before anything is locked", async () => {
    const ant = frobHost("ant");
    await expect(runCommand(frobContext(), { hosts: of(ant), argv: [] })).rejects.toMatchObject({
      kind: "params.invalid",
    });
    expect(ant.events).toEqual([]);
  });
});

describe("prepare", () => {
  it("removes the update's repositories, whoever added them, and installs the released packages", async () => {
    const ant = frobHost("ant");
    ant.repositories.set("by-hand", { url: `${TESTING}/` });
    ant.repositories.set("odd:p=31337:298765", { url: "http://x.example.com/y" });
    const { hosts } = await prepare(frobContext(), { hosts: of(ant), ...plain });
    expect(hosts[0]?.state).toBe("ok");
    expect([...ant.repositories.keys()]).toEqual(["base"]);
    expect(Object.fromEntries(ant.installed)).toEqual({ frobnicate: OLD, libfrob3: OLD });
    expect(ant.events.join("\n")).not.toContain("history");
  });

  it("takes the update's repositories in when asked", async () => {
    const ant = frobHost("ant");
    await prepare(frobContext(), { hosts: of(ant), ...plain, testing: true });
    expect(ant.installed.get("frobnicate")).toBe(NEW);
    expect(ant.repositories.has(ALIAS)).toBe(true);
  });

  it("touches only what is installed when asked, and says when that is nothing", async () => {
    const [some, none] = [frobHost("some", { installed: { libfrob3: "1-1" } }), frobHost("none")];
    const { hosts } = await prepare(frobContext(), {
      hosts: of(some, none),
      ...plain,
      installed: true,
      force: true,
    });
    expect(some.commands).toContain("zypper -n in -y -l --force-resolution libfrob3");
    expect(hosts[1]).toMatchObject({
      state: "ok",
      warnings: [expect.stringContaining("nothing was prepared")],
    });
    expect(none.commands.join("\n")).not.toContain(" in ");
  });

  it("never prepares an empty list", async () => {
    const ant = frobHost("ant");
    const { hosts } = await prepare(frobContext(), {
      hosts: [{ session: ant, required: {}, repositories: [] }],
      ...plain,
    });
    expect(hosts[0]).toMatchObject({ state: "notRun", error: { kind: "template.invalid" }, commands: [] });
    expect(ant.events).toEqual([]);
  });

  it("leaves branding-upstream packages out", async () => {
    const ant = frobHost("ant");
    const [host] = of(ant);
    const required = { frobnicate: NEW, "frob-branding-upstream": NEW };
    await prepare(frobContext(), { hosts: host === undefined ? [] : [{ ...host, required }], ...plain });
    expect(ant.commands.join("\n")).not.toContain("branding");
  });

  it("installs what may be offered by a repository that was skipped", async () => {
    const stderr = "Some of the repositories have not been refreshed because of an error.\n";
    const ant = frobHost("ant").on(/ se -s /, { exit: 104, stderr });
    await prepare(frobContext(), { hosts: of(ant), ...plain });
    expect(ant.commands).toContain("zypper -n in -y -l frobnicate libfrob3");
  });

  it("goes on when a repository cannot be refreshed, and says so", async () => {
    const ant = frobHost("ant").on(/ ref$/, { exit: 4, stderr: "Skipping repository 'x'" });
    const { hosts } = await prepare(frobContext(), { hosts: of(ant), ...plain });
    expect(hosts[0]).toMatchObject({
      state: "ok",
      warnings: ["refresh: libzypp reported a problem (exit 4)"],
    });
  });
});

describe("downgrade", () => {
  it("goes to the highest released version of what is newer, one call a package, and proves it", async () => {
    const ant = frobHost("ant", { installed: { frobnicate: NEW, libfrob3: OLD } });
    ant.repositories.set(ALIAS, { url: TESTING });
    const { hosts } = await downgrade(frobContext(), { hosts: of(ant) });
    expect(hosts[0]?.state).toBe("ok");
    expect(ant.commands.filter((line) => line.includes("--oldpackage"))).toEqual([
      `zypper -n in -C --force-resolution --oldpackage -y frobnicate=${OLD}`,
    ]);
    expect(ant.installed.get("frobnicate")).toBe(OLD);
    expect(ant.events).toContain("history downgrade:SUSE:Maintenance:31337:298765:frobnicate libfrob3");
  });

  it("is a failure when the version is not the released one afterwards, whatever zypper said", async () => {
    const ant = frobHost("ant", { installed: { frobnicate: NEW } }).on(/--oldpackage/, { exit: 0 });
    const { hosts } = await downgrade(frobContext(), { hosts: of(ant) });
    expect(hosts[0]).toMatchObject({ state: "failed" });
    expect(hosts[0]?.error?.message).toBe(`downgrade not completed: frobnicate is ${NEW} instead of ${OLD}`);
  });

  it("has nothing to do on a released host, which is no failure", async () => {
    const { hosts } = await downgrade(frobContext(), {
      hosts: of(frobHost("ant", { installed: { frobnicate: OLD } })),
    });
    expect(hosts[0]).toMatchObject({
      state: "ok",
      warnings: [expect.stringContaining("nothing to downgrade")],
    });
  });

  it("reboots a transactional host once, and only after a change", async () => {
    const installed = { frobnicate: NEW, libfrob3: NEW };
    const [micro, idle] = [
      frobHost("micro", { release: "slmicro", installed }),
      frobHost("idle", { release: "slmicro" }),
    ];
    const { hosts } = await downgrade(frobContext(), { hosts: of(micro, idle) });
    expect(hosts.map(({ state }) => state)).toEqual(["ok", "ok"]);
    expect(micro.events.filter((event) => event === "reboot").length).toBe(1);
    expect(idle.events).not.toContain("reboot");
  });
});

describe("install and uninstall", () => {
  it("run on every host, with a line of history and evidence", async () => {
    const [ant, bee] = [frobHost("ant"), frobHost("bee")];
    const { hosts } = await install(frobContext(), { hosts: of(ant, bee), packages: ["frobnicate"] });
    expect(hosts.map(({ state, commands }) => [state, commands.length])).toEqual([
      ["ok", 1],
      ["ok", 1],
    ]);
    expect(bee.installed.get("frobnicate")).toBe(OLD);
    expect(ant.events).toEqual([
      "lock",
      "history install:frobnicate",
      "change LC_ALL=C LANG=C zypper -n in -y -l frobnicate",
      "unlock",
    ]);
    await uninstall(frobContext(), { hosts: of(ant), packages: ["frobnicate"] });
    expect(ant.installed.has("frobnicate")).toBe(false);
  });

  it("fail where the package is not found, and there alone", async () => {
    const [ant, bee] = [frobHost("ant", { repositories: {} }), frobHost("bee")];
    const { hosts } = await install(frobContext(), { hosts: of(ant, bee), packages: ["frobnicate"] });
    expect(hosts[0]).toMatchObject({
      state: "failed",
      exit: 104,
      error: { message: "install: package not found" },
    });
    expect(hosts[1]?.state).toBe("ok");
  });

  it("let no bad name near a host", async () => {
    const ant = frobHost("ant");
    const { hosts } = await install(frobContext(), { hosts: of(ant), packages: ["a;reboot"] });
    expect(hosts[0]).toMatchObject({ state: "notRun", error: { kind: "params.invalid" } });
    expect(ant.events).toEqual([]);
  });
});

describe("set_repo", () => {
  it("adds and removes once, and knows when there was nothing to do", async () => {
    const ant = frobHost("ant");
    const act = async (operation: "add" | "remove") =>
      (await setRepo(frobContext(), { hosts: of(ant), operation })).hosts[0];
    expect((await act("add"))?.warnings).toEqual([]);
    expect(ant.repositories.get(ALIAS)).toEqual({ url: TESTING });
    expect((await act("add"))?.warnings).toEqual(["already there"]);
    expect((await act("remove"))?.warnings).toEqual([]);
    expect((await act("remove"))?.warnings).toEqual(["there was none to remove"]);
    expect([...ant.repositories.keys()]).toEqual(["base"]);
  });

  it("replaces a repository of that name that leads elsewhere", async () => {
    const ant = frobHost("ant", { repositories: { [ALIAS]: { url: "http://elsewhere.example.com/" } } });
    expect((await setRepo(frobContext(), { hosts: of(ant), operation: "add" })).hosts[0]?.state).toBe("ok");
    expect(ant.repositories.get(ALIAS)).toEqual({ url: TESTING });
  });

  it("does nothing on a host whose products the update has no repository for", async () => {
    const ant = frobHost("ant");
    const { hosts } = await setRepo(frobContext(), {
      hosts: [{ session: ant, required: { a: "1-1" }, repositories: [] }],
      operation: "add",
    });
    expect(hosts[0]).toMatchObject({ state: "notRun", error: { kind: "template.invalid" } });
    expect(ant.events).toEqual([]);
  });
});

describe("reboot", () => {
  it("is believed with a new boot id alone", async () => {
    const [good, same, gone] = [frobHost("good"), frobHost("same"), frobHost("gone")];
    same.rebootAnswer = { state: "failed", reason: "the boot id is unchanged" };
    gone.rebootAnswer = { state: "lost", reason: "no answer for 900 seconds" };
    const { hosts } = await reboot(frobContext(), { hosts: of(good, same, gone) });
    expect(hosts.map(({ state }) => state)).toEqual(["ok", "failed", "lost"]);
    expect(hosts[0]?.commands[0]).toMatchObject({
      command: "systemctl reboot",
      stdout: "boot id boot-1 -> boot-2\n",
    });
  });
});

describe("versions", () => {
  it("are asked without a lock; a query that failed is no version", async () => {
    const [ant, bad] = [
      frobHost("ant", { installed: { libfrob3: OLD } }),
      frobHost("bad").on(/rpm/, { exit: 1, stdout: "" }),
    ];
    const [one, two] = await queryVersions(frobContext(), { hosts: of(ant, bad) });
    expect(one?.versions).toEqual(
      new Map([
        ["frobnicate", null],
        ["libfrob3", OLD],
      ]),
    );
    expect(two).toMatchObject({ versions: null, error: { kind: "operation.failed" } });
    expect(ant.events.length).toBe(1);
  });
});

describe("baseline", () => {
  const left = { base: { url: "http://b" }, "issue-SLES:15-SP6:p=1:2": { url: "http://old" } };

  it("is cleaned of repositories that no lock explains", async () => {
    const [ant, bee] = [frobHost("ant", { repositories: left }), frobHost("bee")];
    expect((await checkClean(frobContext(), { hosts: of(ant, bee) })).map(({ state }) => state)).toEqual([
      "leftovers",
      "clean",
    ]);
    expect(ant.repositories.size).toBe(2);
    expect((await cleanBaseline(frobContext(), { hosts: of(ant, bee) })).map(({ state }) => state)).toEqual([
      "clean",
      "clean",
    ]);
    expect([...ant.repositories.keys()]).toEqual(["base"]);
    expect(new Set(bee.events)).toEqual(new Set(["query LC_ALL=C LANG=C zypper -n lr -puU"]));
  });

  it("is dirty, and left alone, while somebody works there", async () => {
    const ant = frobHost("ant", { repositories: left }).lockedBy("bob");
    const [seen] = await cleanBaseline(frobContext(), { hosts: of(ant) });
    expect(seen).toMatchObject({
      state: "dirty",
      error: { kind: "host.dirty", data: { repositories: ["issue-SLES:15-SP6:p=1:2"] } },
    });
    expect(ant.repositories.size).toBe(2);
  });

  it("is unknown where it could not be asked", async () => {
    const ant = frobHost("ant").on(/ lr /, { exit: 0, stdout: "garbage" });
    expect(await checkClean(frobContext(), { hosts: of(ant) })).toMatchObject([
      { state: "unknown", error: { kind: "operation.failed" } },
    ]);
  });
});
