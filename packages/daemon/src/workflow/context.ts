import { requiredPackages, type Rrid, type TestReport, type UpdateRepository } from "@mtui/core/domain";
import type { HostState } from "../hosts/outcome.ts";
import type { CommandLimits, HeldLock, HostSession } from "../hosts/session.ts";
import type { Clock } from "@mtui/core/clock";

/** One host with what this update means for it. */
export interface WorkflowHost {
  readonly session: HostSession;
  /** Package name to the version that it must reach: the report's list for the host's product version. */
  readonly required: Readonly<Record<string, string>>;
  /** The update's repositories for the products of this host. */
  readonly repositories: readonly UpdateRepository[];
}

/** One command in a host's log: evidence, and what install logs are made of. */
export interface CommandEntry {
  readonly step: string;
  readonly command: string;
  readonly state: HostState;
  /** null: the host gave no exit status. */
  readonly exit: number | null;
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes of output that were not kept. */
  readonly dropped: number;
  /** Start, in milliseconds since the epoch. */
  readonly at: number;
}

export interface HostProgress {
  readonly step: string;
  readonly state: HostState;
  readonly exit?: number;
  readonly message?: string;
}

export interface WorkflowContext {
  readonly report: TestReport | null;
  readonly rrid: Rrid | null;
  /** Full name, as it stands in lock comments. */
  readonly workspace: string;
  /** Cancels what has not started and ends what runs; a roll-back and clean-up in progress go on. */
  readonly signal: AbortSignal;
  /** Of the work on one host, where hosts hear of the cancel one by one. @default `signal` */
  readonly signalOn?: (host: string) => AbortSignal;
  readonly limits?: Partial<CommandLimits>;
  /** Seconds of silence that were set for one host; undefined: those of `limits`. */
  readonly silenceOn?: (host: string) => number | undefined;
  /** Hosts at once. @default 64 */
  readonly fanout?: number;
  readonly clock: Clock;
  /** How long to wait for operation locks of others, in seconds. @default 0, fail at once */
  readonly waitForLock?: { readonly seconds: number; readonly pollSeconds?: number };
  /** Nothing runs anywhere while the locks of others are waited for; `false` when it goes on. */
  readonly waiting?: (now: boolean) => void;
  /** For the log of the daemon: waiting begins, or was in vain. */
  readonly warn?: (text: string) => void;
  /** All locks are there: from now on hosts are changed. @throws what keeps that from being written down */
  readonly begin?: () => void;
  /** How long a host may take to come back from a reboot, in seconds. @default 900 */
  readonly rebootBudget?: number;
  readonly progress?: (host: string, progress: HostProgress) => void;
  readonly output?: (host: string, stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Receives every finished command, in the order of the host. */
  readonly record?: (host: string, entry: CommandEntry) => void;
  /** The operation lock that a person of this workspace holds: used, and left in place. */
  readonly heldByHand?: (host: string) => HeldLock | undefined;
  /** For the jitter of waiting. @default Math.random */
  readonly random?: () => number;
}

/** What a host tracks of a report: packages by its product version, repositories by its products. */
export function workflowHost(session: HostSession, report: TestReport | null): WorkflowHost {
  if (report === null) return { session, required: {}, repositories: [] };
  const { base, addons } = session.facts;
  const products = [base, ...addons];
  return {
    session,
    required: requiredPackages(report, base.version),
    repositories: report.repositories.filter(({ product }) =>
      products.some(
        ({ name, version, arch }) =>
          name === product.name && version === product.version && arch === product.arch,
      ),
    ),
  };
}
