import type { RefHost } from "@mtui/core/domain";
import { describe, expect, test } from "vitest";
import { type Desk, openDesk, sp6 } from "../support/desk.ts";

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64]";
const HA = "addon=sle-ha(major=15,minor=SP6)";

const withHa = (name: string): RefHost => ({
  ...sp6(name),
  addons: [{ name: "sle-ha", version: { major: 15, minor: "SP6" } }],
});
const sp7 = (name: string): RefHost => ({
  ...sp6(name),
  product: { name: "SLES", version: { major: 15, minor: "SP7" } },
});

interface Scene {
  rows?: RefHost[];
  testplatforms?: string[];
  /** Hosts that the report names. */
  named?: string[];
}

/** A desk with an update loaded in workspace `w`. */
async function scene({
  rows = ["ant", "bee", "cat"].map(sp6),
  testplatforms = [SP6],
  named = [],
}: Scene = {}) {
  const desk = openDesk({ hosts: rows.map(({ name }) => name), inventory: rows });
  for (const machine of desk.pool.machines.values())
    machine.answer = (command) => ({ exit: command.includes("lr -puU") ? 6 : 0, stdout: "" });
  const rrid = desk.template(1, { testplatforms, hosts: named });
  await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
  return { desk, rrid };
}

async function add(desk: Desk, params: Record<string, unknown>) {
  const { result } = await desk.call("add_host", { workspace: "w", ...params });
  if (result === null) throw new Error("no result");
  return { ...result, names: result.hosts.map(({ host }) => host) };
}

describe("--prefer", () => {
  test("is tried first, in the order given", async () => {
    const { desk } = await scene();
    using _desk = desk;
    expect(await add(desk, { prefer: ["cat", "bee"] })).toMatchObject({ names: ["cat"], warnings: [] });
  });

  test("comes before what the report names", async () => {
    const { desk } = await scene({ named: ["bee"] });
    using _desk = desk;
    expect((await add(desk, { prefer: ["cat"] })).names).toEqual(["cat"]);
  });

  test("that is busy leaves it to the next best", async () => {
    const { desk } = await scene({ named: ["bee"] });
    using _desk = desk;
    desk.pool.machine("cat").lockedBy("bob");
    expect((await add(desk, { prefer: ["cat"] })).names).toEqual(["bee"]);
  });

  test("that fits no test target is a warning", async () => {
    const { desk } = await scene({ rows: [sp6("ant"), sp7("dog")] });
    using _desk = desk;
    expect(await add(desk, { prefer: ["dog"] })).toMatchObject({
      names: ["ant"],
      warnings: ["--prefer dog: it satisfies none of the test targets; ignored"],
    });
  });

  test("that the inventory does not list is a warning with the nearest name", async () => {
    const { desk } = await scene({ rows: [sp6("badger"), sp6("ant")] });
    using _desk = desk;
    expect((await add(desk, { prefer: ["bagder", "x\u001b[2J"] })).warnings).toEqual([
      "--prefer bagder: the inventory does not list it; did you mean badger?; ignored",
      "--prefer x?[2J: the inventory does not list it; ignored",
    ]);
  });

  test("goes where it is needed: a host that only one test target can use is not taken from it", async () => {
    const { desk } = await scene({ rows: [withHa("ant"), sp6("bee")], testplatforms: [SP6, `${SP6};${HA}`] });
    using _desk = desk;
    const { hosts } = await add(desk, { prefer: ["ant"] });
    expect(hosts.map(({ host, slots }) => [host, slots.map(({ addons }) => addons.join())])).toEqual([
      ["bee", [""]],
      ["ant", ["sle-ha"]],
    ]);
  });

  test("by another name of the machine, or without its port, is that host", async () => {
    const { desk } = await scene({ rows: [sp6("ant"), sp6("bee"), sp6("cat:2222")] });
    using _desk = desk;
    desk.pool.aliases.set("b", "bee");
    expect(await add(desk, { prefer: ["b"] })).toMatchObject({ names: ["bee"], warnings: [] });
    await desk.call("remove_host", { workspace: "w" });
    expect(await add(desk, { prefer: ["cat"] })).toMatchObject({ names: ["cat:2222"], warnings: [] });
  });
});

