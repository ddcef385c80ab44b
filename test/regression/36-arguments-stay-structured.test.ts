import { describe, expect, test } from "vitest";
import { operationsByName } from "@mtui/core/registry";
import { openDesk } from "../daemon/support/desk.ts";

describe("parameters stay what they are", () => {
  test.each([
    [["echo", "-t", "bee"], "echo -t bee"],
    [["echo", "--workspace=w", "a b", "$HOME", "it's"], "echo --workspace=w 'a b' '$HOME' 'it'\\''s'"],
    [["sh", "-c", "id; exit 3"], "sh -c 'id; exit 3'"],
  ])("the words %j reach the host as one command line, and no other host", async (command, line) => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    await desk.call("run", { workspace: "w", hosts: ["ant"], command });
    expect(desk.pool.machine("ant").commands).toEqual([line]);
    expect(desk.pool.machine("bee").commands).toEqual([]);
  });

  test("a selection is a view: the other hosts stay in the workspace", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    await desk.call("run", { workspace: "w", hosts: ["ant"], command: ["true"] });
    expect((await desk.call("list_hosts", { workspace: "w" })).hosts.map(({ host }) => host)).toEqual([
      "ant",
      "bee",
    ]);
  });

  test("a selection that names a strange host runs nowhere", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const run = desk.call("run", { workspace: "w", hosts: ["ant", "typo"], command: ["true"] });
    await expect(run).rejects.toMatchObject({ kind: "host.unknown", data: { host: "typo" } });
    expect(desk.pool.machine("ant").commands).toEqual([]);
  });
});

describe("what an operation does not know", () => {
  test.each([...operationsByName.values()].map((operation) => [operation.name, operation] as const))(
    "is refused by %s",
    (_name, operation) => {
      const issues = operation.params.safeParse({ no_such_thing: 1 }).error?.issues ?? [];
      expect(issues.map(({ code }) => code)).toContain("unrecognized_keys");
    },
  );
});
