import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArbiter, type HostArbiter } from "../../../packages/daemon/src/arbiter/index.ts";
import { createHostConnector, type HostConnector } from "../../../packages/daemon/src/hosts/index.ts";
import type { ParkingLimits } from "../../../packages/daemon/src/hosts/parking.ts";
import { acquireHosts, type AcquireRequest } from "../../../packages/daemon/src/workspaces/acquire.ts";
import { WorkspaceRegistry } from "../../../packages/daemon/src/workspaces/registry.ts";
import { Releaser } from "../../../packages/daemon/src/workspaces/release.ts";
import type { WorkspaceHost } from "../../../packages/daemon/src/workspaces/workspace-host.ts";
import { CountedWire } from "./counted-wire.ts";
import { PERSON } from "./desk.ts";
import { VirtualClock } from "./virtual-clock.ts";

const ANY = { product: "", version: "", arch: "", addons: [] };

/**
 * The real way of a host from one workspace to the next (arbiter, releaser, connector, lock protocol) over
 * a counted wire to this machine, with the lock files in a directory of the test, in virtual time.
 */
export class HandOverLab implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly wire = new CountedWire();
  /** The hosts' lock directory. */
  readonly dir: string;
  readonly logged: string[] = [];
  readonly connector: HostConnector;
  readonly arbiter: HostArbiter;
  readonly releaser: Releaser;
  readonly #workspaces = new WorkspaceRegistry(this.clock);
  readonly #configFile: string;

  /** @param options.dir of another lab, whose hosts are these */
  constructor(options: { parking?: ParkingLimits; dir?: string; daemonId?: string } = {}) {
    const { clock } = this;
    const { daemonId = "d1", dir, parking } = options;
    this.dir = dir ?? mkdtempSync(join(tmpdir(), "mtui-hand-over-"));
    this.#configFile = join(this.dir, "ssh_config");
    writeFileSync(this.#configFile, "");
    const log = (_level: string, text: string): void => void this.logged.push(text);
    this.connector = createHostConnector({
      identity: { user: "me+mtuid", pid: 1, daemonId },
      ssh: {
        configFile: this.#configFile,
        strictHostKeyChecking: "auto_add",
        connectTimeoutSeconds: 1,
        authSock: () => undefined,
      },
      locks: { staleAgeSeconds: 86_400, reapStale: true },
      log,
      clock,
      paths: { lockDir: this.dir },
      dial: this.wire.dial,
      ...(parking === undefined ? {} : { parking }),
    });
    this.arbiter = createArbiter({
      now: () => clock.now(),
      scheduler: clock,
      random: () => 0.5,
      pollSeconds: 15,
    });
    this.releaser = new Releaser({ arbiter: this.arbiter, connector: this.connector, clock, log });
  }

  /** Asks for one host for a workspace, and waits for it. */
  async take(
    workspace: string,
    options: Partial<AcquireRequest> & { host?: string } = {},
  ): Promise<WorkspaceHost> {
    const { host: name = "ant", ...rest } = options;
    const [host] = await acquireHosts(
      {
        arbiter: this.arbiter,
        connector: this.connector,
        releaser: this.releaser,
        ledger: { save: () => undefined, saveHistory: () => undefined },
        log: () => undefined,
        config: { daemon: { fanout: 8 } },
      },
      {
        workspace: this.#workspaces.open(workspace, PERSON),
        job: null,
        slots: [{ slot: ANY, candidates: [{ name, row: null }] }],
        wait: { own: Infinity, foreign: 0 },
        partial: false,
        refuseOperationLocks: true,
        signal: new AbortController().signal,
        onTicket: () => undefined,
        ...rest,
      },
    );
    if (host === undefined) throw new Error("no host");
    return host;
  }

  /** The pool lock's text; null without one. */
  get poolLock(): string | null {
    return this.files.includes("mtui-pool.lock")
      ? readFileSync(join(this.dir, "mtui-pool.lock"), "utf8")
      : null;
  }

  /** What is in the lock directory, without what is always there. */
  get files(): string[] {
    return readdirSync(this.dir).filter((name) => !["mtui.guard", "mtui.fence", "ssh_config"].includes(name));
  }

  /** The person's ssh_config changes. */
  configure(text: string): void {
    writeFileSync(this.#configFile, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.releaser.stop();
    await this.connector[Symbol.asyncDispose]();
    this.wire.cut();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
