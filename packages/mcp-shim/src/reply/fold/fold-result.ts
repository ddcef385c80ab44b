import { isObject, type Json } from "../json.ts";
import { dropChatter, shareEvidence } from "./evidence.ts";

/** Operations whose output the caller asked for. */
const ASKED: ReadonlySet<string> = new Set(["run", "show_log"]);

type Change = (hosts: unknown) => unknown;

/** A result that says the same in fewer words: equal evidence once, no last lines of hosts that are done. */
export function withoutRepeats(result: Json): Json {
  return changed(result, (hosts) => {
    if (Array.isArray(hosts)) return shareEvidence(hosts);
    return isObject(hosts) ? withoutLastLines(hosts) : hosts;
  });
}

/** A result without chatter; what is gone is counted, and in the job's output. */
export function withoutChatter(result: Json, operation: string): Json {
  const { job } = result;
  const of = isObject(job) && typeof job.operation === "string" ? job.operation : operation;
  return changed(result, (hosts) =>
    Array.isArray(hosts) ? dropChatter(hosts, { asked: ASKED.has(of) }) : hosts,
  );
}

/** Hosts stand in the result itself, in its job or jobs, and in what a job brought. */
function changed(value: Json, change: Change): Json {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "hosts") return [key, change(item)];
      if ((key === "job" || key === "result") && isObject(item)) return [key, changed(item, change)];
      if ((key === "jobs" || key === "others") && Array.isArray(item)) {
        return [key, item.map((each: unknown) => (isObject(each) ? changed(each, change) : each))];
      }
      return [key, item];
    }),
  );
}

/** What a host printed last says something while it goes on, or where it stopped. */
function withoutLastLines(hosts: Json): Json {
  return Object.fromEntries(
    Object.entries(hosts).map(([host, progress]) => {
      if (!isObject(progress) || progress.state !== "ok") return [host, progress];
      const { last_line: _, ...rest } = progress;
      return [host, rest];
    }),
  );
}
