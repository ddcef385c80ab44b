/**
 * `npm run demo`: a lab of hosts, a daemon of its own, two updates whose test targets overlap on one
 * pool, validated at the same time. What is said of the hosts at the end comes from observers on the
 * hosts that know nothing of the daemon.
 */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { cpSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { ensureLabTools } from "../test/lab/install.ts";
import { demoScenario, poolHoldings, startDemoLab } from "../test/lab/index.ts";
import { TesterHome } from "../test/support/home.ts";

const root = resolve(import.meta.dirname, "..");
const mtuictl = join(root, "node_modules/.bin/mtuictl");
const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort());

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs the client as a person would, on this terminal. */
function validate(home: TesterHome, rrids: readonly string[]): Promise<number> {
  const color = process.stdout.isTTY ? {} : { NO_COLOR: "1" };
  const { NO_COLOR: _plain, ...env } = home.env;
  const child = spawn(mtuictl, ["validate", ...rrids], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...env, ...color, TERM: process.env["TERM"] ?? "dumb" },
  });
  abort.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done(code ?? 1));
  });
}

async function demo(): Promise<number> {
  const missing = await ensureLabTools({ say });
  say(
    missing.length === 0
      ? "Starting a lab of real hosts (OpenSSH, zypper, rpm) ..."
      : `Starting the embedded lab; the real one lacks ${missing.join(", ")} ...`,
  );
  await using lab = await startDemoLab({ real: missing.length === 0 });
  for (const difference of lab.differences) say(`  not as on a real refhost: ${difference}`);
  const { rrids, targets } = await demoScenario(lab);
  say(
    `The pool: ${lab.hosts.map((host) => `${host.name} (${host.spec.product} ${host.spec.version})`).join(", ")}`,
  );
  for (const [index, rrid] of rrids.entries()) say(`Update ${rrid}: ${targets[index]}`);
  await using home = new TesterHome({ config: lab.files.mtuiYaml, user: "demo" });
  if (abort.signal.aborted) return 130;

  say(`\n$ mtuictl validate ${rrids.join(" ")}\n`);
  const code = await validate(home, rrids);
  if (abort.signal.aborted) return 130;

  say("\nWhat the hosts' own observers saw:");
  const holdings = poolHoldings(lab.hosts);
  for (const { host, holder, from, to } of holdings) {
    const first = Math.min(...holdings.map((each) => each.from));
    say(
      `  ${host.padEnd(8)} held for ${holder} from ${(from - first).toFixed(1)} s to ${to === null ? "now" : `${(to - first).toFixed(1)} s`}`,
    );
  }
  const kept = keepReports(lab.files.templateDir, rrids);
  const shared = holdings.some((a) => holdings.some((b) => a !== b && a.host === b.host && overlap(a, b)));
  const sideBySide = holdings.some((a) => holdings.some((b) => a.holder !== b.holder && overlap(a, b)));
  const left = holdings.filter(({ to }) => to === null);
  say(
    `  no host was shared: ${shared ? "NO" : "yes"}; the updates overlapped in time: ${sideBySide ? "yes" : "NO"}; locks left: ${left.length}`,
  );
  say("\nThe reports, kept after the lab is gone:");
  for (const path of kept) say(`  ${path}`);
  return shared || !sideBySide || left.length > 0 ? 1 : code;
}

/** The lab's own directory goes away with it. */
function keepReports(templateDir: string, rrids: readonly string[]): string[] {
  return rrids.map((rrid) => {
    const target = join(root, ".demo", rrid);
    rmSync(target, { recursive: true, force: true });
    cpSync(join(templateDir, rrid), target, { recursive: true });
    return join(target, "log");
  });
}

function overlap(a: { from: number; to: number | null }, b: { from: number; to: number | null }): boolean {
  return a.from < (b.to ?? Infinity) && b.from < (a.to ?? Infinity);
}

// Ctrl-C ends `validate`, and then everything is put away in order; nothing may be left behind.
process.exitCode = await demo().catch(async (thrown: unknown) => {
  if (!abort.signal.aborted) console.error(thrown);
  await delay(0);
  return abort.signal.aborted ? 130 : 1;
});
