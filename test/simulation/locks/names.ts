import { basename } from "node:path";
import {
  DEFAULT_PATHS,
  fencePath,
  guardPath,
  type LockKind,
  lockPath,
  temporaryPath,
} from "../../../packages/daemon/src/hosts/remote-paths.ts";

/** The names in the lock directory of the model; the product's own. */
export const GUARD = basename(guardPath(DEFAULT_PATHS));
export const FENCE = basename(fencePath(DEFAULT_PATHS));

export function lockName(kind: LockKind): string {
  return basename(lockPath(DEFAULT_PATHS, kind));
}

export function privateName(nonce: string): string {
  return basename(temporaryPath(DEFAULT_PATHS, nonce));
}

export const LOCK_NAMES: readonly string[] = [lockName("operation"), lockName("pool")];