describe("--exclude", () => {
  test("is never taken, also when nothing else is free", async () => {
    const { desk } = await scene();
    using _desk = desk;
    for (const name of ["bee", "cat"]) desk.pool.machine(name).lockedBy("bob");
    await expect(add(desk, { exclude: ["ant"] })).rejects.toMatchObject({ kind: "host.busy" });
    expect(desk.pool.machine("ant").open).toBe(0);
  });

  test("wins over a report that names the host", async () => {
    const { desk } = await scene({ named: ["ant"] });
    using _desk = desk;
    expect((await add(desk, { exclude: ["ant"] })).names).not.toContain("ant");
  });

  test("by any name means every row of the machine", async () => {
    const { desk } = await scene();
    using _desk = desk;
    desk.pool.aliases.set("bee", "ant").set("old-name", "ant");
    expect((await add(desk, { exclude: ["old-name"] })).names).toEqual(["cat"]);
  });

  test("that leaves a test target without a host is its reason", async () => {
    const { desk } = await scene({
      rows: [sp6("ant"), sp7("dog")],
      testplatforms: [SP6, SP6.replace("SP6", "SP7")],
    });
    using _desk = desk;
    const added = await add(desk, { exclude: ["dog"] });
    expect(added).toMatchObject({
      names: ["ant"],
      warnings: [],
      no_host: [
        {
          slot: { version: "15-SP7" },
          cause: "excluded",
          reason: "excluded by --exclude: dog; nearest of the others: ant (is SLES 15-SP6)",
          candidates: [{ host: "dog", why_not: "excluded by --exclude" }],
          nearest: [{ host: "ant", lacks: [{ what: "version", wanted: "SLES 15-SP7", has: "SLES 15-SP6" }] }],
        },
      ],
    });
  });

  test("that leaves none at all ends the request at once", async () => {
    const { desk } = await scene();
    using _desk = desk;
    await expect(add(desk, { exclude: ["ant", "bee", "cat"], wait: 600 })).rejects.toMatchObject({
      kind: "pool.unsatisfiable",
      message: expect.stringContaining("SLES-15-SP6 x86_64: excluded by --exclude: ant, bee, cat"),
      hint: expect.stringContaining("--exclude"),
    });
  });

  test("that the inventory does not list is a warning; one that fits nothing is not", async () => {
    const { desk } = await scene({ rows: [sp6("ant"), sp7("dog")] });
    using _desk = desk;
    expect((await add(desk, { exclude: ["dgo", "dog"] })).warnings).toEqual([
      "--exclude dgo: the inventory does not list it; ignored",
    ]);
  });

  test("goes for --all too", async () => {
    const { desk } = await scene();
    using _desk = desk;
    expect((await add(desk, { all: true, exclude: ["bee"] })).names).toEqual(["ant", "cat"]);
  });

  test("makes test targets share what is left", async () => {
    const { desk } = await scene({
      rows: [withHa("ant"), withHa("bee")],
      testplatforms: [SP6, `${SP6};${HA}`],
    });
    using _desk = desk;
    const { hosts, no_host } = await add(desk, { exclude: ["ant"] });
    expect(hosts.map(({ host, slots }) => [host, slots.length])).toEqual([["bee", 2]]);
    expect(no_host).toEqual([]);
  });
});

