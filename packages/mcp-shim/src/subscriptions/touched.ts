import type { DaemonEvent } from "@mtui/core/registry";
import type { Place } from "../resources/index.ts";

/** What of the daemon's events may have changed what a resource shows. */
const TYPES: Record<Place["kind"] | "list", readonly string[]> = {
  queue: ["claim.*", "ticket.*", "host.*", "lock.*", "lease.*", "workspace.closed", "job.ticket"],
  output: ["job.*"],
  log: ["job.host", "job.state"],
  report: ["job.state", "workspace.closed", "report.written"],
  list: ["job.state", "claim.granted", "claim.released", "claim.lost", "workspace.closed"],
};

const WRITTEN = "report.written";
/** What a report's own resource shows. */
const MAIN_FILE = "log";

/** What has to be known beside an event to see what it is about. */
export interface Knowledge {
  /** Of this server; null before the daemon has said it. */
  readonly namespace: string | null;
  /** Is or was the report loaded in that workspace, as far as is known? */
  isIn(rrid: string, workspace: string): boolean;
}

/** The types that `list_events` has to be asked for. */
export function typesFor(kinds: Iterable<keyof typeof TYPES>): string[] {
  return [...new Set([...kinds].flatMap((kind) => TYPES[kind]))];
}

export function touches(event: DaemonEvent, place: Place, knowledge: Knowledge): boolean {
  if (!isOf(event, place.kind)) return false;
  const { workspace } = event;
  switch (place.kind) {
    case "queue":
      // It shows an agent its own, and hosts in trouble, which are nobody's.
      return workspace === undefined || isOwn(workspace, knowledge);
    case "output":
      return event.job === place.job;
    case "log":
      return event.host === place.host && workspace !== undefined && isNamed(workspace, place, knowledge);
    case "report":
      if (event.type === WRITTEN) return isWritten(event, place);
      return workspace !== undefined && knowledge.isIn(place.rrid, workspace);
  }
}

/** May there be another list of resources now? */
export function touchesList(event: DaemonEvent, knowledge: Knowledge): boolean {
  if (!isOf(event, "list") || event.workspace === undefined) return false;
  // A job says its command once, when it begins.
  const begins = event.type !== "job.state" || event.data?.["command"] !== undefined;
  return begins && isOwn(event.workspace, knowledge);
}

/** Of a report that is loaded in several workspaces there is one file, whichever of them wrote it. */
function isWritten({ data }: DaemonEvent, { rrid, path }: Extract<Place, { kind: "report" }>): boolean {
  const file = data?.["path"];
  return data?.["rrid"] === rrid && (file === undefined || file === (path ?? MAIN_FILE));
}

function isOf({ type }: DaemonEvent, kind: keyof typeof TYPES): boolean {
  return TYPES[kind].some((each) =>
    each.endsWith(".*") ? type.startsWith(each.slice(0, -1)) : type === each,
  );
}

function isOwn(workspace: string, { namespace }: Knowledge): boolean {
  return namespace === null || workspace.startsWith(`${namespace}/`);
}

/** A plain name lies in the own namespace. */
function isNamed(workspace: string, place: { workspace: string }, { namespace }: Knowledge): boolean {
  return workspace === place.workspace || workspace === `${namespace}/${place.workspace}`;
}
