import { parseLockFile, parseOurComment } from "@mtui/core/domain";
import type { Desk } from "../../daemon/support/desk.ts";

/** What is wrong with the daemon and its hosts when everything has come to rest, in words. */
export function faults(desk: Desk): string[] {
  return [...hostFaults(desk), ...tableFaults(desk), ...jobFaults(desk), ...machineFaults(desk)];
}

/** The owner by the arbiter, by the desk, by the tables and by the files on the host is one and the same. */
function hostFaults({ services, journal, pool }: Desk): string[] {
  const { claims } = services.arbiter.view();
  const desks = services.workspaces.list();
  return [...pool.machines.values()].flatMap(({ name, files }) => {
    const claim = claims.find(({ host }) => host === name);
    const owners = desks.flatMap((each) => each.hosts.get(name) ?? []);
    const says: string[] = [];
    const [owner] = owners;
    if (owners.length > 1) says.push(`${owners.length} desks have it`);
    if (claim !== undefined && claim.state !== "claimed")
      says.push(`its claim is ${claim.state}: ${claim.reason}`);
    if (owner?.claim.id !== claim?.id) says.push(`desk ${owner?.claim.id}, arbiter ${claim?.id}`);
    const row = journal.claims.get(`${name}:22`);
    if (row?.claim !== claim?.id || (row !== null && row.state !== claim?.state))
      says.push(`table ${row?.claim} ${row?.state}, arbiter ${claim?.id} ${claim?.state}`);
    const record = claim === undefined ? null : journal.hosts.get(claim.id);
    if ((record === null) !== (claim === undefined))
      says.push("its row of what the desk holds there is missing");
    const poolFile = ours(files.pool?.bytes);
    if (poolFile?.workspace !== claim?.workspace)
      says.push(`pool lock of ${poolFile?.workspace}, arbiter ${claim?.workspace}`);
    if (record !== null && record.poolLock.nonce !== poolFile?.nonce)
      says.push("another pool lock is written down");
    if (owner !== undefined && owner.poolLock.nonce !== poolFile?.nonce)
      says.push("the desk knows another pool lock");
    const operation = ours(files.operation?.bytes)?.nonce;
    if (operation !== owner?.byHand?.nonce)
      says.push(
        `operation lock ${files.operation?.bytes ?? "none"}, by hand ${owner?.byHand?.bytes ?? "none"}`,
      );
    if (record !== null && record.byHand?.nonce !== owner?.byHand?.nonce)
      says.push("another lock by hand is written down");
    return says.map((each) => `${name}: ${each}`);
  });
}

function ours(bytes: string | undefined): { workspace: string; nonce: string } | null {
  if (bytes === undefined) return null;
  const file = parseLockFile(Buffer.from(bytes));
  const comment = file.state === "held" ? parseOurComment(file.record.comment) : null;
  return comment === null
    ? { workspace: `? (${bytes})`, nonce: "?" }
    : { workspace: comment.workspace, nonce: comment.nonce };
}

/** Nothing is written down of what is not there. */
function tableFaults({ services, journal, pool }: Desk): string[] {
  const says: string[] = [];
  const { claims, tickets } = services.arbiter.view();
  const active = new Set(services.jobs.list({ active: true }).map(({ id }) => id));
  for (const [key] of journal.claims.all())
    if (!pool.machines.has(key.replace(/:22$/, ""))) says.push(`claims: ${key} is no host`);
  for (const [id] of journal.hosts.all())
    if (claims.every((claim) => claim.id !== id)) says.push(`hosts: a row of ${id}, which nobody has`);
  for (const [job] of journal.tickets.all())
    if (tickets.every((ticket) => ticket.job !== job))
      says.push(`tickets: a row of ${job}, which does not wait`);
  for (const { job } of tickets) {
    if (job === null || journal.tickets.get(job) === null) says.push(`ticket of ${job} is not written down`);
    if (job === null || !active.has(job)) says.push(`ticket without a job: ${job}`);
  }
  for (const [key] of [...journal.steps.all(), ...journal.locks.all()])
    if (!active.has(key.split("/")[0] ?? "")) says.push(`steps or locks: ${key} of a job that has ended`);
  const desks = services.workspaces.list().map(({ name }) => name);
  const rows = journal.workspaces.all().map(([name]) => name);
  for (const name of new Set([...desks, ...rows]))
    if (!desks.includes(name) || !rows.includes(name)) says.push(`workspaces: ${name} is in one place only`);
  return says;
}

/** Every job has ended, or waits for what somebody has. */
function jobFaults({ services, journal }: Desk): string[] {
  const { tickets } = services.arbiter.view();
  const written = new Map(journal.jobs.all());
  return services.jobs.list().flatMap((job) => {
    const says: string[] = [];
    if (written.get(job.id)?.state !== job.state) says.push(`${written.get(job.id)?.state} in the table`);
    const waits = job.state === "waiting" && tickets.some((ticket) => ticket.job === job.id);
    if (!job.final && !waits) says.push("does not end");
    return says.map((each) => `${job.id} (${job.state}): ${each}`);
  });
}

/** In the name of a trace, between the job's id and the step. */
const CHANCE = /\.[0-9a-f]{12}\./;

/** A change is begun once; its traces go when its end is written down. */
function machineFaults({ services, pool }: Desk): string[] {
  const active = new Set(services.jobs.list({ active: true }).map(({ trace }) => trace));
  return [...pool.machines.values()].flatMap((machine) => {
    const ids = machine.changes.map(({ id }) => id);
    const says = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} was begun twice`);
    for (const id of machine.runs.keys())
      if (!active.has(id.replace(/\.\d+$/, ""))) says.push(`the trace of ${id.replace(CHANCE, ".")} is left`);
    return says.map((each) => `${machine.name}: ${each}`);
  });
}

/** What is left when every desk is closed. */
export function leftovers({ services, journal, pool }: Desk): string[] {
  const says: string[] = [];
  for (const table of ["workspaces", "claims", "hosts", "tickets", "steps", "locks", "lostHosts"] as const)
    for (const [key] of journal[table].all()) says.push(`${table}: ${key} is left`);
  for (const { name, files, open } of pool.machines.values()) {
    if (files.operation !== null || files.pool !== null) says.push(`${name}: ${JSON.stringify(files)}`);
    if (open !== 0) says.push(`${name}: ${open} connections`);
  }
  const { claims, tickets } = services.arbiter.view();
  if (claims.length + tickets.length > 0)
    says.push(`arbiter: ${claims.length} claims, ${tickets.length} tickets`);
  return says;
}
