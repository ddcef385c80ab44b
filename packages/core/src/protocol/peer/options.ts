import type { Duplex } from "node:stream";
import type { Params } from "../framing/message.ts";
import type { WireLimits } from "../limits.ts";

/** A request of the other end, as its handler sees it. */
export interface PeerCall {
  readonly method: string;
  /** What the `params` hook made of them. */
  readonly params: unknown;
  /** The same request may come again under this key. */
  readonly idempotencyKey?: string;
  /** Aborts, with an `MtuiError` as reason, when the caller cancels or is gone. */
  readonly signal: AbortSignal;
  /** Tell the caller how far it is; at most four a second get through, the newest wins. */
  readonly progress: (value: unknown) => void;
}

/** How requests of the other end are served. The hooks throw `MtuiError` for what they refuse. */
export interface PeerService {
  /** Check parameters before the handler sees them, and fill in defaults. */
  params?: (method: string, params: Params) => unknown;
  handle: (call: PeerCall) => Promise<unknown>;
  /** Check what the handler returned before it leaves. */
  result?: (method: string, result: unknown) => unknown;
}

export interface PeerEvent {
  event: "refused" | "failed" | "cut" | "ended";
  message: string;
  method?: string;
  error?: unknown;
}

export interface PeerOptions {
  /** A connected socket; the peer owns it from here on. */
  stream: Duplex;
  /** Who is at the other end, in messages: `mtuid`, `the client`. */
  remote: string;
  /** Without it every request of the other end is `method.unknown`, and its garbage is fatal. */
  service?: PeerService;
  /** Check results of own calls; without it they are taken as they come. */
  reply?: (method: string, result: unknown) => unknown;
  limits?: Partial<WireLimits>;
  onEvent?: (event: PeerEvent) => void;
}

export interface CallOptions {
  /** Aborting rejects at once with `request.cancelled` and tells the other end. */
  signal?: AbortSignal;
  /** Milliseconds; then `request.timeout`, and the other end is told to cancel. Default: no limit. */
  timeoutMs?: number;
  onProgress?: (value: unknown) => void;
  /**
   * Names this request for good: sent again under the same key within ten minutes, also after a loss of
   * the connection or the daemon's death, it is not carried out again but answered as it was. 1 to 64
   * letters, digits, `_` and `-`. A daemon whose `hello.features` lack `idempotency` ignores it.
   */
  idempotencyKey?: string;
}
