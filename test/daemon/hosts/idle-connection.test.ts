import { expect, test } from "vitest";
import { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import { Probe } from "../../../packages/daemon/src/hosts/grant.ts";
import { IdleConnection } from "../../../packages/daemon/src/hosts/idle-connection.ts";
import { LiveConnection } from "../../../packages/daemon/src/hosts/live-connection.ts";
import type { SshTarget } from "../../../packages/daemon/src/ssh/index.ts";
import { CountedWire } from "../support/counted-wire.ts";

const target = { name: "ant", key: "ant:22" } as SshTarget;

function claimOf(hostKey: string): Claim {
  const names = { workspace: "w", rrid: null, slots: [], since: 0 };
  return Claim.mint({ id: "c", hostKey, hostName: "ant", ...names });
}

async function idle(): Promise<IdleConnection> {
  const transport = await new CountedWire().dial([target], {} as never);
  const live = await LiveConnection.open(transport, {
    hostName: "ant",
    preamble: "",
    perl: "",
    route: [target],
  });
  return new IdleConnection("ant:22", live);
}

test("a connection that a claim left opens to a claim of the same host alone, and once", async () => {
  const connection = await idle();
  const forged = { hostKey: "ant:22", hostName: "ant", fields: {} };
  for (const wrong of [forged, Probe.mint("ant"), claimOf("bee:22")])
    expect(() => connection.take(wrong as Claim)).toThrow(/without a claim/);
  const live = connection.take(claimOf("ant:22"));
  expect(live.connected).toBe(true);
  expect(() => connection.take(claimOf("ant:22"))).toThrow(/without a claim/);
  // Not its own any more.
  await connection.close();
  expect(live.connected).toBe(true);
  await live.close();
});

test("another route is another connection", async () => {
  const connection = await idle();
  expect(connection.leadsAs([{ ...target }])).toBe(true);
  expect(connection.leadsAs([{ ...target, user: "tester" }])).toBe(false);
  expect(connection.leadsAs([{ ...target, name: "jump" }, target])).toBe(false);
  await connection.close();
  expect(connection.connected).toBe(false);
});
