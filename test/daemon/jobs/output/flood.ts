/**
 * One job whose command floods: run as a process of its own, so that its memory is seen alone.
 * Arguments: directory, MiB, kind of output, seed. Answers with one line of JSON.
 */
import { createHash } from "node:crypto";
import { EventLog } from "../../../../packages/daemon/src/events/index.ts";
import { Job } from "../../../../packages/daemon/src/jobs/index.ts";
import { JobOutputs } from "../../../../packages/daemon/src/jobs/output/index.ts";
import { systemClock as clock } from "@mtui/core/clock";
import { floodOf, KINDS } from "./flood-kinds.ts";

const [directory = "", size = "64", kind = "", seed = "1"] = process.argv.slice(2);
const make = floodOf(KINDS.find((each) => each === kind) ?? "lines", Number(seed));
const total = Number(size) * 1024 * 1024;
const events = new EventLog({ clock });
const request = { operation: "run", command: "run flood", workspace: "default", rrid: null };
const job = new Job("run-1", { request, clock, events });
const outputs = new JobOutputs(directory, {
  clock,
  log: (_level, text) => process.stderr.write(`${text}\n`),
  limits: { streamBytes: 64 * 1024 * 1024, keepBytes: 2 ** 40 },
});
const output = outputs.open({
  job: job.id,
  host: "ant",
  step: 1,
  onText: (stream, piece) => job.output("ant", { ...piece, stream, step: 1 }),
});

const idle = process.memoryUsage.rss();
const head = createHash("sha256");
const told = { bytes: 0, gaps: 0 };
let peak = 0;
let cursor = 0;
let pushed = 0;
const begun = performance.now();
for (let chunks = 1; pushed < total; chunks++) {
  const chunk = make().subarray(0, total - pushed);
  // The head's half of the cap.
  if (pushed < 32 * 1024 * 1024) head.update(chunk.subarray(0, 32 * 1024 * 1024 - pushed));
  output.push(chunks % 8 === 0 ? "stderr" : "stdout", chunks % 8 === 0 ? chunk.subarray(0, 10) : chunk);
  if (chunks % 8 !== 0) pushed += chunk.length;
  if (chunks % 64 !== 0) continue;
  const page = events.read(cursor, { jobs: new Set([job.id]) });
  cursor = page.cursor;
  told.gaps += Number(page.gap);
  told.bytes += JSON.stringify(page).length;
  peak = Math.max(peak, process.memoryUsage.rss());
  await new Promise((resolve) => setImmediate(resolve));
}
const { stdout } = await output.end();
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(
  `${JSON.stringify({
    peak,
    idle,
    seconds,
    pushed,
    kept: outputs.total,
    told,
    bytes: stdout.bytes,
    head: stdout.head.toString("base64"),
    tail: stdout.tail.toString("base64"),
    lastLine: job.view().hosts,
  })}\n`,
);
