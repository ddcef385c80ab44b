import { resolve } from "node:path";
import { nearest } from "@mtui/core/client";
import { type Allowance, ALLOWANCES } from "@mtui/core/protocol";
import { isProfile, PROFILES, type Profile } from "../tools/index.ts";
import { isNamespace } from "./namespace.ts";
import { readFlags } from "./read-flags.ts";
import { UsageError } from "./usage-error.ts";

export interface Options {
  readonly profile: Profile;
  /** Null: one of the client and the directory. */
  readonly namespace: string | null;
  /** What the daemon lets this agent do beyond its namespace. */
  readonly allow: readonly Allowance[];
  /** Tools on top of the profile's. */
  readonly add: readonly string[];
  /** Tools that are not there, whatever the profile and `add` say. */
  readonly deny: readonly string[];
  /** Null: what `MTUI_CONF` says, which the daemon's client reads itself. */
  readonly config: string | null;
  /** Ask the person behind the client before what cannot be taken back. */
  readonly confirm: boolean;
}

export type Wanted =
  | { readonly show: "help" | "version" }
  | { readonly show: null; readonly options: Options };

/**
 * The command line and the variables that say the same.
 * @param tools the names of all tools that there are
 * @throws UsageError
 */
export function parseOptions(
  argv: readonly string[],
  { env, tools }: { env: NodeJS.ProcessEnv; tools: readonly string[] },
): Wanted {
  const { values, confirm, help, version } = readFlags(argv);
  if (help) return { show: "help" };
  if (version) return { show: "version" };
  const last = (flag: "--namespace" | "--profile", name: string): string | null =>
    values.get(flag)?.at(-1) ?? (env[name] || null);
  const list = (flag: "--allow" | "--deny", name: string): string[] =>
    words(values.get(flag) ?? [env[name] ?? ""]);

  const allowed = list("--allow", "MTUI_MCP_ALLOW");
  const known = [...ALLOWANCES, ...tools];
  for (const name of allowed) assertKnown(name, { known, flag: "--allow" });
  const deny = list("--deny", "MTUI_MCP_DENY");
  for (const name of deny) assertKnown(name, { known: tools, flag: "--deny" });
  const config = values.get("--config")?.at(-1) ?? null;
  return {
    show: null,
    options: {
      profile: profileOf(last("--profile", "MTUI_MCP_PROFILE")),
      namespace: namespaceOf(last("--namespace", "MTUI_NAMESPACE")),
      allow: ALLOWANCES.filter((name) => allowed.includes(name)),
      add: allowed.filter((name) => tools.includes(name)),
      deny,
      config: config === null ? null : resolve(config),
      confirm: confirm || isOn(env["MTUI_MCP_CONFIRM"]),
    },
  };
}

function isOn(value = ""): boolean {
  if (["1", "true", "yes"].includes(value)) return true;
  if (["", "0", "false", "no"].includes(value)) return false;
  throw new UsageError(
    `MTUI_MCP_CONFIRM: ${JSON.stringify(value.slice(0, 80))} is neither yes nor no.`,
    "MTUI_MCP_CONFIRM=1",
  );
}

function words(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(/[\s,]+/)).filter((word) => word !== "");
}

function assertKnown(name: string, { known, flag }: { known: readonly string[]; flag: string }): void {
  if (known.includes(name)) return;
  const guess = nearest(name, known);
  const what =
    flag === "--allow" ? "takes takeover, unlock_force, foreign and names of tools" : "takes names of tools";
  throw new UsageError(
    `${flag}: there is no ${JSON.stringify(name.slice(0, 80))}.`,
    guess === null ? `It ${what}; docs/mcp.md lists them.` : `Did you mean ${guess}?`,
  );
}

function profileOf(name: string | null): Profile {
  if (name === null) return "full";
  if (isProfile(name)) return name;
  const guess = nearest(name, PROFILES);
  const hint = guess === null ? `There are ${PROFILES.join(", ")}.` : `Did you mean ${guess}?`;
  throw new UsageError(`--profile: there is no ${JSON.stringify(name.slice(0, 80))}.`, hint);
}

function namespaceOf(name: string | null): string | null {
  if (name === null || isNamespace(name)) return name;
  throw new UsageError(
    `--namespace: ${JSON.stringify(name.slice(0, 80))} is no name.`,
    "Letters, digits, '.', '_' and '-', the first a letter or a digit, at most 48: --namespace reviewer",
  );
}
