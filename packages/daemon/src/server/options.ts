import type { WireLimits } from "@mtui/core/protocol";
import type { OperationSpec, ParamsOf, ResultOf } from "@mtui/core/registry";
import type { Log } from "../log/index.ts";

export type HelloParams = ParamsOf<"hello">;
export type HelloResult = ResultOf<"hello">;

/** Who asks, as it introduced itself; the socket's directory proves that it is the same user. */
export interface ClientIdentity {
  /** Of the connection: `c1`, `c2`, ... */
  readonly id: string;
  readonly kind: HelloParams["client"]["kind"];
  readonly name: string;
  /** The one that it was granted, see `hello`. */
  readonly namespace: string | null;
  readonly allow: HelloParams["client"]["allow"];
  readonly pid: number;
}

export interface IncomingCall {
  /** The operation's name in the registry. */
  readonly name: string;
  /** Checked by the operation's schema, defaults filled in. */
  readonly params: Record<string, unknown>;
  readonly client: ClientIdentity;
  /** Aborts when the client cancelled the call or is gone. Jobs do not listen to it. */
  readonly signal: AbortSignal;
  readonly progress: (value: unknown) => void;
  /** The same request may come again under this key. */
  readonly idempotencyKey?: string;
}

export interface ServeOptions {
  /** The socket to make; or `fd`, one that systemd made. */
  path?: string;
  fd?: number;
  operations: ReadonlyMap<string, OperationSpec>;
  /** Answers `hello`, and with it grants the namespace; what it throws refuses the client. */
  hello: (params: HelloParams, client: ClientIdentity) => Promise<HelloResult>;
  handle: (call: IncomingCall) => Promise<unknown>;
  /** After `hello`, and when that client is gone. */
  onClient?: (client: ClientIdentity, params: HelloParams) => void;
  onClientGone?: (client: ClientIdentity) => void;
  limits?: Partial<WireLimits>;
  log?: Log;
}

export interface DaemonServer extends AsyncDisposable {
  /** Where it listens; null for a socket of systemd's. */
  readonly path: string | null;
  readonly clients: readonly ClientIdentity[];
  /** Refuse new calls with `daemon.stopping`; those in flight go on, so does the answer to `daemon_stop`. */
  drain(): void;
  /**
   * Take no more connections, give calls in flight `graceMs` (default 2 s) to be answered, hang up,
   * and remove the socket if it is still ours.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}
