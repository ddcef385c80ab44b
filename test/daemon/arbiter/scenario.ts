import type { HostFault, RequestFields } from "../../../packages/daemon/src/arbiter/events.ts";
import type { ArbiterConfig } from "../../../packages/daemon/src/arbiter/state.ts";
import { FOREVER, request } from "./machine.ts";

/** The slots of a request, each by the hosts that it may have. */
export type Shape = readonly (readonly string[])[];

/** A small world: who may ask for what, and what may go wrong. */
export interface Scenario {
  /** What each workspace may ask for; it asks again and again, also while it holds hosts. */
  readonly shapes: Readonly<Record<string, readonly Shape[]>>;
  /** By workspace; without one each has its own queue of turns. Default: the first two share one. */
  readonly namespaces?: Readonly<Record<string, string>>;
  readonly overtakes: number;
  /** What an attempt may find, on any of its hosts. */
  readonly faults: readonly HostFault[];
  /** The hosts on which attempts may find something; default all. */
  readonly troubled?: readonly string[];
  /** Workspaces that take what there is. */
  readonly partial?: readonly string[];
  /** Milliseconds, by workspace; default: for ever. A wait that is neither 0 nor for ever may end at any moment. */
  readonly patience?: Readonly<Record<string, number>>;
  readonly takeovers?: boolean;
  /**
   * May the lock file of a claim fail to go away? `at the end`: an attempt that fails says so in one go;
   * `at any time`: anything may come between the two, even a release.
   */
  readonly leftovers?: "at the end" | "at any time";
  /** The hosts of which a person or a probe may say that they are well or not. */
  readonly health?: readonly string[];
  /** May the daemon die and start again? */
  readonly restarts?: boolean;
  /** May other events come between a moment and the alarm that was set for it? */
  readonly lateAlarm?: boolean;
  /** How many requests one workspace may have at once; default 1. */
  readonly ticketsEach?: number;
}

/** One of the requests that the scenario allows; its number travels as the request's RRID. */
export interface Ask {
  readonly workspace: string;
  readonly request: RequestFields;
}

/** A scenario with everything in it numbered. */
export interface World {
  readonly scenario: Scenario;
  readonly config: ArbiterConfig;
  readonly workspaces: readonly string[];
  readonly hosts: readonly string[];
  readonly namespaces: readonly string[];
  readonly asks: readonly Ask[];
  readonly ticketsEach: number;
  /** How many tickets a namespace may have at once. */
  readonly roomOf: (namespace: string) => number;
}

export function worldOf(scenario: Scenario): World {
  const workspaces = Object.keys(scenario.shapes);
  const ticketsEach = scenario.ticketsEach ?? 1;
  const namespaceOf = (workspace: string) =>
    scenario.namespaces?.[workspace] ?? (workspaces.indexOf(workspace) < 2 ? "x" : "y");
  const asks: Ask[] = [];
  for (const workspace of workspaces) {
    const wait = scenario.patience?.[workspace] ?? FOREVER;
    for (const shape of scenario.shapes[workspace] ?? []) {
      const fields = {
        namespace: namespaceOf(workspace),
        rrid: String(asks.length),
        wait: { own: wait, foreign: wait },
        partial: scenario.partial?.includes(workspace) ?? false,
      };
      asks.push({ workspace, request: request(workspace, shape, fields) });
    }
  }
  return {
    scenario,
    config: { pollMs: 10, overtakes: scenario.overtakes },
    workspaces,
    hosts: [...new Set(Object.values(scenario.shapes).flat(3))].sort(),
    namespaces: [...new Set(workspaces.map(namespaceOf))],
    asks,
    ticketsEach,
    roomOf: (namespace) => ticketsEach * workspaces.filter((name) => namespaceOf(name) === namespace).length,
  };
}
