import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
}

/** What the suite says about one scenario: its checks, of which the same may be made several times. */
export type Checks = readonly Check[];

const require = createRequire(import.meta.url);

/** The suite's program; its package offers no code to call. */
const SUITE = join(
  dirname(require.resolve("@modelcontextprotocol/conformance/package.json")),
  "dist/index.js",
);

/**
 * Runs every scenario for servers that the suite has for a protocol revision.
 *
 * @param options.folder where the suite leaves its results: a new one for every run
 * @throws Error what the suite said, when it has no results
 */
export async function runSuite(
  url: string,
  { revision, folder }: { revision: string; folder: string },
): Promise<Map<string, Checks>> {
  const args = ["server", "--url", url, "--suite", "all", "--spec-version", revision, "--output-dir", folder];
  const child = spawn(process.execPath, [SUITE, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const said = await text(child.stdout);
  const runs = await readdir(folder).catch(() => []);
  if (runs.length === 0) throw new Error(`the conformance suite has no results:\n${said}`);
  const results = runs.map(async (run) => {
    const checks = JSON.parse(await readFile(join(folder, run, "checks.json"), "utf8")) as Check[];
    return [scenarioOf(run), checks] as const;
  });
  return new Map((await Promise.all(results)).toSorted(([one], [other]) => one.localeCompare(other)));
}

/** `server-ping-2026-11-22T23-32-21-000Z` is a run of `ping`. */
function scenarioOf(run: string): string {
  return run.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
}
