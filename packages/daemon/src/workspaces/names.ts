import type { Rrid } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";

/** Who asks, as `hello` said it. */
export interface ClientIdentity {
  readonly id: string;
  readonly kind: "terminal" | "agent" | "script";
  readonly name: string;
  readonly namespace: string | null;
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

/** People may change every workspace, an agent only its own namespace's. */
export function mayChange(name: string, client: ClientIdentity): boolean {
  return client.kind !== "agent" || client.namespace === null || name.startsWith(`${client.namespace}/`);
}

/** @throws MtuiError permission.denied */
export function assertMayChange(name: string, client: ClientIdentity): void {
  if (mayChange(name, client)) return;
  throw new MtuiError("permission.denied", `Workspace ${name} is not in the namespace ${client.namespace}.`, {
    hint: `Use a name without "/" or one that starts with "${client.namespace}/".`,
  });
}
