import { describe, expect, test } from "vitest";
import { HostLink } from "../../packages/daemon/src/hosts/host-link.ts";
import { Claim } from "../../packages/daemon/src/arbiter/claim.ts";
import { type Desk, openDesk } from "../daemon/support/desk.ts";

const DESKS = ["a", "b", "c", "d", "e"];

async function loaded(desk: Desk, hosts: string[]): Promise<void> {
  for (const [index, workspace] of DESKS.entries()) {
    await desk.call("load_template", { workspace, auto_review_id: desk.template(index + 1) });
  }
  expect(hosts.length).toBeGreaterThan(0);
}

describe("a claim is the only way to a host", () => {
  test("five workspaces that take from one pool at once get five hosts", async () => {
    const hosts = ["h1", "h2", "h3", "h4", "h5"];
    using desk = openDesk({ hosts });
    await loaded(desk, hosts);
    await Promise.all(DESKS.map((workspace) => desk.call("add_host", { workspace })));
    const taken = DESKS.map((name) => [...(desk.services.workspaces.find(name)?.hosts.keys() ?? [])]);
    expect(taken.flat().toSorted()).toEqual(hosts);
    expect(taken.map((each) => each.length)).toEqual([1, 1, 1, 1, 1]);
    for (const name of hosts) expect(desk.pool.machine(name).open).toBe(1);
  });

  test("a host by name is claimed too: refused with the workspace that has it", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "a", target: ["ant"] });
    await expect(desk.call("add_host", { workspace: "b", target: ["ant"], wait: 0 })).rejects.toMatchObject({
      kind: "host.busy",
      message: expect.stringMatching(/ant .*workspace a\b/),
    });
    expect(desk.pool.machine("ant").open).toBe(1);
  });

  test("nothing that only looks like a claim opens a connection", async () => {
    const target = { name: "ant", hostName: "127.0.0.1", port: 1 };
    const forged = Object.assign(Object.create(Claim.prototype) as Claim, { fields: { hostName: "ant" } });
    const options = { target, settings: {}, paths: {}, hostName: "ant" };
    await expect(HostLink.open(forged, options as never)).rejects.toThrow(/without a claim/);
  });
});
