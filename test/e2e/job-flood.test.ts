import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { JobView, OutputPiece, ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { startDaemon } from "./support/daemon-process.ts";
import { BLOCK_FILE, mixedOutput } from "./support/mixed-output.ts";
import { type OutputFile, outputFiles } from "./support/output-files.ts";

const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? 11);
const MIB = 1024 * 1024;
/** `MTUI_FLOOD_MIB` for another size. */
const SIZE = Number(process.env["MTUI_FLOOD_MIB"] ?? (LONG ? 2048 : 48)) * MIB;
const CHUNK = 8 * MIB;
/** Resident at most, ever. */
const MEMORY_MIB = 200;

/**
 * A daemon as it is installed, started by hand, and a host with a real sshd: more output than the daemon may
 * have in memory. What there must be is made again from the seed, and the host's own sum of what the program prints
 * says that it was made right.
 */
describe.skipIf(withoutLab).each(LONG ? [true, false] : [true])("a flood of output (perl: %s)", (perl) => {
  const mixed = mixedOutput(SEED);
  const rounds = Math.ceil(SIZE / mixed.roundBytes);
  const total = rounds * mixed.roundBytes;
  let lab: Lab;
  let home: TesterHome;
  let byHand: number | null = null;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [{ name: "ant", perl }],
      config: { jobs: { spool_bytes: 4096 * MIB }, connection: { command_timeout: 900 } },
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    await startDaemon(home);
    byHand = home.daemonPid;
    expect((await home.ctl("add-host", "-t", "ant")).code).toBe(0);
    await lab.host("ant").writeFile(BLOCK_FILE, mixed.block);
    await lab.host("ant").writeFile("/root/flood.sh", mixed.program(rounds));
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  function peakMib(): number {
    const status = readFileSync(`/proc/${home.daemonPid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  const pieces = (job: string, end: "out" | "err"): OutputFile[] =>
    outputFiles(home, { job, host: "ant", end });

  test("stays out of memory; every byte that is kept is right", { timeout: 1_500_000 }, async () => {
    const [sum = ""] = (
      await lab.host("ant").must("sh /root/flood.sh 2>/dev/null | sha256sum", { timeoutMs: 600_000 })
    ).split(" ");
    const before = peakMib();
    const started = performance.now();
    const { stdout } = await home.ctl(
      "run",
      "--background",
      "--json",
      "-t",
      "ant",
      "--",
      "sh",
      "/root/flood.sh",
    );
    const { id } = (JSON.parse(stdout) as { job: JobView }).job;
    // One that reads on, and one that never reads a byte.
    const follower = home.run("sh", ["-c", `mtuictl job follow ${id} 2>&1 >/dev/null | tail -c 100`]);
    const deaf = home.startCtl("job", "follow", id);
    expect((await home.ctl("job", "wait", "--timeout", "1400", id)).code).toBe(0);
    const seconds = (performance.now() - started) / 1000;
    expect((await follower).stdout).toContain(`round ${rounds}\n`);

    const made = createHash("sha256");
    for (let at = 0; at < total; at += CHUNK) made.update(mixed.slice(at, Math.min(total, at + CHUNK)));
    expect(made.digest("hex")).toBe(sum);

    const kept = pieces(id, "out");
    expect(kept[0]?.start).toBe(0);
    expect(kept.at(-1)).toMatchObject({ start: total - (kept.at(-1)?.size ?? 0) });
    if (total <= 48 * MIB + mixed.roundBytes) expect(sizeOf(kept)).toBe(total);
    else expect(sizeOf(kept)).toBeGreaterThan(48 * MIB);
    for (const piece of kept) expect(wrongAt(piece, mixed.slice), piece.path).toBeNull();
    const rows = Array.from({ length: rounds }, (_, index) => `round ${index + 1}\n`).join("");
    expect(
      pieces(id, "err")
        .map(({ path }) => readFileSync(path, "utf8"))
        .join(""),
    ).toBe(rows);

    await using client = await home.connect();
    const page = async (more: Record<string, unknown>): Promise<ResultOf<"job_result">> =>
      (await client.call("job_result", { job_id: id, ...more })) as ResultOf<"job_result">;
    let [at, cursor]: [number, string | null | undefined] = [0, undefined];
    const [read, expected] = [createHash("sha256"), createHash("sha256")];
    const take = ({ offset, bytes, missing, text }: OutputPiece): void => {
      expect(offset - missing).toBe(at);
      at = offset + bytes;
      read.update(text);
      expected.update(mixed.slice(offset, at).toString("utf8"));
    };
    do {
      const reply = await page({ stream: "stdout", limit: MIB, ...(cursor == null ? {} : { cursor }) });
      for (const piece of reply.output ?? []) take(piece);
      ({ cursor } = reply);
    } while (cursor != null);
    expect(at).toBe(total);
    expect(read.digest("hex")).toBe(expected.digest("hex"));
    const last = (await page({ stream: "stdout", tail: 1000, limit: MIB })).output ?? [];
    const lines = mixed
      .slice(total - MIB, total)
      .toString("utf8")
      .split("\n")
      .slice(-1001)
      .join("\n");
    expect(last.map(({ text }) => text).join("")).toBe(lines);

    const peak = peakMib();
    expect(home.daemonPid, "the daemon that was started by hand").toBe(byHand);
    deaf.kill("SIGKILL");
    console.log(
      `flood of ${(total / MIB).toFixed(0)} MiB (MTUI_SEED=${SEED}): ${seconds.toFixed(1)} s; resident at most ` +
        `${peak.toFixed(0)} MiB, before it ${before.toFixed(0)} MiB`,
    );
    expect(peak).toBeLessThan(MEMORY_MIB);
    expect(await lab.host("ant").must("ls -A /root/.mtuid 2>/dev/null | wc -l")).toMatch(/^[01]\n/);
  });
});

function sizeOf(kept: readonly { size: number }[]): number {
  return kept.reduce((sum, { size }) => sum + size, 0);
}

/** @returns offset of the first part of a file that is not as it must be */
function wrongAt(
  { path, start, size }: { path: string; start: number; size: number },
  expected: (from: number, to: number) => Buffer,
): number | null {
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < size; at += CHUNK) {
      const bytes = Buffer.alloc(Math.min(CHUNK, size - at));
      const count = readSync(file, bytes, 0, bytes.length, at);
      if (count !== bytes.length || !bytes.equals(expected(start + at, start + at + count)))
        return start + at;
    }
    return null;
  } finally {
    closeSync(file);
  }
}
