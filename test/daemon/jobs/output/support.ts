import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  JobOutputs,
  type OpenStep,
  outputPage,
  type OutputLimits,
  type OutputWish,
  type StepOutput,
  type TextPiece,
} from "../../../../packages/daemon/src/jobs/output/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

export interface OutputDesk extends Disposable {
  readonly directory: string;
  readonly clock: VirtualClock;
  readonly logged: string[];
  readonly outputs: JobOutputs;
  /** What followers were told, by stream. */
  readonly told: (TextPiece & { stream: string; host: string })[];
  open(options?: Partial<OpenStep>): StepOutput;
  page(wish?: Partial<OutputWish>, job?: string): ReturnType<typeof outputPage>;
  /** Another life of the daemon over the same directory; what waits in this one is lost. */
  nextLife(): OutputDesk;
}

export function outputDesk(limits: Partial<OutputLimits> = {}, directory = newDirectory()): OutputDesk {
  const clock = new VirtualClock();
  const logged: string[] = [];
  const told: OutputDesk["told"] = [];
  const outputs = new JobOutputs(directory, {
    clock,
    log: (level, text) => void logged.push(`${level} ${text}`),
    limits: { streamBytes: 1024, keepBytes: 1024 * 1024, ...limits },
  });
  return {
    directory,
    clock,
    logged,
    outputs,
    told,
    open: (options = {}) => {
      const key = { job: "run-1", host: "ant", step: 1, capture: 64, ...options };
      return outputs.open({
        onText: (stream, piece) => void told.push({ ...piece, stream, host: key.host }),
        ...key,
      });
    },
    page: (wish = {}, job = "run-1") =>
      outputPage(outputs, job, { hosts: [], from: 0, limit: 1024, ...wish }),
    nextLife: () => outputDesk(limits, directory),
    [Symbol.dispose]: () => rmSync(dirname(directory), { recursive: true, force: true }),
  };
}

function newDirectory(): string {
  return join(mkdtempSync(join(tmpdir(), "mtui-output-")), "jobs");
}

/** Bytes that say where they stand. */
export function counted(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => 0x21 + ((at * 7) % 90)));
}
