import { describe, expect, test } from "vitest";
import { mtuictl } from "./support/cli.ts";
import { job } from "./support/samples.ts";

async function complete(words: string[], options: Parameters<typeof mtuictl>[1] = {}): Promise<string[]> {
  const { code, out, err, dialled } = await mtuictl(["__complete", ...words], options);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(dialled.every(({ start }) => !start)).toBe(true);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t")[0] ?? "");
}

describe("completion", () => {
  test.each([
    [["list-ho"], ["list-hosts"]],
    [["jo"], ["job"]],
    [
      ["job", ""],
      ["cancel", "follow", "list", "result", "status", "wait"],
    ],
    [["job", "l"], ["list"]],
    [
      ["set-repo", ""],
      ["add", "remove"],
    ],
    [["validate", "--aft"], ["--after"]],
    [["validate", "--after", "l"], ["leave"]],
    [["run", "--progress", "p"], ["plain"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["frobnicate", ""], []],
  ])("%j", async (words, expected) => expect(await complete(words)).toEqual(expected));

  test("names that only the daemon knows", async () => {
    const views = [job({ id: "run-2", state: "running" }), job()];
    const workspaces = [
      { workspace: "desk", state: "empty" as const, rrid: null, hosts: [], jobs: [], lease_until: null },
    ];
    expect(await complete(["job", "result", ""], { script: { job_list: { jobs: views } } })).toEqual([
      "run-1",
    ]);
    expect(
      await complete(["job", "cancel", ""], { script: { job_list: { jobs: views.slice(0, 1) } } }),
    ).toEqual(["run-2"]);
    expect(await complete(["list-hosts", "-w", ""], { script: { list_workspaces: { workspaces } } })).toEqual(
      ["desk"],
    );
  });

  test("a name that a shell would take apart is not offered", async () => {
    const workspaces = [
      { workspace: "$(reboot)", state: "empty" as const, rrid: null, hosts: [], jobs: [], lease_until: null },
    ];
    expect(await complete(["list-hosts", "-w", ""], { script: { list_workspaces: { workspaces } } })).toEqual(
      [],
    );
  });

  test("without a daemon there are no names and no error", async () => {
    expect(await complete(["job", "status", ""], { down: true })).toEqual([]);
  });
});

test.each(["bash", "zsh", "fish"])("the script for %s asks mtuictl", async (shell) => {
  const { out } = await mtuictl(["completion", shell]);
  expect(out).toContain("__complete");
});