describe("contradictions", () => {
  test.each([
    [{ prefer: ["ant"], exclude: ["ant"] }, "ant is preferred and excluded."],
    [
      { prefer: ["ant"], exclude: ["other-ant"] },
      "ant and other-ant are the same machine, which is preferred and excluded.",
    ],
    [{ target: ["ant"], prefer: ["bee"] }, /-t names them/],
    [{ target: ["ant"], exclude: ["bee"] }, /-t names them/],
  ])("%j", async (params, message) => {
    const { desk } = await scene();
    using _desk = desk;
    desk.pool.aliases.set("other-ant", "ant");
    await expect(add(desk, params)).rejects.toMatchObject({
      kind: "params.invalid",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
    expect(desk.services.arbiter.view().claims).toEqual([]);
  });

  test("are found by validate before anything starts", async () => {
    const { desk, rrid } = await scene();
    using _desk = desk;
    desk.pool.aliases.set("other-ant", "ant");
    await expect(
      desk.call("validate", { rrids: [rrid], prefer: ["ant"], exclude: ["other-ant"] }),
    ).rejects.toMatchObject({ kind: "params.invalid" });
    expect(desk.services.jobs.list()).toEqual([]);
  });
});

describe("a request that no host fits", () => {
  test("says for programs and people which hosts are nearest and what each lacks", async () => {
    const { desk } = await scene({ testplatforms: [`${SP6};${HA}`, SP6.replace("x86_64", "s390x")] });
    using _desk = desk;
    const lacksHa = [{ what: "addon", wanted: "sle-ha 15-SP6", has: null }];
    await expect(add(desk, { wait: 600 })).rejects.toMatchObject({
      kind: "pool.unsatisfiable",
      exitCode: 3,
      message: expect.stringMatching(/nearest: ant \(lacks sle-ha 15-SP6\).*nearest: ant \(is x86_64\)/),
      data: {
        missing: [
          {
            slot: { product: "SLES", version: "15-SP6", arch: "x86_64", addons: ["sle-ha"] },
            cause: "inventory",
            nearest: ["ant", "bee", "cat"].map((host) => ({ host, lacks: lacksHa })),
          },
          {
            slot: { arch: "s390x" },
            nearest: [{ lacks: [{ what: "arch", wanted: "s390x", has: "x86_64" }] }, {}, {}],
          },
        ],
      },
    });
  });

  test("--all names the test targets without a host too", async () => {
    const { desk } = await scene({ testplatforms: [SP6.replace("[x86_64]", "[x86_64,s390x]")] });
    using _desk = desk;
    const { names, no_host } = await add(desk, { all: true });
    expect(names).toEqual(["ant", "bee", "cat"]);
    expect(no_host).toMatchObject([{ slot: { arch: "s390x" }, cause: "inventory" }]);
  });
});

describe("validate", () => {
  const two = [SP6, SP6.replace("SP6", "SP7")];

  test("--strict refuses an update of which a test target has no host; without it, it is INCOMPLETE", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(2, { testplatforms: two });
    const strict = await desk.call("validate", { rrids: [rrid], strict: true });
    expect(strict).toMatchObject({
      jobs: [{ state: "failed", error: { kind: "pool.unsatisfiable" } }],
      results: [null],
    });
    desk.pool.machine("ant").answer = (command) => ({
      exit: command.includes("lr -puU") ? 6 : 0,
      stdout: "",
    });
    const { results } = await desk.call("validate", { rrids: [rrid] });
    expect(results?.[0]).toMatchObject({ no_host: [{ slot: { version: "15-SP7" }, cause: "inventory" }] });
    expect(desk.services.arbiter.view().claims).toEqual([]);
  });

  test("--partial takes what is free now and says of the rest that it was not waited for", async () => {
    const { desk, rrid } = await scene({ rows: [sp6("ant"), sp7("dog"), sp7("elk")], testplatforms: two });
    using _desk = desk;
    await desk.call("add_host", { workspace: "other", target: ["dog"] });
    desk.pool.machine("elk").lockedBy("bob");
    const { results } = await desk.call("validate", { rrids: [rrid], partial: true });
    expect(results?.[0]?.hosts.map(({ host }) => host)).toEqual(["ant"]);
    expect(results?.[0]?.no_host).toMatchObject([
      {
        slot: { version: "15-SP7" },
        cause: "not_waited",
        reason: expect.stringMatching(
          /^not waited for: dog held by workspace other since .*; elk foreign lock: locked by bob/,
        ),
        nearest: [],
        candidates: [{ host: "dog" }, { host: "elk" }],
      },
    ]);
    expect(results?.[0]?.verdict).not.toBe("PASSED");
    expect(desk.pool.machine("ant").files.pool).toBeNull();
  });

  test("--prefer and --exclude choose its hosts", async () => {
    const { desk, rrid } = await scene();
    using _desk = desk;
    const { results } = await desk.call("validate", { rrids: [rrid], prefer: ["cat"], exclude: ["ant"] });
    expect(results?.[0]?.hosts.map(({ host }) => host)).toEqual(["cat"]);
  });

  test("a host that was added by name stands for the test target that it satisfies", async () => {
    const { desk, rrid } = await scene();
    using _desk = desk;
    const workspace = rrid.replaceAll(":", "-");
    await desk.call("add_host", { workspace, target: ["bee"] });
    const { results } = await desk.call("validate", { rrids: [rrid] });
    expect(results?.[0]?.hosts).toMatchObject([{ host: "bee", slots: [{}, { version: "15-SP6" }] }]);
  });
});

describe("add_host --partial", () => {
  test("says which of the named hosts it left out, and why", async () => {
    const { desk } = await scene();
    using _desk = desk;
    desk.pool.machine("bee").lockedBy("bob");
    const { names, warnings, no_host } = await add(desk, { target: ["ant", "bee"], partial: true });
    expect(names).toEqual(["ant"]);
    expect(warnings).toEqual([expect.stringMatching(/^not waited for: bee foreign lock: locked by bob/)]);
    expect(no_host).toEqual([]);
  });
});
