import { BUILD, VERSION } from "../protocol/version.ts";
import type { HelloReply } from "./options.ts";

/** How the running daemon compares with this program. */
export type Skew = "same" | "older" | "newer" | "other-build";

export interface Release {
  version: string;
  build: string;
}

/** Builds called `source` are under development: they are never told apart by their build. */
export function skewOf(daemon: Release, ours: Release = { version: VERSION, build: BUILD }): Skew {
  const order = compareReleases(daemon.version, ours.version);
  if (order !== 0) return order < 0 ? "older" : "newer";
  const comparable = daemon.build !== "source" && ours.build !== "source";
  return comparable && daemon.build !== ours.build ? "other-build" : "same";
}

/** Only a program that is at least as new replaces a daemon: two versions must not replace each other for ever. */
export function shouldReplace(hello: HelloReply, ours?: Release): boolean {
  const skew = skewOf(hello, ours);
  return (skew === "older" || skew === "other-build") && hello.active_jobs === 0 && hello.workspaces === 0;
}

function compareReleases(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbers(version: string): number[] {
  return (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
}
