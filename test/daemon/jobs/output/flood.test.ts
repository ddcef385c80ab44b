import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { floodOf, KINDS } from "./flood-kinds.ts";

/** `MTUI_FLOOD_MIB=2048` for the long run. */
const MIB = Number(process.env["MTUI_FLOOD_MIB"] ?? 48);
const SEED = Number(process.env["MTUI_SEED"] ?? 7);
const HALF = 512 * 1024;

interface Flooded {
  peak: number;
  seconds: number;
  kept: number;
  bytes: number;
  head: string;
  tail: string;
}

test.each(KINDS)(
  "a flood of %s costs no memory; its head and its tail are right",
  { timeout: 600_000 },
  (kind) => {
    const mib = kind === "one byte at a time" ? 2 : MIB;
    const directory = mkdtempSync(join(tmpdir(), "mtui-flood-"));
    try {
      const program = join(import.meta.dirname, "flood.ts");
      const options = ["--conditions=mtui-source", "--max-semi-space-size=4"];
      const args = [...options, program, join(directory, "jobs"), String(mib), kind, String(SEED)];
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: "utf8",
        maxBuffer: 16 * 1024 * 1024,
      });
      expect(stderr).toBe("");
      const said = JSON.parse(stdout) as Flooded;
      expect(said.peak / 1024 / 1024, `seed ${SEED}`).toBeLessThan(200);
      expect(said.bytes).toBe(mib * 1024 * 1024);
      expect(said.kept).toBeLessThanOrEqual(2 * 64 * 1024 * 1024);
      const { head, tail } = expected(kind, mib * 1024 * 1024);
      expect(Buffer.from(said.head, "base64").equals(head)).toBe(true);
      expect(Buffer.from(said.tail, "base64").equals(tail)).toBe(true);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

/** The same chunks once more, without the other stream's. */
function expected(kind: (typeof KINDS)[number], total: number): { head: Buffer; tail: Buffer } {
  const make = floodOf(kind, SEED);
  const head: Buffer[] = [];
  let tail: Buffer[] = [];
  let [length, kept] = [0, 0];
  for (let chunks = 1; length < total; chunks++) {
    const chunk = make().subarray(0, total - length);
    if (chunks % 8 === 0) continue;
    if (length < HALF) head.push(chunk);
    tail.push(chunk);
    kept += chunk.length;
    length += chunk.length;
    if (kept <= 4 * HALF) continue;
    tail = [Buffer.concat(tail).subarray(-HALF)];
    kept = HALF;
  }
  return { head: Buffer.concat(head).subarray(0, HALF), tail: Buffer.concat(tail).subarray(-HALF) };
}
