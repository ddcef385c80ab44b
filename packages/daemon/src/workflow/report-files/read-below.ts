import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import { codeOf } from "../write-report/directory.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Bytes of a file that is read; logs of builds have a few megabytes. */
const READ_LIMIT = 64 * 1024 * 1024;

/** `build_checks/x.log` as its names. @throws MtuiError params.invalid for a path that leads elsewhere */
export function namesOf(relpath: string): string[] {
  const names = relpath.split("/");
  const plain = names.every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"));
  if (plain) return names;
  throw new MtuiError(
    "params.invalid",
    `"${printable(relpath)}" is no path inside the report's directory; nothing was read.`,
    { hint: 'Name a file such as "log" or "install_logs/HOST.log"; mtuictl testreport-logs lists some.' },
  );
}

/**
 * A file below the report's directory. No link is followed, on the way neither: each directory is held open while
 * the next name is looked up in it.
 * @throws MtuiError params.invalid, file.notFound, file.unsafe for what is no plain file, file.tooLarge, report.io
 */
export async function readBelow(directory: string, relpath: string): Promise<Buffer> {
  const names = namesOf(relpath);
  await using file = await openBelow(directory, { names, flags: O_RDONLY | O_NONBLOCK });
  const stat = await file.handle.stat();
  if (!stat.isFile()) throw unsafe(relpath);
  if (stat.size > READ_LIMIT) throw tooLarge(relpath, stat.size);
  // Not `readFile`: a file that grows meanwhile must not be read without end.
  const bytes = Buffer.alloc(stat.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const whole = bytes.subarray(0, length);
  return whole;
}

/** @throws MtuiError file.notFound, file.unsafe, report.io */
export async function openDirectoryBelow(directory: string, name: string): Promise<OpenFile> {
  return openBelow(directory, { names: [name], flags: O_RDONLY | O_DIRECTORY });
}

interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle;
}

async function openBelow(
  directory: string,
  { names, flags }: { names: readonly string[]; flags: number },
): Promise<OpenFile> {
  let path = directory;
  let held: FileHandle | null = null;
  try {
    for (const [index, name] of ["", ...names].entries()) {
      const last = index === names.length;
      const next: FileHandle = await open(
        join(path, name),
        (last ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW,
      );
      await held?.close();
      held = next;
      path = `/proc/self/fd/${next.fd}`;
    }
  } catch (thrown) {
    await held?.close();
    throw readError(thrown, names.join("/"));
  }
  if (held === null) throw new Error("no name");
  const handle = held;
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}

function readError(thrown: unknown, relpath: string): unknown {
  const shown = printable(relpath);
  const code = codeOf(thrown);
  if (code === "ENOENT" || code === "ENAMETOOLONG") {
    return new MtuiError("file.notFound", `There is no file ${shown} in the report's directory.`, {
      hint: "mtuictl testreport-logs lists the logs; log, metadata.json and source.diff are there as a rule.",
    });
  }
  // Links, directories in place of files and the reverse, sockets.
  if (code === "ELOOP" || code === "ENOTDIR" || code === "ENXIO") return unsafe(relpath);
  return new MtuiError("report.io", `The report's file ${shown} cannot be read: ${code || String(thrown)}.`, {
    hint: "Check owner and mode of the template's directory.",
    cause: thrown,
  });
}

function unsafe(relpath: string): MtuiError {
  return new MtuiError(
    "file.unsafe",
    `${printable(relpath)} is no plain file of the report; nothing was read.`,
    {
      hint: "Links, directories and devices are not read; name a plain file.",
    },
  );
}

function tooLarge(relpath: string, size: number): MtuiError {
  return new MtuiError(
    "file.tooLarge",
    `${printable(relpath)} has ${size} bytes; ${READ_LIMIT} at most are read.`,
    {
      hint: "Look at it with other means.",
      data: { size, limit: READ_LIMIT },
    },
  );
}
