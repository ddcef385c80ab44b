import type { Allowance, CallOptions, Params } from "../protocol/index.ts";

export interface ClientName {
  kind: "terminal" | "agent" | "script";
  name: string;
  /** Every MCP server has one; two agents' `default` desks are two. */
  namespace?: string | null;
  /** Of this process alone: it gets its own namespace back, and a second living one gets another. */
  instance?: string | null;
  /** What its person lets an agent do beyond its own namespace. */
  allow?: readonly Allowance[];
}

/** How to start `mtuid`; `--config FILE` is put after the arguments where the client has one. */
export interface Launcher {
  command: string;
  args: string[];
}

export interface ConnectOptions {
  client: ClientName;
  /** A configuration file that the daemon must be running with; default: `$MTUI_CONF`, else any. */
  config?: string | null;
  /** Default: `$MTUID`, else `mtuid` beside the running program; false: never start one. */
  autostart?: Launcher | false;
  /** One sentence for people: a daemon was started or replaced, versions differ. */
  onNotice?: (text: string) => void;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds. */
  limits?: Partial<ConnectLimits>;
}

export interface ConnectLimits {
  /** For a daemon that was started to answer `connect`. */
  startMs: number;
  /** For a daemon that accepted to answer `hello`. */
  helloMs: number;
  /** For an idle daemon of another version to go away. */
  stopMs: number;
}

export const CONNECT_LIMITS: ConnectLimits = { startMs: 15_000, helloMs: 10_000, stopMs: 15_000 };

/** What the daemon says of itself (`helloResult` in the registry). */
export interface HelloReply {
  protocol: number;
  version: string;
  build: string;
  pid: number;
  daemon_id: string;
  started_at: number;
  config: string[];
  active_jobs: number;
  workspaces: number;
  warning: string | null;
  /** The namespace that this client got; perhaps not quite the one that it asked for. */
  namespace: string | null;
  /** How much of a result an agent is to be shown, in bytes. */
  reply_bytes: number;
  /** `idempotency`, `heartbeat`: what the daemon can do beyond the first release. */
  features: readonly string[];
}

export interface DaemonClient extends AsyncDisposable {
  readonly hello: HelloReply;
  /** @throws MtuiError what the daemon answered, or `daemon.unreachable` when it is lost. */
  call(method: string, params: Params, options?: CallOptions): Promise<unknown>;
  /** Settles when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
}
