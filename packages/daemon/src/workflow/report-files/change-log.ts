import { MtuiError } from "@mtui/core/protocol";
import { openDirectory } from "../write-report/directory.ts";
import { contentHash, readPlain, writeWhole } from "../write-report/files.ts";
import { oneAtATime } from "../write-report/one-at-a-time.ts";
import { bytesOf, linesOf } from "./lines.ts";

export interface ChangedLog {
  /** 0: it said so already. */
  readonly written: number;
  readonly lineCount: number;
  readonly hash: string;
}

/**
 * Changes the report's `log` as a whole, in turn with whoever else in this daemon writes it; what others
 * save meanwhile stays.
 * @param options.change lines with their ends, to the new ones; a throw leaves the file alone
 * @throws MtuiError report.changed when it is not the one with `expectHash`, or is saved by others meanwhile;
 *   template.unsafe, report.io
 */
export async function changeLog(
  directory: string,
  { expectHash, change }: { expectHash?: string | undefined; change: (lines: string[]) => readonly string[] },
): Promise<ChangedLog> {
  await using root = await openDirectory(directory);
  const { dev, ino } = await root.handle.stat();
  return await oneAtATime(`${dev}:${ino}`, async () => {
    const read = await readPlain(root, "log");
    if (read === null) throw new MtuiError("report.io", `There is no report (log) in ${directory}.`);
    const hash = contentHash(read.bytes);
    if (expectHash !== undefined && expectHash !== hash) throw changed({ expected: expectHash, hash });
    const lines = change(linesOf(read.bytes));
    const bytes = bytesOf(lines);
    if (bytes.equals(read.bytes)) return { written: 0, lineCount: linesOf(bytes).length, hash };
    const check = async (): Promise<void> => {
      const now = await readPlain(root, "log");
      const other = now === null ? null : contentHash(now.bytes);
      if (other !== hash) throw changed({ expected: hash, hash: other });
    };
    await writeWhole(root, { name: "log", bytes, mode: read.mode, check });
    return { written: bytes.length, lineCount: linesOf(bytes).length, hash: contentHash(bytes) };
  });
}

function changed({ expected, hash }: { expected: string; hash: string | null }): MtuiError {
  return new MtuiError(
    "report.changed",
    "The report is not the one that was read: somebody else saved it; it was left as it is.",
    {
      hint: "Read it again (mtuictl testreport-read), then change that one, with its sha256 as expect_hash.",
      data: { expected, sha256: hash },
    },
  );
}
