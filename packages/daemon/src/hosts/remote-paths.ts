/** Where things are on a host. Tests may move them; the protocol with other mtuis fixes the default of the files. */
export interface RemotePaths {
  readonly lockDir: string;
  readonly history: string;
  /** The program; "" is a host without one. */
  readonly perl: string;
}

export const DEFAULT_PATHS: RemotePaths = {
  lockDir: "/var/lock",
  history: "/var/log/mtui.log",
  perl: "perl",
};

export type LockKind = "operation" | "pool";

export function lockPath(paths: RemotePaths, kind: LockKind): string {
  return `${paths.lockDir}/${kind === "operation" ? "mtui.lock" : "mtui-pool.lock"}`;
}

/** Serialises every change of the two lock files among the programs that know it: ours. */
export function guardPath(paths: RemotePaths): string {
  return `${paths.lockDir}/mtui.guard`;
}

/** Held by the kernel for as long as a changing command runs. */
export function fencePath(paths: RemotePaths): string {
  return `${paths.lockDir}/mtui.fence`;
}

/** Our text before it is linked or renamed into place; nobody can guess the name. */
export function temporaryPath(paths: RemotePaths, nonce: string): string {
  return `${paths.lockDir}/.mtui-${nonce}`;
}
