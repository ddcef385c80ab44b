import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../../packages/cli/src/command/nearest.ts";
import { mtuictl } from "./support/cli.ts";

describe("finding the command", () => {
  const script = {
    list_hosts: { hosts: [] },
    list_queue: { claims: [], tickets: [], hosts: [], cursor: 1 },
    job_list: { jobs: [] },
  };

  test.each([
    [["list-hosts"], "list_hosts"],
    [["list_hosts"], "list_hosts"],
    [["job", "list"], "job_list"],
    [["job_list"], "job_list"],
    [["job-list"], "job_list"],
    [["queue"], "list_queue"],
    [["list-queue"], "list_queue"],
  ])("%j calls %s", async (argv, method) => {
    const { code, daemon } = await mtuictl(argv, { script });
    expect(code).toBe(0);
    expect(daemon.calls).toEqual([{ method, params: {} }]);
  });

  test("a mistyped command names the nearest one and exits with 2", async () => {
    const { code, err, out, dialled } = await mtuictl(["lst-hosts"]);
    expect({ code, out, dialled }).toEqual({ code: 2, out: "", dialled: [] });
    expect(err).toBe(
      " ERR  params.invalid  Unknown command 'lst-hosts'.\n      Did you mean 'list-hosts'? The commands: mtuictl help\n",
    );
  });

  test("a mistyped second word is corrected within its group", async () => {
    const { code, err } = await mtuictl(["job", "cansel"]);
    expect(code).toBe(2);
    expect(err).toContain("Unknown command 'job cansel'.\n      Did you mean 'job cancel'?");
  });

  test("a second word like none of its group is like none, whatever the group is called", async () => {
    const { err } = await mtuictl(["daemon", "foo"]);
    expect(err).toContain("Unknown command 'daemon foo'.\n      The commands: mtuictl help daemon");
  });

  test("the beginning of commands names them", async () => {
    const { err } = await mtuictl(["set"]);
    expect(err).toContain("Unknown command 'set'.\n      It may be set-repo, set-timeout. The commands");
  });

  test("what the daemon refuses is told in the words that were typed; to programs as it is", async () => {
    const hint = "Its options: mtuictl help events";
    const { code, err } = await mtuictl(["events", "--type", "claim.*", "--type", "foo"]);
    expect([code, err]).toEqual([
      2,
      ` ERR  params.invalid  --type: a type of event, such as job.state or claim.*\n      ${hint}\n`,
    ]);
    const { err: desk } = await mtuictl(["list-hosts", "-w", "a b"]);
    expect(desk).toContain(" ERR  params.invalid  -w, --workspace: letters, digits,");
    const { out } = await mtuictl(["events", "--type", "foo", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      error: { message: expect.stringContaining("parameter types.0"), data: { operation: "list_events" } },
    });
  });

  test("an option that leaves something out is described as that", async () => {
    expect((await mtuictl(["job", "follow", "--help"])).out).toMatch(
      /--no-output +without the output of commands/,
    );
  });

  test("the first word of a group alone is not a command", async () => {
    const { code, err } = await mtuictl(["job"]);
    expect(code).toBe(2);
    expect(err).toContain("'job' needs a second word.");
  });

  test("no command at all: the overview on standard error, exit 2", async () => {
    const { code, out, err } = await mtuictl([]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/validate +Take updates from their templates/);
  });

  test("internal operations are no commands", async () => {
    expect((await mtuictl(["hello"])).code).toBe(2);
    expect((await mtuictl(["help"])).out).not.toContain("hello");
  });
});

describe("options", () => {
  test("a mistyped option names the nearest one, exits with 2 and reaches no daemon", async () => {
    const { code, err, dialled } = await mtuictl(["list-hosts", "--jsno"]);
    expect({ code, dialled }).toEqual({ code: 2, dialled: [] });
    expect(err).toBe(
      " ERR  params.invalid  Unknown option '--jsno'.\n      Did you mean --json? All options: mtuictl help list-hosts\n",
    );
  });

  test.each([
    [["list-hosts", "surplus"]],
    [["load-template"]],
    [["takeover", "a"]],
    [["takeover", "a", "--claim", "c1"]],
    [["validate", "SUSE:Maintenance:1:2", "--parallel", "many"]],
    [["validate", "SUSE:Maintenance:1:2", "--parallel", "1.5"]],
    [["validate", "SUSE:Maintenance:1:2", "--parallel", "0"]],
    [["validate", "SUSE:Maintenance:1:2", "--after", "explode"]],
    [["job", "wait", "x", "--timeout", ""]],
    [["list-workspaces", "-w", "x"]],
    [["--wat", "list-hosts"]],
    [["set-repo", "ad"]],
  ])("%j is a usage error", async (argv) => {
    const { code, dialled } = await mtuictl(argv);
    expect({ code, dialled }).toEqual({ code: 2, dialled: [] });
  });

  test("the allowed range is named", async () => {
    const { err } = await mtuictl(["validate", "x", "--parallel", "999"]);
    expect(err).toBe(
      ' ERR  params.invalid  --parallel: "999" is not allowed.\n      Allowed: a whole number from 1 to 256.\n',
    );
  });

  test("-t repeats, -w names the workspace, --config is not a parameter", async () => {
    const { daemon, dialled } = await mtuictl(
      ["remove-host", "-t", "a", "--target", "b", "-w", "desk", "--config", "/etc/other.yaml"],
      { script: { remove_host: { released: ["a", "b"], unreleased: [] } } },
    );
    expect(daemon.calls).toEqual([
      { method: "remove_host", params: { hosts: ["a", "b"], workspace: "desk" } },
    ]);
    expect(dialled).toEqual([{ start: true, config: "/etc/other.yaml" }]);
  });

  test("common options may stand before the command", async () => {
    const { daemon, out } = await mtuictl(["--json", "-w", "desk", "list-hosts"], {
      script: { list_hosts: { hosts: [] } },
    });
    expect(daemon.calls).toEqual([{ method: "list_hosts", params: { workspace: "desk" } }]);
    expect(JSON.parse(out)).toEqual({ hosts: [] });
  });

  test("a workspace given twice in two ways is refused", async () => {
    const closed = { workspace: "a", released: [], unreleased: [], cancelled_jobs: [] };
    expect((await mtuictl(["close-workspace", "a", "-w", "b"])).code).toBe(2);
    const { daemon } = await mtuictl(["close-workspace", "a"], { script: { close_workspace: closed } });
    expect(daemon.calls[0]?.params).toEqual({ workspace: "a" });
  });
});

describe("the nearest name", () => {
  test.each([
    ["lsit", "list", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["same", "same", 0],
  ])("%s to %s: %i", (a, b, distance) => expect(editDistance(a, b)).toBe(distance));

  test("nothing is suggested for what is like nothing", () => {
    expect(nearest("frobnicate", ["run", "lock"])).toBeNull();
  });
});

test.each([
  [["validate"], "It is: mtuictl validate [options] <rrid...>. Its options: mtuictl help validate"],
  [["set-repo"], "It is: mtuictl set-repo [options] <add|remove>. Its options: mtuictl help set-repo"],
  [["set-repo", "--add"], "Its options: mtuictl help set-repo"],
])("%j: what is missing, and how it is written", async (argv, hint) => {
  const { code, err } = await mtuictl(argv, {});
  expect(code).toBe(2);
  expect(err).toContain(hint);
});
