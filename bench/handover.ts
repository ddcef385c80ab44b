/**
 * How long a host takes from one workspace to the next: `node --conditions=mtui-source bench/handover.ts`.
 * The wire before the host delays everything, so that round trips are what counts; the measure is the
 * round trip of the same run: a byte through `cat` over SSH on the same wire. Exit 1 above the limit.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { DaemonClient } from "@mtui/core/client";
import { Client, type ClientChannel } from "ssh2";
import { ensureLabTools } from "../test/lab/install.ts";
import { type Lab, type LabHost, startLab, waitUntil } from "../test/lab/index.ts";
import { TesterHome } from "../test/support/home.ts";
import { spreadOf, table } from "./stats.ts";

/** Milliseconds in each direction. */
const DELAY_MS = 100;
const ROUNDS = 8;
const LIMIT = 3;
const SETTLE_MS = 200;

interface Times {
  roundTrip: number[];
  cold: number[];
  handOver: number[];
}

/** @returns the table, and whether the hand-over took more round trips than it may */
export async function handOver(): Promise<{ text: string; over: boolean }> {
  await using lab = await startLab({ hosts: 1, observers: false });
  const [host] = lab.hosts;
  if (host === undefined) throw new Error("the lab has no host");
  await host.wire({ delayMs: DELAY_MS });
  await using home = new TesterHome({ config: lab.files.mtuiYaml });
  await using daemon = await home.connect();
  const times: Times = { roundTrip: [], cold: [], handOver: [] };
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const { cold, handOver: over } = await oneRound(host, daemon);
    const trips = await roundTrips(host, lab);
    if (round === 0) continue;
    times.cold.push(cold);
    times.handOver.push(over);
    times.roundTrip.push(...trips);
  }
  const spread = spreadOf(times.handOver);
  const trips = spread.median / spreadOf(times.roundTrip).median;
  const text = table(`from one workspace to the next, ${DELAY_MS} ms each way`, [
    { name: "a round trip to the host", spread: spreadOf(times.roundTrip) },
    {
      name: "from the release to the next claim granted",
      spread,
      note: `limit ${LIMIT} x; connection open, pool lock ours`,
    },
    { name: "claim, connect, pool lock", spread: spreadOf(times.cold), note: "a host that nobody had" },
  ]);
  return { text, over: trips > LIMIT };
}

async function oneRound(host: LabHost, daemon: DaemonClient): Promise<{ cold: number; handOver: number }> {
  const target = [host.name];
  // What the round before left would be used.
  await host.cut();
  await pause(SETTLE_MS);
  let from = performance.now();
  await daemon.call("add_host", { workspace: "one", target });
  const cold = performance.now() - from;
  const next = daemon.call("add_host", { workspace: "two", target, wait: 60 });
  await waitUntil(async () => (await queueOf(daemon)).tickets.length === 1, { for: "somebody to wait" });
  await pause(SETTLE_MS);
  from = performance.now();
  const released = daemon.call("remove_host", { workspace: "one", hosts: target });
  await next;
  const over = performance.now() - from;
  await released;
  await daemon.call("remove_host", { workspace: "two", hosts: target });
  return { cold, handOver: over };
}

async function queueOf(daemon: DaemonClient): Promise<{ tickets: unknown[] }> {
  return (await daemon.call("list_queue", {})) as { tickets: unknown[] };
}

async function roundTrips(host: LabHost, lab: Lab): Promise<number[]> {
  const client = new Client();
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.once("error", reject);
    client.once("ready", () =>
      client.exec("cat", (error, opened) => (error === undefined ? resolve(opened) : reject(error))),
    );
    const privateKey = readFileSync(lab.files.identity);
    client.connect({ host: host.address, port: host.port, username: "root", privateKey });
  });
  client.setNoDelay(true);
  const times: number[] = [];
  for (let index = 0; index < 5; index++) {
    const from = performance.now();
    channel.write("x");
    await new Promise((resolve) => channel.once("data", resolve));
    times.push(performance.now() - from);
  }
  client.destroy();
  return times;
}

if (process.argv[1] === import.meta.filename) {
  const missing = await ensureLabTools({ say: (text: string) => console.error(text) });
  if (missing.length > 0) {
    console.error(`This needs the real lab; this machine lacks: ${missing.join(", ")}`);
    process.exit(1);
  }
  const { text, over } = await handOver();
  console.log(text);
  if (over) process.exitCode = 1;
}
