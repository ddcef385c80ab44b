import { isDeepStrictEqual } from "node:util";
import type { Played } from "./play.ts";
import type { Scenario } from "./scenario.ts";
import type { Snapshot } from "./snapshot.ts";

/** What happens when nobody dies: with the operation, and, where a death may undo it, without. */
export interface Wanted {
  readonly want: Played;
  readonly without: Played | null;
}

/**
 * What may not differ from a life that nobody ended: a job that is known ends as it would have ended, with
 * the same result and the same commands on the hosts; without it, nothing has happened.
 */
export function differences(scenario: Scenario, played: { got: Played } & Wanted): string[] {
  const plain = (each: Played): Played => (scenario.anyHost ? oneNameForAll(scenario, each) : each);
  const got = plain(played.got);
  const wanted = [played.want, ...(played.without === null ? [] : [played.without])].map(plain);
  const says = [...(scenario.never?.(got.after) ?? []), ...endings(scenario, { got, wanted })];
  for (const id of Object.keys(got.before.jobs))
    if (got.after.jobs[id] === undefined) says.push(`${id} is forgotten`);
  says.push(...onMachines(scenario, { got, wanted }));
  if (scenario.open !== undefined) return [...says, ...between(got, wanted)];
  const [want] = wanted as [Played];
  const complete = Object.keys(want.after.jobs).every((id) => got.after.jobs[id] !== undefined);
  const work = Object.keys(want.after.jobs).length > Object.keys(want.before.jobs).length;
  if (!complete || !work) return [...says, ...between(got, wanted)];
  for (const key of ["desks", "changes", "boots"] as const)
    if (!isDeepStrictEqual(got.after[key], want.after[key]))
      says.push(`${key}: ${JSON.stringify(got.after[key])}\n    not ${JSON.stringify(want.after[key])}`);
  return says;
}

type Compared = { got: Played; wanted: readonly Played[] };

/** Each job ends as it does in one of the lives without a death, or as the scenario says a death may end it. */
function endings({ open }: Scenario, { got, wanted }: Compared): string[] {
  return Object.entries(got.after.jobs).flatMap(([id, job]) => {
    const known = wanted.map(({ after }) => after.jobs[id]);
    if (known.some((each) => isDeepStrictEqual(comparable(job), comparable(each)))) return [];
    if (open?.[id]?.includes(`${job.state} ${job.error ?? "-"}`)) return [];
    return [
      `${id}: ${JSON.stringify(job)}\n    not ${known.map((each) => JSON.stringify(each)).join("\n    nor ")}`,
    ];
  });
}

/** No machine has seen anything that it sees in none of the lives without a death. */
function onMachines(scenario: Scenario, { got, wanted }: Compared): string[] {
  const names = scenario.anyHost ? Object.keys(got.after.changes) : scenario.hosts;
  return names.flatMap((machine) => {
    const says: string[] = [];
    const commands = got.after.changes[machine] ?? [];
    const all = wanted.map(({ after }) => after.changes[machine] ?? []);
    const begins = (each: readonly string[]): boolean => commands.every((one, index) => one === each[index]);
    // A cancel leaves steps out: those that are there are in order.
    const among = (each: readonly string[]): boolean => {
      let at = 0;
      return commands.every((one) => (at = each.indexOf(one, at) + 1) > 0);
    };
    if (!all.some(scenario.open === undefined ? begins : among))
      says.push(`${machine}: ${JSON.stringify(commands)} is no beginning of ${JSON.stringify(all)}`);
    const boots = (of: Snapshot): number => of.boots[machine] ?? 0;
    if (wanted.every(({ after }) => boots(got.after) > boots(after)))
      says.push(`${machine}: rebooted once too often`);
    const lines = got.after.history[machine] ?? [];
    if (wanted.every(({ after }) => lines.length > (after.history[machine] ?? []).length))
      says.push(`${machine}: history ${lines.join(", ")}`);
    return says;
  });
}

/** `add_host` that had its hosts when the daemon died finds them in the desk, and says so. */
function comparable(job: Snapshot["jobs"][string] | undefined): unknown {
  if (job?.operation !== "add_host" || job.result === null) return job;
  return { ...job, result: { ...(job.result as object), warnings: [] } };
}

/** Hosts without their names: what was done on each, in its order, whichever it was. */
function oneNameForAll({ hosts }: Scenario, played: Played): Played {
  const plain = (shot: Snapshot): Snapshot => {
    const renamed = JSON.parse(
      hosts.reduce(
        (text, host) => text.replaceAll(new RegExp(`\\b${host}\\b`, "g"), "HOST"),
        JSON.stringify(shot),
      ),
    ) as Snapshot;
    const ranked = hosts.map((host) => shot.boots[host] ?? 0).toSorted((a, b) => b - a);
    return {
      ...renamed,
      changes: whole(shot.changes, hosts),
      history: whole(shot.history, hosts),
      boots: Object.fromEntries(ranked.map((each, index) => [`HOST ${index + 1}`, each])),
    };
  };
  return { ...played, before: plain(played.before), after: plain(played.after) };
}

/** What each host saw, as one: the longest first. */
function whole(by: Record<string, string[]>, hosts: readonly string[]): Record<string, string[]> {
  const all = hosts.map((host) => by[host] ?? []);
  const ranked = all.toSorted((a, b) => b.length - a.length || (a.join("\n") < b.join("\n") ? -1 : 1));
  return Object.fromEntries(ranked.map((each, index) => [`HOST ${index + 1}`, each]));
}

/** Each desk and each of its hosts is as it was, or as it is in one of the lives without a death. */
function between({ before, after }: Played, wanted: readonly Played[]): string[] {
  const says: string[] = [];
  const lives = [before, ...wanted.map((each) => each.after)].map(({ desks }) => desks);
  for (const name of new Set([...Object.keys(before.desks), ...Object.keys(after.desks)])) {
    const is = after.desks[name];
    if (is === undefined) {
      if (lives.every((desks) => desks[name] !== undefined)) says.push(`desk ${name} is gone`);
      continue;
    }
    if (is.rrid !== null && lives.every((desks) => desks[name]?.rrid !== is.rrid))
      says.push(`desk ${name}: ${is.rrid}`);
    for (const key of ["hosts", "byHand"] as const)
      for (const host of new Set([...(before.desks[name]?.[key] ?? []), ...is[key]])) {
        const has = is[key].includes(host);
        if (lives.every((desks) => (desks[name]?.[key].includes(host) ?? false) !== has))
          says.push(`desk ${name}: ${key} ${is[key].join(" ")}`);
      }
  }
  return says;
}
