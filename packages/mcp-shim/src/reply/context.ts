import type { CommandTable } from "@mtui/core/protocol";

/** What a reply is made for. */
export interface ReplyContext {
  /** Name in the registry. */
  readonly operation: string;
  /** As they were sent to the daemon. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Bytes of the whole reply, text and structured content together. */
  readonly budget: number;
  /** Says how hints for the command line are said for tools; without it they stay as they are. */
  readonly table?: CommandTable;
  /** Texts that are secrets themselves, beyond those known by their form. @default those of the environment */
  readonly secrets?: readonly string[];
}

/** What is known although a call failed: a job that goes on, what it had done. */
export interface KnownState {
  readonly job?: string;
  readonly text: string;
}
