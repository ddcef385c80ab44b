import type { ErrorReport } from "@mtui/core/protocol";

/** One stream of a command: its head and tail, and how much was dropped between them. */
export interface Captured {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** All bytes that the command wrote. */
  readonly bytes: number;
  /** Bytes between head and tail that were not kept. */
  readonly dropped: number;
}

interface Ran {
  readonly stdout: Captured;
  readonly stderr: Captured;
  /** Wall time in milliseconds. */
  readonly ms: number;
}

/**
 * How a command on a host ended. "Failed", "not run" and "lost" are different answers, and only
 * `ok` and `failed` are statements of the host itself.
 */
export type CommandOutcome =
  | ({ readonly state: "ok"; readonly exit: 0 } & Ran)
  | ({ readonly state: "failed"; readonly exit: number; readonly signal?: string } & Ran)
  | ({
      readonly state: "timeout";
      readonly limit: "silence" | "total";
      readonly seconds: number;
      /** Is the remote process group proven gone? */
      readonly gone: boolean;
    } & Ran)
  | ({ readonly state: "cancelled"; readonly gone: boolean } & Ran)
  | ({ readonly state: "lost"; readonly error: ErrorReport } & Ran)
  | { readonly state: "unreachable"; readonly error: ErrorReport }
  | { readonly state: "notRun"; readonly error: ErrorReport };

export type HostState = CommandOutcome["state"] | "running";

/** The `reason` of an outcome `lost` that a cancel came to: nobody could be asked to end the command. */
export const NOT_ENDED = "not_ended";

/** Did a cancel come to nothing because the host could not be reached? Its command may be at work, under its lock. */
export function isNotEnded(error: ErrorReport | null): boolean {
  return error?.data?.["reason"] === NOT_ENDED;
}
