import { readFileSync } from "node:fs";
import { join } from "node:path";
import { places } from "../config/paths.ts";
import { processFacts } from "./process-facts.ts";

/**
 * What a daemon tells about itself in the state directory. It is information for people and for
 * `daemon stop`; who owns the state is decided by the lock on `instance.db` alone.
 */
export interface Instance {
  pid: number;
  /** Start of the process in clock ticks since boot: with the pid it names one process for good. */
  start_ticks: number;
  daemon_id: string;
  version: string;
  build: string;
  socket: string;
  log: string;
  /** Milliseconds since the epoch. */
  started_at: number;
}

export function instancePath(env: NodeJS.ProcessEnv = process.env): string {
  return join(places(env).state, "mtuid.pid.json");
}

/** @returns null when there is none that can be read. */
export function readInstance(env: NodeJS.ProcessEnv = process.env): Instance | null {
  try {
    const value: unknown = JSON.parse(readFileSync(instancePath(env), "utf8"));
    return isInstance(value) ? value : null;
  } catch {
    return null;
  }
}

/** Is the process that wrote it still there, and no other with the same number? */
export function isAlive(instance: Pick<Instance, "pid" | "start_ticks">): boolean {
  return startTicks(instance.pid) === instance.start_ticks;
}

/** @returns null when there is no such process, or `/proc` does not say. */
export function startTicks(pid: number): number | null {
  return processFacts(pid)?.startTicks ?? null;
}

/** A sentence for error messages when a daemon lives that the socket does not lead to. */
export function describeInstance(env: NodeJS.ProcessEnv): string {
  const instance = readInstance(env);
  if (instance === null || !isAlive(instance)) return "";
  return ` (mtuid ${instance.version} runs as pid ${instance.pid}, listening on ${instance.socket}.)`;
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== "object" || value === null) return false;
  const it = value as Partial<Instance>;
  const texts = [it.daemon_id, it.version, it.build, it.socket, it.log];
  return (
    Number.isSafeInteger(it.pid) &&
    Number(it.pid) > 1 &&
    Number.isSafeInteger(it.start_ticks) &&
    typeof it.started_at === "number" &&
    texts.every((text) => typeof text === "string" && text.length < 4096)
  );
}
