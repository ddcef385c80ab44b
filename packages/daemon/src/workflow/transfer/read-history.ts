import { commandLine } from "@mtui/core/domain";
import { type ErrorReport, toMtuiError } from "@mtui/core/protocol";
import { capturedText } from "../../hosts/index.ts";
import { fanOut } from "../../fan-out.ts";
import type { WorkflowContext, WorkflowHost } from "../context.ts";
import { execOptions, HostStop, hostRun, stopFailed, unanswered } from "../host-run.ts";

/** One line of a host's shared history (docs/formats/locks.md, "History"). */
export interface HistoryLine {
  /** Seconds since the epoch, by the clock of who wrote it. */
  readonly at: number;
  readonly user: string;
  readonly text: string;
}

const FILE = "/var/log/mtui.log";
/** Bytes at the end of the file that are looked at: some thousand lines. */
const LOOK_BYTES = 512 * 1024;
/** Characters of a line that are shown; what mtuis write has some hundred. */
const LINE_LENGTH = 1000;

/** The newest lines of each host's history first; lines that are none of ours or of other mtuis are left out. */
export async function readHistory(
  context: WorkflowContext,
  { hosts, events, limit }: { hosts: readonly WorkflowHost[]; events: readonly string[]; limit: number },
): Promise<{ host: string; lines: HistoryLine[]; error: ErrorReport | null }[]> {
  return fanOut(hosts, {
    limit: context.fanout ?? 64,
    work: async (host) => {
      const { name } = host.session;
      try {
        const all = parseHistory(await readTail(context, host));
        const wanted = all.filter(({ text }) => events.length === 0 || events.includes(eventOf(text)));
        return { host: name, lines: wanted.toReversed().slice(0, limit), error: null };
      } catch (thrown) {
        const error = thrown instanceof HostStop ? thrown.error : toMtuiError(thrown).toReport();
        return { host: name, lines: [], error };
      }
    },
  });
}

async function readTail(context: WorkflowContext, host: WorkflowHost): Promise<string> {
  const run = hostRun(context, host);
  const script = `[ -e ${FILE} ] || exit 0; [ -f ${FILE} ] || { echo "it is no file" >&2; exit 1; }; tail -c ${LOOK_BYTES} ${FILE}`;
  const outcome = await host.session.query(commandLine(["sh", "-c", script]), {
    ...execOptions(run),
    limits: { silence: 60, capture: 2 * LOOK_BYTES },
  });
  const step = `read ${FILE}`;
  if (outcome.state !== "ok" && outcome.state !== "failed") throw unanswered(run, { outcome, step });
  if (outcome.state === "ok") {
    const text = capturedText(outcome.stdout);
    // The line that the look began in would have another time.
    return outcome.stdout.bytes < LOOK_BYTES ? text : text.slice(text.indexOf("\n") + 1);
  }
  throw stopFailed(`${step}: ${capturedText(outcome.stderr).trim().slice(0, 300) || `exit ${outcome.exit}`}`);
}

/** Oldest first, as in the file. */
export function parseHistory(text: string): HistoryLine[] {
  return text.split("\n").flatMap((line) => {
    const [, at, user, event] = /^(\d{1,12}):([^:]*):(.+)$/.exec(line) ?? [];
    if (event === undefined) return [];
    return [{ at: Number(at), user: (user ?? "").slice(0, LINE_LENGTH), text: shortened(event) }];
  });
}

function shortened(text: string): string {
  return text.length <= LINE_LENGTH ? text : `${text.slice(0, LINE_LENGTH)}...`;
}

function eventOf(text: string): string {
  return text.split(":", 1)[0] ?? "";
}
