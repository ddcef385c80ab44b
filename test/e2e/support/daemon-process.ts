import { join, resolve } from "node:path";
import { waitUntil } from "../../lab/index.ts";
import type { TesterHome } from "../../support/home.ts";

const MTUID = join(resolve(import.meta.dirname, "../../.."), "node_modules/.bin/mtuid");

export interface DaemonProcess {
  signal(name: NodeJS.Signals): void;
  /** What it wrote to standard error so far: its log. */
  readonly stderr: string;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** `mtuid --foreground` as a supervisor runs it; resolves when it serves. */
export async function startDaemon(home: TesterHome): Promise<DaemonProcess> {
  const child = home.start(MTUID, ["--foreground"]);
  const daemon = { stderr: "" };
  child.stdout?.resume();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (daemon.stderr += text));
  const ended = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  await waitUntil(() => home.daemonPid !== null && daemon.stderr.includes(" serves"), {
    for: "mtuid to serve",
  });
  return {
    signal: (name) => void child.kill(name),
    get stderr() {
      return daemon.stderr;
    },
    ended,
  };
}
