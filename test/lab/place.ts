import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { killMarked } from "./scripted/marks.ts";
import { onOverlay } from "./overlay.ts";
import { ensurePrivate } from "./private-directory.ts";
import { isAlive, type Owner, startTime, thisOwner } from "./owner.ts";

/**
 * Every lab of a user is a numbered directory `<base>/<number>`, and the number is also the third part
 * of its addresses (127.77.<number>.<host>). `owner.json` says which process has it; a lab whose owner
 * is gone is nobody's, and the next one that starts removes it.
 */
export interface Place {
  number: number;
  dir: string;
}

/**
 * Where labs live: a private directory, because root trusts its files. Others may pass through and not look:
 * commands of scripted hosts run as nobody.
 */
export function labBase(): string {
  const uid = process.getuid?.() ?? 0;
  const base =
    process.env.MTUI_LAB_DIR ?? join(onOverlay(tmpdir()) ? "/dev/shm" : tmpdir(), `mtui-lab-${uid}`);
  ensurePrivate(base);
  return base;
}

/** Take the first free number; the rename of a prepared directory is what makes it exclusive. */
export async function takePlace(): Promise<Place> {
  reapDead();
  const { base, scratch } = makeScratch();
  for (let number = 1; number <= 254; number++) {
    const dir = join(base, String(number));
    if (!(await addressFree(`127.77.${number}.1`))) continue;
    try {
      renameSync(scratch, dir);
      return { number, dir };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  throw new Error("lab: 254 labs are running already; npm run lab -- status shows them");
}

/** A prepared directory beside the numbered ones. The last lab to end may remove the base under our feet. */
function makeScratch(): { base: string; scratch: string } {
  for (let attempt = 1; ; attempt++) {
    const base = labBase();
    const scratch = join(base, `new-${randomBytes(6).toString("hex")}`);
    try {
      ensurePrivate(scratch);
      writeFileSync(join(scratch, "owner.json"), JSON.stringify(thisOwner()));
      return { base, scratch };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || attempt === 10) throw error;
    }
  }
}

/**
 * Remove a lab's directory, and the base if that was the last one. It gets another name first: two who remove the same
 * lab at once, or one who takes its number meanwhile, do not touch each other's files.
 */
export function removePlace(dir: string): void {
  const away = join(dirname(dir), `${GOING}${randomBytes(6).toString("hex")}`);
  try {
    renameSync(dir, away);
  } catch {
    // Somebody else has just removed it.
    return;
  }
  rmSync(away, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  try {
    rmdirSync(dirname(dir));
  } catch {
    // Other labs are there.
  }
}

/** Labs of other users have directories elsewhere, but the same loopback. */
function addressFree(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host: address, port: SSHD_PORT }, () => probe.close(() => resolve(true)));
  });
}

/** Where the real sshd listens, behind the wire. */
export const SSHD_PORT = 10022;

/** Remove labs whose owner is gone, with the processes that they recorded. */
export function reapDead(base: string = labBase()): void {
  for (const name of namesIn(base)) {
    const dir = join(base, name);
    const owner = readOwner(dir);
    if (owner !== null && isAlive(owner)) continue;
    if ((owner === null || isGoing(name)) && !isAbandoned(dir)) continue;
    for (const left of recordedProcesses(dir)) {
      if (isAlive(left)) killQuietly(left.pid);
    }
    killMarked(dir);
    removePlace(dir);
  }
}

const GOING = "gone-";

/** Somebody is removing it. */
function isGoing(name: string): boolean {
  return name.startsWith(GOING);
}

/** It is being made or removed right now, or whoever did that was killed in that very moment. */
function isAbandoned(dir: string): boolean {
  if (!/^(\d+|(new|gone)-[0-9a-f]+)$/.test(basename(dir))) return false;
  try {
    return Date.now() - statSync(dir).ctimeMs > 60_000;
  } catch {
    return false;
  }
}

/** A base that another lab has just removed is an empty one. */
export function namesIn(base: string): string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}

export function readOwner(dir: string): Owner | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dir, "owner.json"), "utf8"));
    if (typeof value !== "object" || value === null) return null;
    const { pid, started } = value as Partial<Owner>;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : null;
  } catch {
    return null;
  }
}

/** Remember a process of this lab, for whoever has to clean up after a killed owner. */
export function recordProcess(dir: string, pid: number): void {
  const started = startTime(pid);
  if (started !== null) writeFileSync(join(dir, "processes"), `${pid} ${started}\n`, { flag: "a" });
}

export function recordedProcesses(dir: string): Owner[] {
  try {
    return readFileSync(join(dir, "processes"), "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .flatMap(([pid, started]) => (started === undefined ? [] : [{ pid: Number(pid), started }]));
  } catch {
    return [];
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went away by itself in the meantime.
  }
}
