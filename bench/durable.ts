/**
 * What durability costs, on one host: `node --conditions=mtui-source bench/durable.ts`. A short command in an
 * `exec` of its own, as a plain client runs it, beside ours, which outlives the link, on one and the
 * same machine; and how old a line is when a follower reads it. Exit 1 above a limit.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "ssh2";
import { ensureLabTools } from "../test/lab/install.ts";
import { type Lab, startLab } from "../test/lab/index.ts";
import { connectorFor, openHost, PURPOSE } from "../test/e2e/ssh/support/open.ts";
import type { HeldLock, HostSession } from "../packages/daemon/src/hosts/index.ts";
import { spreadOf, table } from "./stats.ts";

const ROUNDS = 60;
/** Between two commands, so that none pays for the tidying up of the other. */
const PAUSE_MS = 150;
/** Of the plain exec's median, on a host with perl. The aim is 1: see docs/decisions/durable-commands.md, "What it costs". */
const LIMIT = 1.5;
const LINES = 40;
const LINE_LIMIT_MS = 100;

/** @returns the table, and whether one of the limits was passed */
export async function durable(): Promise<{ text: string; over: boolean }> {
  await using lab = await startLab({ hosts: [{ name: "a" }], observers: false });
  const session = await openHost(connectorFor(lab), "a");
  try {
    const taking = await session.takeLock("operation", PURPOSE);
    if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
    using plain = await plainClient(lab);
    const times = { plain: [] as number[], ours: [] as number[] };
    for (let round = -3; round < ROUNDS; round++) {
      const one = await timed(plain.run);
      const two = await timed(() => change(session, { command: "true", lock: taking.lock }));
      if (round < 0) continue;
      times.plain.push(one);
      times.ours.push(two);
    }
    const ages = await agesOfLines(session, taking.lock);
    const ratio = spreadOf(times.ours).median / spreadOf(times.plain).median;
    const text = [
      table("`true` on one host, connection open", [
        { name: "an exec of its own", spread: spreadOf(times.plain), note: "no lock, ends with the link" },
        { name: "durable, fenced", spread: spreadOf(times.ours), note: `aim 1 x, limit ${LIMIT} x` },
      ]),
      table("a line, from the host to a follower", [
        { name: "its age when it is read", spread: spreadOf(ages), note: `limit ${LINE_LIMIT_MS} ms at p95` },
      ]),
    ].join("\n\n");
    return { text, over: ratio > LIMIT || spreadOf(ages).p95 > LINE_LIMIT_MS };
  } finally {
    await session.close();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  const took = performance.now() - from;
  await pause(PAUSE_MS);
  return took;
}

async function change(
  session: HostSession,
  { command, lock }: { command: string; lock: HeldLock },
): Promise<void> {
  const outcome = await session.change(command, lock);
  if (outcome.state !== "ok") throw new Error(`${command}: ${JSON.stringify(outcome)}`);
}

/** Host and follower have one clock here. */
async function agesOfLines(session: HostSession, lock: HeldLock): Promise<number[]> {
  const ages: number[] = [];
  const command = `i=0; while [ $i -lt ${LINES} ]; do date +%s%N; i=$((i + 1)); sleep 0.237; done`;
  const outcome = await session.change(command, lock, {
    onOutput: (_stream, chunk) => {
      const now = Date.now();
      for (const line of chunk.toString("latin1").split("\n").filter(Boolean))
        ages.push(now - Number(line) / 1e6);
    },
  });
  if (outcome.state !== "ok") throw new Error(JSON.stringify(outcome));
  return ages;
}

async function plainClient(lab: Lab): Promise<{ run: () => Promise<void> } & Disposable> {
  const host = lab.host("a");
  const client = new Client();
  await new Promise<void>((resolve, reject) => {
    client.once("error", reject);
    client.once("ready", resolve);
    const privateKey = readFileSync(lab.files.identity);
    client.connect({ host: host.address, port: host.port, username: "root", privateKey });
  });
  client.setNoDelay(true);
  const run = (): Promise<void> =>
    new Promise((resolve, reject) =>
      client.exec("true", (error, channel) => {
        if (error !== undefined) return reject(error);
        channel
          .resume()
          .once("close", (code: number) => (code === 0 ? resolve() : reject(new Error(`${code}`))));
      }),
    );
  return { run, [Symbol.dispose]: () => client.destroy() };
}

if (process.argv[1] === import.meta.filename) {
  const missing = await ensureLabTools({ say: (text: string) => console.error(text) });
  if (missing.length > 0) {
    console.error(`This needs the real lab; this machine lacks: ${missing.join(", ")}`);
    process.exit(1);
  }
  const { text, over } = await durable();
  console.log(text);
  if (over) process.exitCode = 1;
}
