import { readFileSync } from "node:fs";
import type { ErrorReport } from "@mtui/core/protocol";
import type { JobView, Validation } from "@mtui/core/registry";
import type { TesterHome } from "../../support/home.ts";

export type ValidatedHost = Validation["hosts"][number];

/** What `mtuictl validate RRID --json` said of one update, with its exit code. */
export interface Validated {
  code: number;
  job: JobView;
  result: Validation;
}

/**
 * Validates one update as a person does.
 * @throws unless the answer is JSON with a job and a result, whatever the verdict
 */
export async function validate(home: TesterHome, rrid: string, ...flags: string[]): Promise<Validated> {
  const { code, stdout, stderr } = await home.ctl("validate", rrid, ...flags, "--json");
  const reply = JSON.parse(stdout) as {
    jobs?: JobView[];
    results?: (Validation | null)[];
    error?: ErrorReport;
  };
  const job = reply.jobs?.[0];
  const result = reply.results?.[0];
  if (job === undefined || result === undefined || result === null)
    throw new Error(`validate ${rrid}: exit ${code}, no result\n${stdout}\n${stderr}`);
  return { code, job, result };
}

export function hostOf({ result }: Pick<Validated, "result">, name: string): ValidatedHost {
  const found = result.hosts.find(({ host }) => host === name);
  if (found === undefined) throw new Error(`${result.rrid}: no record of ${name}`);
  return found;
}

/** Of each package: before, after, verdict; and the note, where there is one. */
export function packageRows({ packages }: Pick<ValidatedHost, "packages">): Record<string, unknown[]> {
  return Object.fromEntries(
    packages.map(({ name, before, after, verdict, note }) => [
      name,
      note === undefined ? [before, after, verdict] : [before, after, verdict, note],
    ]),
  );
}

interface Reported {
  result: Pick<Validation, "report">;
}

/** The lines of the host's block in the written report; throws unless it has exactly one. */
export function reportBlock({ result }: Reported, name: string): string[] {
  const lines = readFileSync(result.report, "utf8").split("\n");
  const starts = lines.flatMap((line, at) => (line.endsWith(`(reference host: ${name})`) ? [at] : []));
  const [start] = starts;
  if (start === undefined || starts.length > 1)
    throw new Error(`${result.report}: ${starts.length} blocks of ${name}`);
  const length = lines.slice(start).findIndex((line) => line.startsWith("comment:"));
  return lines.slice(start, start + length);
}

/** The block's `=>` line: filled in, or still the question. */
export function verdictLine(validated: Reported, name: string): string[] {
  return reportBlock(validated, name).filter((line) => line.startsWith("=>"));
}

/** The host's install log: each command line (`# ...`), in order. */
export function loggedCommands({ log, host }: ValidatedHost): string[] {
  if (log === null) throw new Error(`${host} has no install log`);
  return readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("# "))
    .map((line) => line.slice(2));
}
