import { type Allowance, MtuiError } from "@mtui/core/protocol";
import { type OperationName, operationsByName, type ParamsOf } from "@mtui/core/registry";
import { allows, assertMayChange, flagFor, fullName, isPerson } from "../workspaces/names.ts";
import type { Call } from "./context.ts";

/**
 * What an agent may do (docs/decisions/agents.md). It reads everything and changes its own namespace; what goes
 * beyond has to be allowed by its person. People may do everything. All of it is decided here, by what the
 * registry says of the operation, before any handler is asked: an operation that acts on the daemon as a whole
 * and is not listed here is refused to agents.
 * @throws MtuiError permission.denied
 */
export function assertAllowed(name: string, params: unknown, call: Call): void {
  const operation = operationsByName.get(name);
  if (operation === undefined || isPerson(call.client)) return;
  BEYOND[operation.name]?.(params, call);
  if (operation.effect === "read") return;
  if (operation.scope === "workspace") {
    assertMayChange(fullName((params as { workspace: string }).workspace, call.client), call.client);
  } else if (!DAEMON_WIDE.has(operation.name)) {
    throw denied(`An agent may not call ${name}.`, {
      hint: `A person may: mtuictl ${name}`,
      operation: operation.name,
    });
  }
}

/** Operations of the whole daemon that change something, and are not refused to agents for that. */
const DAEMON_WIDE: ReadonlySet<OperationName> = new Set<OperationName>([
  "heartbeat",
  // Their desks lie in the agent's own namespace.
  "validate",
  "unload",
  "job_cancel",
  "daemon_stop",
]);

type Check = (params: unknown, call: Call) => void;

const BEYOND: { readonly [N in OperationName]?: Check } = {
  job_cancel: (params, { services, client }) => {
    const { job_id: first, others } = params as ParamsOf<"job_cancel">;
    // All or none: a job that is somebody else's is told before anything has happened.
    for (const id of [first, ...others]) assertMayChange(services.jobs.get(id).request.workspace, client);
  },
  takeover: (_params, call) => assertAllowance("takeover", "Taking a host from another workspace", call),
  unlock: (params, call) => {
    if ((params as ParamsOf<"unlock">).force)
      assertAllowance("unlock_force", "Removing a lock whoever it belongs to", call);
  },
  daemon_stop: (params) => {
    if ((params as ParamsOf<"daemon_stop">).if_idle) return;
    throw denied("An agent may stop the daemon only when it is idle.", {
      hint: "Ask with if_idle, or let a person do it: mtuictl daemon stop",
      operation: "daemon_stop",
    });
  },
};

function assertAllowance(what: Allowance, doing: string, { client }: Call): void {
  if (allows(client, what)) return;
  throw denied(`${doing} is not allowed to this agent.`, { hint: flagFor(what), allow: what });
}

function denied(
  message: string,
  { hint, ...data }: { hint: string; operation?: OperationName; allow?: Allowance },
): MtuiError {
  return new MtuiError("permission.denied", message, { hint, data });
}
