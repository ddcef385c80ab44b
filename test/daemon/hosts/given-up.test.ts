import { describe, expect, test } from "vitest";
import { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import {
  createHostConnector,
  type HostConnector,
  type HostSession,
} from "../../../packages/daemon/src/hosts/index.ts";
import { connect } from "../../../packages/daemon/src/ssh/connect.ts";
import { SilentHost, type Silence } from "../support/silent-host.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const PURPOSE = { operation: null, rrid: null, workspace: "w" };
const READING = { request: "s() {" };
const TAKING = { request: "mtui_guarded mtui_take" };

/** Waits longer than any test does, so that only giving up ends it. */
function connectorFor(host: SilentHost, clock = new VirtualClock()): HostConnector {
  return createHostConnector({
    identity: { user: "me+mtuid", pid: 1, daemonId: "d1" },
    ssh: {
      configFile: host.configFile,
      strictHostKeyChecking: "auto_add",
      connectTimeoutSeconds: 3_600,
      authSock: () => undefined,
    },
    locks: { staleAgeSeconds: 86_400, reapStale: true },
    log: () => undefined,
    paths: { lockDir: host.dir },
    clock,
  });
}

async function claimOf(connector: HostConnector, hostName: string): Promise<Claim> {
  const { key: hostKey } = await connector.resolve(hostName);
  return Claim.mint({ id: "c", hostKey, hostName, workspace: "w", rrid: null, slots: [], since: 0 });
}

const SILENCES: [string, Silence, string?][] = [
  ["accepts and says nothing", "banner"],
  ["says its version and no more", "key exchange"],
  ["exchanges keys and lets nobody in", "authentication"],
  ["lets us in and opens no channel", "channel"],
  ["opens a channel and starts nothing", "command"],
  ["starts a shell that does not answer the first question", READING],
  ["is on the way to another one, and leads nowhere", "forward", "far"],
];

describe("a host that stops answering, and is not wanted any more", () => {
  describe.each(["enter", "open", "probe"] as const)("%s", (way) => {
    test.each(SILENCES)(
      "one that %s: its connection is gone at once",
      async (_words, silence, name = "ant") => {
        await using host = await SilentHost.start(silence);
        await using connector = connectorFor(host);
        const claim = await claimOf(connector, name);
        const { signal, abort } = stopper();
        const connecting = {
          enter: () => connector.enter(claim, PURPOSE, { signal }),
          open: () => connector.open(claim, { signal }),
          probe: () => connector.probe(name, { signal }),
        }[way]();
        const failed = expect(connecting).rejects.toMatchObject({ kind: "request.cancelled" });
        await host.reached;
        abort();
        await failed;
        await host.gone;
      },
    );
  });

  test("in the middle of taking the lock: after two seconds, and the lock is for others to remove", async () => {
    await using host = await SilentHost.start(TAKING);
    const clock = new VirtualClock();
    await using connector = connectorFor(host, clock);
    const { signal, abort } = stopper();
    const entering = connector.enter(await claimOf(connector, "ant"), PURPOSE, { signal });
    await host.reached;
    abort();
    await clock.advance(2_000);
    const { session, pool } = await entering;
    expect(pool).toMatchObject({ state: "error", left: { kind: "pool" } });
    await host.gone;
    // Nothing that comes now connects again.
    if (pool.state === "error" && pool.left !== undefined)
      expect(await session.releaseLock(pool.left)).toMatchObject({ state: "error" });
    await session.close();
  });

  test("in the middle of taking the lock, and answers after all: the lock can be given back", async () => {
    await using host = await SilentHost.start(TAKING);
    const clock = new VirtualClock();
    await using connector = connectorFor(host, clock);
    const { signal, abort } = stopper();
    const entering = connector.enter(await claimOf(connector, "ant"), PURPOSE, { signal });
    await host.reached;
    abort();
    await clock.advance(1_999);
    host.speak();
    const { session, pool } = await entering;
    await clock.advance(1);
    expect(session.connected).toBe(true);
    if (pool.state !== "taken") throw new Error(JSON.stringify(pool));
    expect(await session.releaseLock(pool.lock)).toEqual({ state: "released" });
    await session.close();
    await host.gone;
  });
});

test("giving up while the key files are read ends it as well", async () => {
  await using host = await SilentHost.start("banner");
  await using connector = connectorFor(host);
  const target = await connector.resolve("ant");
  const { signal, abort } = stopper();
  const connecting = connect(target, {
    unknownHosts: "auto_add",
    timeoutSeconds: 3_600,
    agentSocket: undefined,
    log: () => undefined,
    signal,
  });
  abort();
  await expect(connecting).rejects.toMatchObject({ kind: "request.cancelled" });
});

describe("a session whose host stopped answering when it connected again", () => {
  async function silentSession(): Promise<AsyncDisposable & { host: SilentHost; session: HostSession }> {
    const host = await SilentHost.start(null);
    const connector = connectorFor(host);
    const session = await connector.open(await claimOf(connector, "ant"));
    host.fallSilent("banner");
    while (session.connected) await new Promise((resolve) => setImmediate(resolve));
    return {
      host,
      session,
      [Symbol.asyncDispose]: async () => {
        await session.close();
        await host[Symbol.asyncDispose]();
      },
    };
  }

  test("is closed with the connection that is being made", async () => {
    await using silent = await silentSession();
    const reading = silent.session.readLock("pool");
    await silent.host.reached;
    await silent.session.close();
    expect(await reading).toMatchObject({ state: "unreadable" });
    await silent.host.gone;
  });

  test("lets a command go that waits for a connection that somebody else began", async () => {
    await using silent = await silentSession();
    const reading = silent.session.readLock("pool");
    await silent.host.reached;
    const { signal, abort } = stopper();
    const asking = silent.session.query("true", { signal });
    abort();
    expect(await asking).toMatchObject({ state: "notRun", error: { kind: "request.cancelled" } });
    await silent.session.close();
    await reading;
  });
});

function stopper(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("not wanted any more")) };
}
