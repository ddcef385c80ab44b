import { printable } from "../grammar/control-characters.ts";
import { isHostName } from "../grammar/host-name.ts";
import { checkSize } from "./invalid.ts";

/** The little of the report's text that means something to a program. */
export interface LogFacts {
  /** Hosts that sections of the report are already written for, in order, each once. */
  readonly hosts: readonly string[];
  /** Id to title. */
  readonly bugs: ReadonlyMap<string, string>;
  readonly jira: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** Longer lines hold build output, not the headings that are looked for. */
const LINE_LIMIT = 8192;

/**
 * Reads the report's text (docs/formats/rrid-and-template.md, "log"): host headings and issue headings;
 * all else in it is for people.
 * @throws MtuiError template.invalid when it is too large
 */
export function parseLog(log: string): LogFacts {
  checkSize("log", log);
  const hosts = new Set<string>();
  const bugs = new Map<string, string>();
  const jira = new Map<string, string>();
  const warnings: string[] = [];
  for (const line of log.split(/\r?\n/)) {
    if (line.length > LINE_LIMIT) continue;
    const host = / \(reference host: ([^\s)]+).*\)/.exec(line)?.[1];
    if (host !== undefined) {
      if (isHostName(host)) hosts.add(host);
      else if (!host.includes("?"))
        warnings.push(`log names a host that is no host name: ${printable(host)}`);
      continue;
    }
    const issue = /Jira ([A-Z]+-\d+) \("(.*)"\):/.exec(line);
    const bug = issue === null ? /Bug (\d+) \("(.*)"\):/.exec(line) : null;
    if (issue !== null) jira.set(issue[1] ?? "", issue[2] ?? "");
    else if (bug !== null) bugs.set(bug[1] ?? "", bug[2] ?? "");
  }
  return { hosts: [...hosts], bugs, jira, warnings };
}
