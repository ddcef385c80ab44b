import { expect } from "vitest";
import type { ErrorReport } from "@mtui/core/protocol";
import type { HostResult, JobView } from "@mtui/core/registry";
import { type Lab, type LabHost, lockPath, waitUntil } from "../../lab/index.ts";
import type { TesterHome } from "../../support/home.ts";
import { Mtui19 } from "./mtui19.ts";
import { Mtui26 } from "./mtui26.ts";

/** The peers, by the name that a test's title has. */
export const PEERS = [
  ["mtui 19", Mtui19],
  ["mtui 26", Mtui26],
] as const;

/** The login name of our tester; peers of the same name are the hardest to keep apart. */
export const USER = "tester";

export const SP6 =
  "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";

export interface Reply {
  code: number;
  error?: ErrorReport;
  job: JobView;
  result: { hosts: HostResult[] };
}

/** A command with `--json`, and how it ended. */
export async function reply(home: TesterHome, ...words: string[]): Promise<Reply> {
  const [name = "", ...rest] = words;
  const { code, stdout, stderr } = await home.ctl(name, "--json", ...rest);
  try {
    return { code, ...(JSON.parse(stdout) as Omit<Reply, "code">) };
  } catch {
    throw new Error(`mtuictl ${words.join(" ")}: exit ${code}, no JSON\n${stdout}\n${stderr}`);
  }
}

export async function must(home: TesterHome, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.ctl(...words);
  if (code !== 0) throw new Error(`mtuictl ${words.join(" ")}: exit ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Both files as they are, null for none. */
export async function bothFiles(host: LabHost): Promise<{ operation: string | null; pool: string | null }> {
  const [operation, pool] = await Promise.all([
    host.readFile(lockPath("operation")),
    host.readFile(lockPath("pool")),
  ]);
  return { operation, pool };
}

/** How often a changing command of ours has reached for the fence of this host. */
export function fenceOpened(host: LabHost): number {
  return host.observed().filter(({ event, path }) => event === "OPEN" && path === "/run/lock/mtui.fence")
    .length;
}

/** The daemon knows of no claim on the host, and no file of ours is there. */
export async function assertGivenUp(home: TesterHome, host: LabHost): Promise<void> {
  const { claims } = await home.json<{ claims: { host: string }[] }>("queue");
  expect(claims.map((claim) => claim.host)).not.toContain(host.name);
  const { operation, pool } = await bothFiles(host);
  expect([operation ?? "", pool ?? ""].filter((bytes) => bytes.includes("+mtuid"))).toEqual([]);
}

/** Ends every workspace and removes whatever is left: no test depends on the one before it. */
export async function cleanUp(home: TesterHome, lab: Lab): Promise<void> {
  const { workspaces } = await home.json<{ workspaces: { workspace: string }[] }>("list-workspaces");
  for (const { workspace } of workspaces) await home.ctl("close-workspace", workspace, "--force");
  for (const host of lab.hosts) {
    await waitUntil(
      async () =>
        !(await home.json<{ claims: { host: string }[] }>("queue")).claims.some(
          (claim) => claim.host === host.name,
        ),
      { for: `${host.name} to be nobody's` },
    );
    await host.must("rm -rf /var/lock/mtui.lock /var/lock/mtui-pool.lock /root/ran /tmp/here /tmp/go");
    await host.must("rm -f /etc/zypp/repos.d/issue-*");
  }
}
