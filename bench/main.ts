/**
 * `npm run bench`: one run on the lab, with the distribution's own tools beside us where they are
 * installed. Times differ from machine to machine; the ratios within one run are what counts.
 */
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DaemonClient } from "@mtui/core/client";
import { ensureLabTools } from "../test/lab/install.ts";
import { type Lab, startLab } from "../test/lab/index.ts";
import { TesterHome } from "../test/support/home.ts";
import { arbiter } from "./arbiter.ts";
import { durable } from "./durable.ts";
import { handOver } from "./handover.ts";
import { jobLists } from "./jobs.ts";
import { findPeers, must, type Peer } from "./peers.ts";
import { measure, type Row, table } from "./stats.ts";

const HOSTS = 16;
const RUNS = Number(process.env["BENCH_RUNS"] ?? 15);
/** Until the loss of connections is known here. */
const CUT_MS = 200;
const node = join(resolve(import.meta.dirname, ".."), "node_modules/.bin/node");

function names(lab: Lab, count: number): string[] {
  return lab.hosts.slice(0, count).map((host) => host.name);
}

async function runTrue(daemon: DaemonClient, options: { workspace: string; hosts: string[] }): Promise<void> {
  const reply = (await daemon.call("run", { command: ["true"], ...options })) as { job: { state: string } };
  if (reply.job.state !== "done") throw new Error(`run true: ${JSON.stringify(reply)}`);
}

async function fanOut(lab: Lab, daemon: DaemonClient, peers: readonly Peer[]): Promise<string> {
  const parts: string[] = [];
  for (const count of [1, 4, HOSTS]) {
    const hosts = names(lab, count);
    const rows: Row[] = [
      {
        name: "mtuid: lock, fenced run, unlock",
        spread: await measure({ runs: RUNS, warmUp: 2 }, () =>
          runTrue(daemon, { workspace: "bench", hosts }),
        ),
        note: "measured at the RPC, open connections",
      },
    ];
    for (const peer of peers) {
      rows.push({
        name: peer.name,
        spread: await measure({ runs: Math.min(RUNS, 7), warmUp: 1 }, () => peer.run(hosts)),
        note: "takes no lock",
      });
    }
    parts.push(table(`true on ${count} ${count === 1 ? "host" : "hosts"}`, rows));
  }
  for (const peer of peers) await peer.close();
  return parts.join("\n\n");
}

async function connectAll(lab: Lab, daemon: DaemonClient, peers: readonly Peer[]): Promise<string> {
  const target = names(lab, HOSTS);
  const rows: Row[] = [
    {
      name: `mtuid: claim, connect, pool lock, release`,
      // Connections that the round before left would be used.
      spread: await measure({ runs: Math.min(RUNS, 7), before: () => cutAll(lab) }, () =>
        haveAll(daemon, target),
      ),
      note: "new connections",
    },
    {
      name: `mtuid: the same, soon after`,
      spread: await measure({ runs: Math.min(RUNS, 7) }, () => haveAll(daemon, target)),
      note: "connections kept between two claims",
    },
  ];
  for (const peer of peers.filter(({ name }) => name.includes("cold"))) {
    rows.push({
      name: peer.name,
      spread: await measure({ runs: 5 }, () => peer.run(target)),
      note: "connect and true",
    });
  }
  return table(`connecting ${HOSTS} hosts`, rows);
}

async function haveAll(daemon: DaemonClient, target: readonly string[]): Promise<void> {
  await daemon.call("add_host", { workspace: "bench-connect", target });
  await daemon.call("close_workspace", { workspace: "bench-connect" });
}

async function cutAll(lab: Lab): Promise<void> {
  await Promise.all(lab.hosts.map((host) => host.cut()));
  await pause(CUT_MS);
}

async function clientRoundTrip(home: TesterHome): Promise<string> {
  const rows: Row[] = [
    { name: "node -e 0 (the same Node)", spread: await measure({ runs: 20 }, () => must(node, ["-e", "0"])) },
    {
      name: "mtuictl list-hosts, daemon running",
      spread: await measure({ runs: 20 }, async () => {
        const { code, stderr } = await home.ctl("list-hosts", "-w", "bench");
        if (code !== 0) throw new Error(`list-hosts: exit ${code}: ${stderr}`);
      }),
    },
  ];
  return table("a command's round trip", rows);
}

async function memory(daemon: DaemonClient): Promise<string> {
  const { rss, connections } = (await daemon.call("daemon_status", {})) as {
    rss: number;
    connections: number;
  };
  return `daemon memory with ${connections} connections: ${(rss / 1024 / 1024).toFixed(0)} MiB`;
}

const missing = await ensureLabTools({ say: (text: string) => console.error(text) });
if (missing.length > 0) {
  console.error(`The benchmarks need the real lab; this machine lacks: ${missing.join(", ")}`);
  process.exit(1);
}
// Before there is a lab that takes its share of the machine.
const decisions = arbiter();
console.log(`${decisions.text}\n`);
await using lab = await startLab({ hosts: HOSTS, observers: false });
await using home = new TesterHome({ config: lab.files.mtuiYaml });
await using daemon = await home.connect();
const peers = await findPeers(lab);

console.log(await connectAll(lab, daemon, peers));
await daemon.call("add_host", { workspace: "bench", target: names(lab, HOSTS) });
console.log(`\n${await fanOut(lab, daemon, peers)}`);
console.log(`\n${await clientRoundTrip(home)}`);
console.log(`\n${await memory(daemon)}`);
await daemon.call("close_workspace", { workspace: "bench" });
const { text, over } = await handOver();
console.log(`\n${text}`);
const lists = await jobLists();
console.log(`\n${lists.text}`);
const cost = await durable();
console.log(`\n${cost.text}`);
if (over || lists.over || cost.over || decisions.over) process.exitCode = 1;
