import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import type { HostConnector, HostSession, OpenOptions } from "../../../packages/daemon/src/hosts/index.ts";
import { FakeMachine, gone, seen } from "./fake-machine.ts";
import { FakeSession } from "./fake-session.ts";

export { FACTS, type FakeMachine } from "./fake-machine.ts";

/** Hosts by name, and the way to them: as the real connector, it asks for a claim. */
export class FakePool implements HostConnector {
  machines = new Map<string, FakeMachine>();
  readonly sessions: FakeSession[] = [];
  /** The daemon that had it has died: whatever of it still runs gets nowhere any more. */
  dead = false;

  constructor(...names: string[]) {
    for (const name of names) this.machines.set(name, new FakeMachine(name));
  }

  /** The same machines for the daemon's next life. */
  nextLife(): FakePool {
    this.dead = true;
    for (const machine of this.machines.values()) machine.open = 0;
    const next = new FakePool();
    next.machines = this.machines;
    return next;
  }

  machine(name: string): FakeMachine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  /** Names that ssh_config cannot make sense of. */
  readonly strange = new Set<string>();

  resolve: HostConnector["resolve"] = async (name) => {
    if (this.strange.has(name)) throw new MtuiError("host.unsupported", `${name} cannot be resolved.`);
    return target(this.aliases.get(name) ?? name);
  };
  /** Other names of machines, as ssh_config may give them. */
  readonly aliases = new Map<string, string>();

  async open(claim: Claim, { signal }: OpenOptions = {}): Promise<HostSession> {
    const machine = this.machines.get(claim.hostName);
    await machine?.gates.connect?.();
    signal?.throwIfAborted();
    if (machine?.reachable !== true || this.dead)
      throw new MtuiError("host.unreachable", `Cannot connect to ${claim.hostName}.`);
    const session = new FakeSession(claim, { machine, pool: this });
    this.sessions.push(session);
    return session;
  }

  enter: HostConnector["enter"] = async (claim, purpose, options) => {
    const session = await this.open(claim, options);
    const pool = await session.takeLock("pool", purpose);
    return { session, pool, operation: await session.readLock("operation"), fault: null };
  };

  /** Commands that are to be ended when their host is connected; nobody does here. */
  readonly toEnd: string[] = [];
  endLater: HostConnector["endLater"] = (claim, id) => void this.toEnd.push(`${claim.hostKey} ${id}`);

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Hosts that were looked at, in order. */
  readonly probed: string[] = [];

  probe: HostConnector["probe"] = async (name, { signal } = {}) => {
    this.probed.push(name);
    const { key } = await this.resolve(name);
    const machine = this.machines.get(name);
    await machine?.gates.connect?.();
    signal?.throwIfAborted();
    if (machine?.reachable !== true) throw gone(name);
    const common = { key, facts: machine.facts, bootId: "a", clock: 61, supported: true };
    return { ...common, operation: seen(machine, "operation"), pool: seen(machine, "pool") };
  };
}

function target(name: string): Awaited<ReturnType<HostConnector["resolve"]>> {
  return {
    name,
    key: `${name}:22`,
    hostName: name,
    port: 22,
    user: "root",
    identityFiles: [],
    identitiesOnly: false,
    identityAgent: null,
    jumps: [],
    knownHostsFiles: [],
    globalKnownHostsFiles: [],
    hostKeyAlias: null,
    strictHostKeyChecking: "no",
    connectTimeout: null,
  };
}
