import { expect, test } from "vitest";
import { keepLeases } from "../../../packages/daemon/src/workspaces/lease.ts";
import { LEASE_MS } from "../../../packages/daemon/src/workspaces/registry.ts";
import { AGENT, openDesk, PERSON } from "../support/desk.ts";

test("a heartbeat keeps an agent's workspaces, and nobody else's", async () => {
  using desk = openDesk({ hosts: ["ant", "bee"] });
  const other = { ...AGENT, namespace: "other" };
  await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
  await desk.call("add_host", { workspace: "w", target: ["bee"] }, { client: other });
  const stop = keepLeases(desk.services);
  for (let beat = 0; beat < 20; beat += 1) {
    await desk.clock.advance(60_000);
    expect(await desk.call("heartbeat", {}, { client: AGENT })).toEqual({
      workspaces: ["claude/w"],
      lease: LEASE_MS.agent / 1000,
    });
  }
  expect(desk.services.workspaces.list().map(({ name }) => name)).toEqual(["claude/w"]);
  // People's workspaces have no namespace: a beat of theirs names none it would not renew anyhow.
  expect(await desk.call("heartbeat", {}, { client: PERSON })).toMatchObject({ lease: 8 * 3600 });
  await desk.clock.advance(LEASE_MS.agent + 31_000);
  expect(desk.services.workspaces.list()).toEqual([]);
  stop();
});

test("looking at the workspace of another keeps it for nobody; being allowed to work there, and doing it, does", async () => {
  using desk = openDesk({ hosts: ["ant"] });
  const guest = { ...AGENT, namespace: "guest", allow: ["foreign"] as const };
  await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
  const [workspace] = desk.services.workspaces.list();
  const until = workspace?.leaseUntil ?? 0;
  await desk.clock.advance(60_000);
  await desk.call("list_hosts", { workspace: "claude/w" }, { client: guest });
  expect(workspace?.leaseUntil).toBe(until);
  await desk.call("set_timeout", { workspace: "claude/w", timeout: 60 }, { client: guest });
  expect(workspace?.leaseUntil).toBe(until + 60_000);
});
