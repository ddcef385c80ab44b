import type { OperationEntry, ScalarSchema } from "@mtui/core/protocol";

/** Options of the client itself; they never reach the daemon as parameters. */
export interface Flags {
  readonly json: boolean;
  /** Another configuration file for the daemon; made absolute later. */
  readonly config: string | undefined;
  readonly progress: "auto" | "live" | "plain" | "none";
  readonly onInterrupt: "ask" | "detach" | "cancel" | undefined;
  readonly diff: boolean;
  readonly verbose: boolean;
  /** Go on with what changes from now on. */
  readonly watch: boolean;
}

interface FlagSpec {
  readonly short?: string;
  readonly schema: ScalarSchema;
  readonly applies: (entry: OperationEntry) => boolean;
}

const always = (): boolean => true;
const slow = (entry: OperationEntry): boolean => entry.slow;
const following = (entry: OperationEntry): boolean => entry.slow || entry.name === "job_follow";
const ofName =
  (...names: string[]) =>
  (entry: OperationEntry): boolean =>
    names.includes(entry.name);

export const FLAGS: Readonly<Record<string, FlagSpec>> = {
  json: {
    applies: always,
    schema: { type: "boolean", default: false, description: "data as JSON on standard output" },
  },
  config: {
    applies: always,
    schema: { type: "string", description: "configuration file; it must be the one that mtuid runs with" },
  },
  progress: {
    applies: following,
    schema: {
      type: "string",
      enum: ["auto", "live", "plain", "none"],
      default: "auto",
      description:
        "how to show what is going on (standard error); auto: live on a terminal, else plain lines",
    },
  },
  on_interrupt: {
    applies: slow,
    schema: {
      type: "string",
      enum: ["ask", "detach", "cancel"],
      description: "what Ctrl-C does to the jobs; default: ask on a terminal, else detach",
    },
  },
  watch: {
    applies: ofName("list_queue"),
    schema: { type: "boolean", default: false, description: "stay and show each change, until Ctrl-C" },
  },
  follow: {
    short: "f",
    applies: ofName("list_events"),
    schema: { type: "boolean", default: false, description: "go on with what happens, until Ctrl-C" },
  },
  diff: {
    applies: ofName("run", "job_result"),
    schema: {
      type: "boolean",
      default: false,
      description: "show only where hosts differ from the majority",
    },
  },
  verbose: {
    short: "v",
    applies: ofName(
      "list_refhosts",
      "run",
      "prepare",
      "update",
      "downgrade",
      "install",
      "uninstall",
      "set_repo",
      "reboot",
      "job_result",
    ),
    schema: {
      type: "boolean",
      default: false,
      description: "say more: addons of refhosts, every command with its output",
    },
  },
};

export function flagsOf(values: Readonly<Record<string, unknown>>): Flags {
  return {
    json: values.json === true,
    config: typeof values.config === "string" ? values.config : undefined,
    progress: oneOf(values.progress, ["auto", "live", "plain", "none"] as const) ?? "auto",
    onInterrupt: oneOf(values.on_interrupt, ["ask", "detach", "cancel"] as const),
    diff: values.diff === true,
    verbose: values.verbose === true,
    watch: values.watch === true || values.follow === true,
  };
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value);
}
