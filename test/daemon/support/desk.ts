import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "@mtui/core/config";
import type { RefHost } from "@mtui/core/domain";
import type { OperationName, ResultOf } from "@mtui/core/registry";
import { operationsByName } from "@mtui/core/registry";
import { createArbiter } from "../../../packages/daemon/src/arbiter/index.ts";
import { RememberedCalls } from "../../../packages/daemon/src/asked/index.ts";
import { EventLog } from "../../../packages/daemon/src/events/index.ts";
import { type JobLimits, JobTable } from "../../../packages/daemon/src/jobs/index.ts";
import { JobOutputs } from "../../../packages/daemon/src/jobs/output/index.ts";
import type { Services } from "../../../packages/daemon/src/operations/context.ts";
import { dispatch } from "../../../packages/daemon/src/operations/index.ts";
import type { ClientIdentity } from "../../../packages/daemon/src/workspaces/names.ts";
import { Namespaces } from "../../../packages/daemon/src/workspaces/namespaces.ts";
import { LostLeases } from "../../../packages/daemon/src/workspaces/lost-leases.ts";
import { WorkspaceRegistry } from "../../../packages/daemon/src/workspaces/registry.ts";
import { Releaser } from "../../../packages/daemon/src/workspaces/release.ts";
import { recover } from "../../../packages/daemon/src/recovery/recover.ts";
import {
  callRecorder,
  hostLedger,
  jobRecorder,
  Journal,
  lostLeaseRecorder,
  namespaceRecorder,
  stepRecorder,
  workspaceRecorder,
} from "../../../packages/daemon/src/store/index.ts";
import { FakePool } from "./fake-pool.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const PERSON: ClientIdentity = { id: "c1", kind: "terminal", name: "mtuictl", namespace: null };
export const AGENT: ClientIdentity = { id: "c2", kind: "agent", name: "claude", namespace: "claude" };

export interface Desk extends Disposable {
  readonly pool: FakePool;
  readonly services: Services;
  readonly clock: VirtualClock;
  readonly logged: string[];
  /** One call as the server would make it: parameters checked, defaults filled in. */
  call<N extends OperationName>(
    name: N,
    params?: Record<string, unknown>,
    options?: { client?: ClientIdentity; signal?: AbortSignal; key?: string | undefined },
  ): Promise<ResultOf<N>>;
  /** Writes the template of `SUSE:Maintenance:<incident>:<incident>0` and returns its RRID. */
  template(
    incident: number,
    options?: { testplatforms?: string[]; hosts?: string[]; products?: string[] },
  ): string;
  /** Puts a file where its install logs would go. */
  spoilReport(rrid: string): void;
  /**
   * The daemon dies here and now, and another one begins with what was written down and the same hosts.
   * @param options.before done while there is no daemon
   */
  nextLife(options?: { before?: () => void }): Promise<Desk>;
  readonly journal: Journal;
}

interface DeskOptions {
  hosts: string[];
  jobs?: Partial<JobLimits>;
  /** In place of one row a host, all of one product. */
  inventory?: RefHost[];
  lock?: { wait: number; wait_poll: number };
  /** Where its files go. @default the system's directory for temporary files */
  directory?: string;
  /** In place of hosts made from their names. */
  pool?: FakePool;
  /** Told of each life's ports before anything is done with them: what happens there can be watched or ended. */
  onLife?: (ports: LifePorts) => void;
}

/** Where one life of the daemon touches the world. */
export interface LifePorts {
  readonly pool: FakePool;
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly arbiter: Services["arbiter"];
}

/**
 * The daemon's operations with the real arbiter, jobs and workspaces, over hosts in memory (all of one
 * product) and virtual time.
 */
export function openDesk(options: DeskOptions): Desk {
  const home = mkdtempSync(join(options.directory ?? tmpdir(), "mtui-desk-"));
  return oneLife({ ...options, home, pool: options.pool ?? new FakePool(...options.hosts) });
}

