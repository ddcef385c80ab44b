/** One machine as ssh_config resolves it: everything that is needed to connect. */
export interface SshTarget {
  /** The name that was asked for, without the port. */
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** `HostName:port` in lower case: two names of one machine have one key. */
  readonly key: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** `IdentityAgent`: a socket path, `none`, or null where it is not set. */
  readonly identityAgent: string | null;
  /** Nearest to us first. */
  readonly jumps: readonly string[];
  readonly knownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hostKeyAlias: string | null;
  readonly strictHostKeyChecking: "yes" | "accept-new" | "ask" | "no";
  /** Seconds, or null where it is not set. */
  readonly connectTimeout: number | null;
}

/** What a person types to try the same connection by hand. */
export function sshCommandLine(target: { name: string; port: number; user: string }): string {
  const port = target.port === 22 ? "" : `-p ${target.port} `;
  return `ssh ${port}${target.user}@${target.name}`;
}
