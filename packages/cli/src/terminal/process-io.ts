import { isatty } from "node:tty";
import { systemClock } from "@mtui/core/clock";
import type { Io, Surface } from "./io.ts";
import { wantsColour } from "./style.ts";

/** The real terminal. Each stream of Node costs start-up time, so it is made when it is first used. */
export function processIo(): Io & { isFlushed(): boolean } {
  const { env } = process;
  let out: Surface | undefined;
  let err: Surface | undefined;
  const isEmpty = (stream: NodeJS.WriteStream): boolean => stream.writableLength === 0;
  return {
    get out() {
      out ??= surface(process.stdout, env);
      return out;
    },
    get err() {
      err ??= surface(process.stderr, env);
      return err;
    },
    get interactive() {
      return isatty(0) && isatty(2);
    },
    env,
    clock: systemClock,
    onInterrupt(handler) {
      process.on("SIGINT", handler);
      return { [Symbol.dispose]: () => void process.off("SIGINT", handler) };
    },
    readLine,
    /** Has everything that was written left the process? */
    isFlushed() {
      return (out === undefined || isEmpty(process.stdout)) && (err === undefined || isEmpty(process.stderr));
    },
  };
}

function surface(stream: NodeJS.WriteStream & { fd: number }, env: NodeJS.ProcessEnv): Surface {
  const tty = isatty(stream.fd);
  // A reader that left (`| head`) is no failure, and there is nobody to tell.
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  return {
    write: (text) => void stream.write(text),
    tty,
    colour: wantsColour(tty, env),
    get columns() {
      // A serial line may say 0.
      return tty ? stream.columns || 80 : undefined;
    },
    get rows() {
      return tty ? (stream.rows ?? 24) : undefined;
    },
  };
}

function readLine(signal: AbortSignal): Promise<string | null> {
  const { stdin } = process;
  return new Promise((resolve) => {
    const finish = (line: string | null): void => {
      stdin.off("data", onData).off("end", onEnd);
      signal.removeEventListener("abort", onEnd);
      stdin.pause();
      resolve(line);
    };
    const onData = (chunk: Buffer): void => finish(chunk.toString("utf8").trim());
    const onEnd = (): void => finish(null);
    signal.addEventListener("abort", onEnd, { once: true });
    stdin.on("data", onData).once("end", onEnd).resume();
  });
}
