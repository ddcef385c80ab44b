/** How often the parent is looked for, in milliseconds. */
const PARENT_MS = 1_000;

/**
 * Settles when there is nobody left to serve: the input has ended, the output is dead, or the parent is
 * gone (its input may be held open by somebody else). SIGTERM ends it, too. A Ctrl-C in a client's terminal is meant
 * for the client; where a person has started this by hand it ends it as usual.
 */
export function lifetime(process: NodeJS.Process): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { stdin, stdout, stderr } = process;
  stdin.once("end", () => resolve("end of input")).once("close", () => resolve("end of input"));
  stdin.on("error", () => resolve("end of input"));
  stdout.on("error", () => resolve("nobody reads the output"));
  // What cannot be said is no reason to end.
  stderr.on("error", () => {});
  process.once("SIGTERM", () => resolve("SIGTERM"));
  for (const signal of ["SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      if (stdin.isTTY) resolve(signal);
    });
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) resolve("the parent is gone");
  }, PARENT_MS);
  timer.unref();
  return promise.finally(() => clearInterval(timer));
}
