import type { DaemonClient } from "@mtui/core/client";
import { type CommandTable, type MtuiError, toMtuiError } from "@mtui/core/protocol";
import { splitArgv } from "../command/argv.ts";
import { catalogue, type Command, findCommand } from "../command/catalogue.ts";
import { type Flags, flagsOf } from "../command/flags.ts";
import { parseCommand } from "../command/parse.ts";
import type { Io } from "../terminal/io.ts";
import { styleOf } from "../terminal/style.ts";
import type { Context } from "./context.ts";
import { printJson } from "./print.ts";

export interface CliOptions {
  readonly table: CommandTable;
  readonly io: Io;
  /** Reaches the daemon; `config` is the file that the person named. */
  readonly dial: (options: {
    start: boolean;
    config: string | undefined;
    notice: (text: string) => void;
  }) => Promise<DaemonClient>;
}

/**
 * One call of `mtuictl`, from what was typed to the exit code.
 * @param argv what follows the program's name
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const { table, io } = options;
  let flags: Flags = flagsOf({ json: argv.includes("--json") });
  try {
    const { leading, words } = splitArgv(argv);
    if (words[0] === "__complete") {
      const { completeWords } = await import("../completion/complete.ts");
      return await completeWords(words.slice(1), {
        commands: catalogue(table),
        io,
        dial: () => dialWith(options, { flags, start: false }),
      });
    }
    if (leading.includes("--version") || leading.includes("-V")) {
      io.out.write(`mtuictl ${table.version}\n`);
      return 0;
    }
    const commands = catalogue(table);
    const found = findCommand(words, commands);
    if (found === null) return await withoutCommand(words, { commands, io, leading });
    const parsed = parseCommand(found.command, [...leading, ...found.rest]);
    if ("help" in parsed) {
      io.out.write(parsed.help);
      return 0;
    }
    flags = parsed.flags;
    const context: Context = {
      io,
      flags,
      commands,
      dial: ({ start }) => dialWith(options, { flags, start }),
    };
    try {
      return await run(found.command, { parsed, context });
    } catch (error) {
      // With `--json` a program reads it, which knows the names on the wire.
      if (flags.json) throw error;
      const { inCommandWords } = await import("../errors/command-words.ts");
      throw inCommandWords(toMtuiError(error), found.command);
    }
  } catch (error) {
    return await fail(toMtuiError(error), { io, flags });
  }
}

async function run(
  command: Command,
  options: Parameters<typeof import("./local-commands.ts").runLocal>[1],
): Promise<number> {
  if (command.local) return (await import("./local-commands.ts")).runLocal(command, options);
  return (await import("./run-operation.ts")).runOperation(command.entry, options);
}

function dialWith(
  { dial, io }: CliOptions,
  { flags, start }: { flags: Flags; start: boolean },
): Promise<DaemonClient> {
  return dial({ start, config: flags.config, notice: (text) => io.err.write(`${text}\n`) });
}

async function withoutCommand(
  words: readonly string[],
  { commands, io, leading }: { commands: readonly Command[]; io: Io; leading: readonly string[] },
): Promise<number> {
  const { help, unknownCommand } = await import("../local/help.ts");
  const asked = leading.includes("-h") || leading.includes("--help");
  if (words.length > 0) throw unknownCommand(words, commands);
  (asked ? io.out : io.err).write(help([], commands));
  return asked ? 0 : 2;
}

/** With `--json` the error is the data: whoever reads it reads standard output. */
async function fail(error: MtuiError, { io, flags }: { io: Io; flags: Flags }): Promise<number> {
  if (flags.json) printJson({ error: error.toReport() }, { io });
  else {
    const { errorLines } = await import("../errors/report-error.ts");
    io.err.write(`${errorLines(error, styleOf(io.err.colour)).join("\n")}\n`);
  }
  return error.exitCode;
}
