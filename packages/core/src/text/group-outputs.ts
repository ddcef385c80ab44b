import type { HostResult } from "../protocol/registry/shapes.ts";

/** Hosts whose commands ended in the same way with the same output. */
export interface OutputGroup {
  readonly hosts: readonly string[];
  readonly state: string;
  readonly exit: number | null;
  readonly sample: HostResult;
}

/** Groups with a failure first, then the larger ones; hosts keep the order of the result. */
export function groupOutputs(hosts: readonly HostResult[]): OutputGroup[] {
  const groups = new Map<string, HostResult[]>();
  for (const host of hosts) {
    const key = JSON.stringify([
      host.state,
      host.exit,
      host.error === null ? null : [host.error.kind, host.error.message],
      host.warnings,
      host.commands.map(({ command, state, exit, stdout, stderr, dropped }) => [
        command,
        state,
        exit,
        stdout,
        stderr,
        dropped,
      ]),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), host]);
  }
  return [...groups.values()]
    .flatMap((members): OutputGroup[] => {
      const [sample] = members;
      if (sample === undefined) return [];
      return [{ hosts: members.map((host) => host.host), state: sample.state, exit: sample.exit, sample }];
    })
    .sort((a, b) => Number(a.state === "ok") - Number(b.state === "ok") || b.hosts.length - a.hosts.length);
}
