import type { DaemonClient } from "@mtui/core/client";
import type { HostResult, OutputPiece, ResultOf } from "@mtui/core/registry";
import type { Parsed } from "../command/parse.ts";
import { OutputLines } from "../progress/output-lines.ts";
import { linesOf } from "@mtui/core/text";
import { oneLine } from "../terminal/sanitise.ts";
import type { Context } from "./context.ts";
import { EXIT, exitOfJobs, type JobOutcome } from "./outcome.ts";
import { printOutcome } from "./print-outcome.ts";
import { printJson, printResult } from "./print.ts";

type Reply = ResultOf<"job_result">;

/** Parameters that ask for the output instead of the result. */
const OUTPUT = ["output", "stream", "tail", "cursor", "step", "partial"] as const;
/** Characters of all hosts together that are held to show equal output once. */
const COMPARED = 16 * 1024 * 1024;

/** `job result`: as the foreground command would have answered, or all that was printed. */
export async function resultCommand(
  { params }: Parsed,
  { context, client }: { context: Context; client: DaemonClient },
): Promise<number> {
  const paged = OUTPUT.some((name) => params[name] !== undefined && params[name] !== false);
  if (paged || Number(params.from ?? 0) > 0) return await printed(params, { context, client });
  const outcome = (await client.call("job_result", params)) as JobOutcome;
  await printOutcome(outcome, context);
  if (!context.flags.json && isCut(outcome.result)) {
    const id = oneLine(outcome.job.id);
    context.io.err.write(
      `Long output is shortened here; all that is kept: mtuictl job result ${id} --output\n`,
    );
  }
  return exitOfJobs([outcome]);
}

/** With `--json` one page, as it is asked for; else all of them. */
async function printed(
  params: Parsed["params"],
  { context, client }: { context: Context; client: DaemonClient },
): Promise<number> {
  const { io, flags } = context;
  let reply = (await client.call("job_result", params)) as Reply;
  const code = reply.error === null ? EXIT.ok : exitOfJobs([reply]);
  if (flags.json) {
    printJson(reply, context);
    return code;
  }
  const hosts = new Set(reply.streams?.map(({ host }) => host));
  const show = hosts.size > 1 ? together(context, reply.job) : plain(context);
  let any = false;
  for (;;) {
    for (const piece of reply.output ?? []) {
      any = true;
      show.take(piece);
    }
    const { cursor } = reply;
    if (cursor === null || cursor === undefined) break;
    reply = (await client.call("job_result", { ...params, cursor })) as Reply;
  }
  await show.end();
  if (!any) io.err.write(`No such output of ${oneLine(reply.job.id)} is kept.\n`);
  return code;
}

interface Show {
  take(piece: OutputPiece): void;
  end(): Promise<void>;
}

/** Of one host: each stream to our own. */
function plain({ io }: Context, prefixed = false): Show {
  const lines = new OutputLines((stream, written) =>
    (stream === "stdout" ? io.out : io.err).write(`${written.join("\n")}\n`),
  );
  return {
    take: (piece) =>
      lines.take({ ...piece, job: String(piece.step) }, prefixed ? `${oneLine(piece.host)}: ` : ""),
    end: async () => lines.flush(),
  };
}

/** Of several hosts: equal output once. What is too much to compare is shown line by line with its host. */
function together(context: Context, job: Reply["job"]): Show {
  let held: OutputPiece[] = [];
  let size = 0;
  let show: Show | null = null;
  return {
    take(piece) {
      if (show !== null) return show.take(piece);
      held.push(piece);
      size += piece.text.length;
      if (size <= COMPARED) return;
      show = plain(context, true);
      for (const each of held) show.take(each);
      held = [];
    },
    async end() {
      if (show !== null) return await show.end();
      const result = { hosts: hostsOf(held, job), warnings: [] };
      await printResult(result, { context, operation: "run" });
    },
  };
}

function hostsOf(pieces: readonly OutputPiece[], job: Reply["job"]): HostResult[] {
  const texts = new Map<string, { stdout: string; stderr: string; dropped: number }>();
  for (const { host, stream, text, missing } of pieces) {
    const known = texts.get(host) ?? { stdout: "", stderr: "", dropped: 0 };
    texts.set(host, known);
    known[stream] += missing > 0 && linesOf(known[stream]).length > 0 ? `\n[...]\n${text}` : text;
    known.dropped += missing;
  }
  return [...texts].map(([host, text]) => {
    const { state = "ok", exit = null } = job.hosts[host] ?? {};
    const command = { command: "", state, exit, seconds: 0, ...text };
    return { host, system: null, state, exit, commands: [command], warnings: [], error: null };
  });
}

function isCut(result: unknown): boolean {
  const { hosts } = (result ?? {}) as { hosts?: unknown };
  if (!Array.isArray(hosts)) return false;
  return hosts.some((host: { commands?: { dropped?: number }[] }) =>
    (host.commands ?? []).some(({ dropped = 0 }) => dropped > 0),
  );
}
