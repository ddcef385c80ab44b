/**
 * Every failure of the product is one `MtuiError` with a kind from this table. The kind is the
 * contract: it never changes its meaning, while messages may be reworded. The table gives the
 * JSON-RPC code on the wire and the exit code of `mtuictl` (see docs/formats/errors.md).
 */
export const ERROR_KINDS = {
  "protocol.parse": { code: -32700, exit: 5 },
  "protocol.invalid": { code: -32600, exit: 5 },
  "protocol.limit": { code: -32001, exit: 5 },
  "method.unknown": { code: -32601, exit: 2 },
  "params.invalid": { code: -32602, exit: 2 },
  internal: { code: -32603, exit: 1 },
  "request.cancelled": { code: -32800, exit: 130 },
  "request.timeout": { code: -32010, exit: 4 },

  "config.invalid": { code: -32020, exit: 2 },
  "config.mismatch": { code: -32021, exit: 2 },

  "rrid.invalid": { code: -32030, exit: 2 },
  "template.notFound": { code: -32031, exit: 3 },
  "template.invalid": { code: -32032, exit: 1 },
  "template.unsafe": { code: -32033, exit: 1 },
  "report.changed": { code: -32034, exit: 1 },
  "report.io": { code: -32035, exit: 1 },

  "inventory.unavailable": { code: -32040, exit: 1 },
  "inventory.invalid": { code: -32041, exit: 1 },
  "pool.unsatisfiable": { code: -32042, exit: 3 },

  "workspace.name": { code: -32050, exit: 2 },
  "workspace.unknown": { code: -32051, exit: 3 },
  "workspace.busy": { code: -32052, exit: 4 },
  "workspace.occupied": { code: -32053, exit: 1 },
  "workspace.empty": { code: -32054, exit: 1 },
  "workspace.closed": { code: -32055, exit: 1 },
  "lease.lost": { code: -32056, exit: 1 },
  "permission.denied": { code: -32057, exit: 1 },

  "host.unknown": { code: -32060, exit: 3 },
  "host.none": { code: -32061, exit: 3 },
  "host.busy": { code: -32062, exit: 4 },
  "host.unreachable": { code: -32063, exit: 1 },
  "host.auth": { code: -32064, exit: 1 },
  "host.key": { code: -32065, exit: 1 },
  "host.unsupported": { code: -32066, exit: 1 },
  "host.dirty": { code: -32067, exit: 1 },
  "host.lost": { code: -32068, exit: 1 },
  "claim.lost": { code: -32069, exit: 1 },

  "lock.foreign": { code: -32070, exit: 4 },
  "lock.lost": { code: -32071, exit: 1 },
  "lock.io": { code: -32072, exit: 1 },
  "wait.timeout": { code: -32073, exit: 4 },
  deadlock: { code: -32074, exit: 4 },

  "job.unknown": { code: -32080, exit: 3 },
  "job.running": { code: -32081, exit: 4 },
  "job.finished": { code: -32082, exit: 1 },
  "job.limit": { code: -32083, exit: 4 },
  "job.cancelled": { code: -32084, exit: 1 },
  "job.lost": { code: -32085, exit: 1 },

  "operation.failed": { code: -32090, exit: 1 },
  "outcome.unknown": { code: -32091, exit: 1 },
  "file.notFound": { code: -32110, exit: 3 },
  "file.unsafe": { code: -32111, exit: 1 },
  "file.tooLarge": { code: -32112, exit: 1 },

  "daemon.unreachable": { code: -32100, exit: 5 },
  "daemon.version": { code: -32101, exit: 5 },
  "daemon.stopping": { code: -32102, exit: 5 },
  "state.io": { code: -32103, exit: 1 },
} as const;

export type ErrorKind = keyof typeof ERROR_KINDS;

export interface MtuiErrorOptions {
  /** What the reader should type or do next; one sentence. */
  hint?: string;
  /** Structured facts for machines; must be JSON. Never secrets. */
  data?: Record<string, unknown>;
  /** May the same request succeed when it is simply repeated? */
  retryable?: boolean;
  cause?: unknown;
}

/** What a failure looks like in results, events and on the wire. */
export interface ErrorReport {
  kind: ErrorKind;
  message: string;
  hint?: string | undefined;
  retryable: boolean;
  data?: Record<string, unknown> | undefined;
}

export class MtuiError extends Error {
  override readonly name = "MtuiError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly data: Record<string, unknown> | undefined;
  readonly retryable: boolean;

  constructor(kind: ErrorKind, message: string, options: MtuiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.data = options.data;
    this.retryable = options.retryable ?? false;
  }

  get code(): number {
    return ERROR_KINDS[this.kind].code;
  }

  get exitCode(): number {
    return ERROR_KINDS[this.kind].exit;
  }

  toReport(): ErrorReport {
    return {
      kind: this.kind,
      message: this.message,
      retryable: this.retryable,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.data === undefined ? {} : { data: this.data }),
    };
  }
}

export function isErrorKind(text: unknown): text is ErrorKind {
  return typeof text === "string" && Object.hasOwn(ERROR_KINDS, text);
}

/** An unknown throw becomes `internal`, once, at the edge; its text stays available as `cause`. */
export function toMtuiError(thrown: unknown): MtuiError {
  if (thrown instanceof MtuiError) return thrown;
  if (thrown instanceof Error && thrown.name === "AbortError") {
    return new MtuiError("request.cancelled", "The request was cancelled.", { cause: thrown });
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new MtuiError("internal", `Unexpected error: ${text}`, {
    cause: thrown,
    hint: "This is a fault of mtuid; its log has the details: mtuictl daemon logs",
  });
}

/** The reverse of `toReport`, for clients. */
export function fromReport(report: ErrorReport): MtuiError {
  const kind = isErrorKind(report.kind) ? report.kind : "internal";
  return new MtuiError(kind, report.message, {
    retryable: report.retryable,
    ...(report.hint === undefined ? {} : { hint: report.hint }),
    ...(report.data === undefined ? {} : { data: report.data }),
  });
}
