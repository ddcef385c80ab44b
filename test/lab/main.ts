/** `npm run lab -- ...`: a lab of hosts by hand. */
import { fork } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { basename, join } from "node:path";
import { LAB_COMMANDS } from "./control/commands.ts";
import { askLab, takesCommands } from "./control/socket.ts";
import { labFiles } from "./files.ts";
import { ensureLabTools } from "./install.ts";
import { isAlive } from "./owner.ts";
import { cacheRoot } from "./packages/cache.ts";
import { labBase, namesIn, readOwner, reapDead } from "./place.ts";
import { waitUntil } from "./wait.ts";

interface RunningLab {
  dir: string;
  pid: number;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function runningLabs(): RunningLab[] {
  const base = labBase();
  return namesIn(base)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const dir = join(base, name);
      const owner = readOwner(dir);
      return owner !== null && isAlive(owner) ? [{ dir, pid: owner.pid }] : [];
    });
}

async function up(count: string | undefined): Promise<number> {
  const hosts = Number(count ?? 4);
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 100)
    throw new Error("up wants a number of hosts, 1 to 100");
  const missing = await ensureLabTools({ say });
  if (missing.length > 0)
    throw new Error(`a lab of real hosts cannot be had here; it lacks: ${missing.join(", ")}`);
  const logFile = join(cacheRoot(), "keeper.log");
  mkdirSync(cacheRoot(), { recursive: true });
  const log = openSync(logFile, "w", 0o600);
  const keeper = fork(join(import.meta.dirname, "control/keeper.ts"), [String(hosts)], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  const ready = await new Promise<{ dir: string; hosts: string[]; updates: string[] }>((resolve, reject) => {
    keeper.once("message", (message) =>
      resolve(message as { dir: string; hosts: string[]; updates: string[] }),
    );
    keeper.once("exit", () => reject(new Error(`the lab did not start; see ${logFile}`)));
  });
  keeper.unref();
  const files = labFiles(ready.dir);
  say(`A lab of ${ready.hosts.length} hosts is up in ${ready.dir}:\n`);
  for (const line of ready.hosts) say(`  ${line}`);
  say(`\nUpdates to validate: ${ready.updates.join(" ")}`);
  say(`\nTo use it, with a state of its own so that your mtuid is left alone:\n`);
  say(`  export MTUI_CONF=${files.mtuiYaml} XDG_RUNTIME_DIR=${ready.dir} XDG_STATE_HOME=${ready.dir}/state`);
  say(`  node_modules/.bin/mtuictl validate ${ready.updates.join(" ")}`);
  say(`  ssh -F ${files.sshConfig} ${ready.hosts[0]?.split(" ")[0] ?? "HOST"}`);
  say(`\nThe inventory is ${files.refhostsYml}. When done: npm run lab -- down ${basename(ready.dir)}`);
  return 0;
}

async function down(which: string | undefined): Promise<number> {
  const labs = toEnd(which);
  if (labs.length === 0) say("No lab is running.");
  for (const lab of labs) {
    const answer = await askLab(lab.dir, ["down"]);
    if (!answer.ok) throw new Error(answer.text);
    await waitUntil(() => !runningLabs().some((other) => other.dir === lab.dir), {
      for: `${lab.dir} to end`,
    });
    say(`${lab.dir} is down.`);
  }
  reapDead();
  return 0;
}

async function status(): Promise<number> {
  const labs = runningLabs();
  if (labs.length === 0) say("No lab is running.");
  for (const lab of labs) {
    const locks = await askLab(lab.dir, ["locks"]).catch(() => ({
      ok: true,
      text: "busy with a test or the demo\n",
    }));
    say(`${lab.dir} (process ${lab.pid})\n${locks.text}`);
  }
  return 0;
}

/** Labs of tests and of the demo take no commands and are not ours to end; of several, one is named. */
function toEnd(which: string | undefined): RunningLab[] {
  const labs = runningLabs().filter((lab) => takesCommands(lab.dir));
  if (which === "all") return labs;
  if (which !== undefined) {
    const named = labs.filter((lab) => basename(lab.dir) === which);
    if (named.length === 0) throw new Error(`no lab ${which} is running that can be taken down; see status`);
    return named;
  }
  if (labs.length < 2) return labs;
  const numbers = labs.map((lab) => basename(lab.dir)).join(", ");
  throw new Error(`several labs are running (${numbers}), perhaps of somebody else; say which: down NUMBER`);
}

async function knob(words: string[]): Promise<number> {
  const labs = runningLabs().filter((lab) => takesCommands(lab.dir));
  const asked = process.env.MTUI_LAB;
  if (asked === undefined && labs.length > 1)
    throw new Error("several labs are running; set MTUI_LAB=NUMBER, see status");
  const lab = asked === undefined ? labs[0] : labs.find((other) => basename(other.dir) === asked);
  if (lab === undefined) throw new Error("no such lab is running; start one with: npm run lab -- up");
  const answer = await askLab(lab.dir, words);
  process[answer.ok ? "stdout" : "stderr"].write(answer.ok ? answer.text : `${answer.text}\n`);
  return answer.ok ? 0 : 1;
}

function usage(): number {
  const rows = [
    ["up [N]", "start N hosts (default 4) and two updates, in the background"],
    ["down [NUMBER|all]", "stop one: it has to be named if there are several"],
    ["status", "what is running"],
    ...Object.values(LAB_COMMANDS).map((command) => [command.usage, command.summary]),
  ];
  say("npm run lab -- COMMAND\n");
  for (const [left = "", right = ""] of rows) say(`  ${left.padEnd(48)} ${right}`);
  say("\nWith several labs, MTUI_LAB=NUMBER chooses one.");
  return 2;
}

async function main([command, ...words]: string[]): Promise<number> {
  if (command === "up") return up(words[0]);
  if (command === "down") return down(words[0]);
  if (command === "status") return status();
  if (command !== undefined && Object.hasOwn(LAB_COMMANDS, command)) return knob([command, ...words]);
  return usage();
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