function oneLife(options: DeskOptions & { home: string; pool: FakePool; now?: number }): Desk {
  const { home, pool } = options;
  // The timers of a former life never fire: it is dead.
  const clock = new VirtualClock(options.now);
  const { config } = loadConfig({ config: null, env: { HOME: home, TEMPLATE_DIR: home, USER: "me" } });
  const logged: string[] = [];
  const log: Services["log"] = (level, text) => void logged.push(`${level} ${text}`);
  const events = new EventLog({ clock });
  const journal = new Journal(join(home, "state.db"), { log, now: clock.now() });
  const arbiter = createArbiter({
    now: () => clock.now(),
    scheduler: clock,
    random: () => 0.5,
    pollSeconds: 15,
    former: {
      places: new Map(journal.tickets.all()),
      counts: { tickets: journal.count("tickets"), claims: journal.count("claims") },
    },
    journal: journal.arbiter,
    onEvent: (event) => events.append(event),
  });
  options.onLife?.({ pool, journal, clock, arbiter });
  const outputs = new JobOutputs(join(home, "jobs"), {
    clock,
    log,
    limits: { streamBytes: 1024 * 1024, keepBytes: 16 * 1024 * 1024 },
  });
  const inventory = options.inventory ?? options.hosts.map(sp6);
  const services: Services = {
    config: { ...config, svn: { path: "" }, lock: { ...config.lock, ...options.lock } },
    clock,
    log,
    events,
    outputs,
    jobs: new JobTable({
      clock,
      events,
      outputs,
      journal: jobRecorder(journal),
      ...(options.jobs === undefined ? {} : { limits: options.jobs }),
    }),
    workspaces: new WorkspaceRegistry(clock, workspaceRecorder(journal)),
    lostLeases: new LostLeases(clock, lostLeaseRecorder(journal)),
    remembered: new RememberedCalls({ clock, journal: callRecorder(journal) }),
    namespaces: new Namespaces({ journal: namespaceRecorder(journal), inUse: () => false }),
    arbiter,
    ledger: hostLedger(journal),
    connector: pool,
    releaser: new Releaser({ arbiter, connector: pool, clock, log }),
    inventory: async () => ({ hosts: inventory, warnings: [] }),
    identity: { user: "me+mtuid", daemonId: "0123456789ab" },
    steps: {
      journal: stepRecorder(journal),
      outputs,
      clock,
      patienceMs: 60_000,
    },
    status: () => {
      throw new Error("not needed here");
    },
    stop: () => Promise.reject(new Error("not needed here")),
  };
  return {
    pool,
    services,
    clock,
    logged,
    journal,
    async nextLife({ before } = {}) {
      journal[Symbol.dispose]();
      before?.();
      const next = oneLife({ ...options, pool: pool.nextLife(), now: clock.now() });
      await recover(next.services, next.journal);
      return next;
    },
    async call<N extends OperationName>(
      name: N,
      params: Record<string, unknown> = {},
      { client = PERSON, signal = new AbortController().signal, key }: Parameters<Desk["call"]>[2] = {},
    ): Promise<ResultOf<N>> {
      const checked: unknown = operationsByName.get(name)?.params.parse(params);
      return (await dispatch(name, checked, { services, client, signal, key })) as ResultOf<N>;
    },
    template(incident, { testplatforms, hosts = [], products = ["SLES"] } = {}) {
      const rrid = `SUSE:Maintenance:${incident}:${incident}0`;
      const directory = join(home, rrid);
      mkdirSync(directory);
      const named = hosts.map((host) => `sles-x86_64 (reference host: ${host})\n`).join("");
      writeFileSync(join(directory, "log"), `SUMMARY: PASSED/FAILED\n${named}\ncomment: (none)\n`);
      writeFileSync(
        join(directory, "metadata.json"),
        JSON.stringify({
          rrid,
          category: "recommended",
          packages: { "15-SP6": ["frob = 2-1"] },
          testplatform: testplatforms ?? ["base=SLES(major=15,minor=SP6);arch=[x86_64]"],
          products: products.map((name) => `${name} 15-SP6 (x86_64)`),
          repository: "http://download.example.com/ibs/",
        }),
      );
      writeFileSync(join(directory, "project.xml"), project(incident, products));
      return rrid;
    },
    spoilReport: (rrid) => writeFileSync(join(home, rrid, "install_logs"), ""),
    [Symbol.dispose]() {
      journal[Symbol.dispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A row as `openDesk` makes it. */
export function sp6(name: string): RefHost {
  return {
    name,
    arch: "x86_64",
    product: { name: "SLES", version: { major: 15, minor: "SP6" } },
    addons: [],
  };
}

function project(incident: number, products: readonly string[]): string {
  const repositories = products.map(
    (name) => `<repository name="SUSE_Updates_${name}_15-SP6_x86_64">
    <releasetarget project="SUSE:Updates:SLE-Product-${name}:15-SP6:x86_64" repository="update" trigger="maintenance"/>
    <path project="SUSE:Updates:SLE-Product-${name}:15-SP6:x86_64" repository="update"/>
    <arch>x86_64</arch>
  </repository>`,
  );
  return `<project name="SUSE:Maintenance:${incident}" kind="maintenance_incident">
  ${repositories.join("\n  ")}
</project>\n`;
}
