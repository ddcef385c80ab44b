import type { Rrid } from "@mtui/core/domain";
import { type Allowance, MtuiError } from "@mtui/core/protocol";

/** Who asks, as `hello` said it. */
export interface ClientIdentity {
  readonly id: string;
  readonly kind: "terminal" | "agent" | "script";
  readonly name: string;
  /** The one that the daemon granted; every agent has one. */
  readonly namespace: string | null;
  /** What an agent's person lets it do beyond its namespace. */
  readonly allow?: readonly Allowance[] | undefined;
}

/** Does this client answer to nobody? An agent does what its person allowed. */
export function isPerson({ kind }: Pick<ClientIdentity, "kind">): boolean {
  return kind !== "agent";
}

export function allows(client: ClientIdentity, what: Allowance): boolean {
  return isPerson(client) || (client.allow ?? []).includes(what);
}

/** @returns whether the workspace is an agent's own; of people every one is. */
export function isOwn(name: string, client: ClientIdentity): boolean {
  if (isPerson(client)) return true;
  return client.namespace !== null && name.startsWith(`${client.namespace}/`);
}

/** Two agents' `default` are two desks: an agent's plain name lies in its own namespace. */
export function fullName(name: string, client: ClientIdentity): string {
  if (client.kind !== "agent" || client.namespace === null || name.includes("/")) return name;
  return `${client.namespace}/${name}`;
}

/** The desk of `validate`: the RRID with `-` for `:`. */
export function nameOfUpdate(rrid: Rrid, client: ClientIdentity): string {
  return fullName(rrid.text.replaceAll(":", "-"), client);
}

/** People may change every workspace, an agent only its own namespace's, unless its person allowed more. */
export function mayChange(name: string, client: ClientIdentity): boolean {
  return isOwn(name, client) || allows(client, "foreign");
}

/** What lets an agent do it. */
export function flagFor(what: Allowance): string {
  return `If its person wants that: start mtui-mcp with --allow ${what}.`;
}

/** @throws MtuiError permission.denied */
export function assertMayChange(name: string, client: ClientIdentity): void {
  if (mayChange(name, client)) return;
  throw new MtuiError("permission.denied", `Workspace ${name} is not in the namespace ${client.namespace}.`, {
    hint: `Use a name without "/" or one that starts with "${client.namespace}/". ${flagFor("foreign")}`,
    data: { workspace: name, namespace: client.namespace, allow: "foreign" },
  });
}
