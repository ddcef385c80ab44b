import { spawn } from "node:child_process";

/** How one program ended. `exit` is null when a signal ended it. */
export interface Ended {
  exit: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Buffer;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program is killed. @default 60_000 */
  timeoutMs?: number;
}

/** Run a program to its end; rejects only if it cannot be started. */
export function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ended> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      cwd: options.cwd,
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? 60_000,
      killSignal: "SIGKILL",
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    // A program may end without having read its input; that is its right.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("close", (exit, signal) => {
      resolve({ exit, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** As `run`, but anything except exit status 0 throws with the program's own words. */
export async function mustRun(
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const ended = await run(command, options);
  if (ended.exit !== 0) {
    const said = (ended.stderr || ended.stdout).trim().slice(-2000);
    throw new Error(
      `lab: ${command.slice(0, 4).join(" ")} ended with ${ended.exit ?? ended.signal}: ${said}`,
    );
  }
  return ended.stdout;
}
