import { describe, expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";

describe("loading a report", () => {
  test("into a desk that has hosts already keeps them", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("load_template", { workspace: "w", auto_review_id: desk.template(1) });
    expect((await desk.call("list_hosts", { workspace: "w" })).hosts).toMatchObject([{ host: "ant" }]);
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
  });

  test("in the place of another releases that one's hosts, and says which it could not", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("load_template", { workspace: "w", auto_review_id: desk.template(1) });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    desk.pool.machine("bee").stuck = true;
    const loaded = await desk.call("load_template", {
      workspace: "w",
      auto_review_id: desk.template(2),
      replace: true,
    });
    expect(loaded.warnings).toContainEqual(expect.stringMatching(/^bee is not released yet/));
    expect(desk.pool.machine("ant").files.pool).toBeNull();
    expect(desk.services.arbiter.view().claims).toMatchObject([{ host: "bee", state: "releasing" }]);
    expect((await desk.call("list_hosts", { workspace: "w" })).hosts).toEqual([]);
    desk.services.releaser.stop();
  });

  test("in the place of another forgets for which of its test targets there was no host", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("load_template", { workspace: "w", auto_review_id: desk.template(1) });
    const workspace = desk.services.workspaces.find("w");
    if (workspace === undefined) throw new Error("no workspace");
    workspace.noHost = [
      { slot: { product: "SLES", version: "15-SP7", arch: "s390x", addons: [] }, reason: "none" },
    ];
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    expect(workspace.noHost).toHaveLength(1);
    await desk.call("load_template", { workspace: "w", auto_review_id: desk.template(2), replace: true });
    expect(workspace.noHost).toEqual([]);
  });

  test("over another without saying so changes nothing", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const first = desk.template(1);
    await desk.call("load_template", { workspace: "w", auto_review_id: first });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const second = desk.call("load_template", { workspace: "w", auto_review_id: desk.template(2) });
    await expect(second).rejects.toMatchObject({ kind: "workspace.occupied" });
    expect(await desk.call("list_metadata", { workspace: "w" })).toMatchObject({ rrid: first });
    expect((await desk.call("list_hosts", { workspace: "w" })).hosts).toHaveLength(1);
  });
});
