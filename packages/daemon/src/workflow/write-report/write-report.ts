import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import { exportReport, installLogText, type ReportedHost, type Slot, slotText } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import { untestedWords } from "@mtui/core/text";
import type { CommandEntry } from "../context.ts";
import type { HostUpdate } from "../update.ts";
import { openChild, openDirectory, type OpenDirectory } from "./directory.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { contentHash, hostFileName, readPlain, writeWhole } from "./files.ts";

export interface WriteReport {
  /** Absolute path of the template's directory. */
  readonly directory: string;
  readonly hosts: readonly { readonly update: HostUpdate; readonly commands: readonly CommandEntry[] }[];
  readonly noHost: readonly { readonly slot: Slot; readonly reason: string }[];
  /** Directory of install logs inside the template's. @default install_logs */
  readonly installLogs?: string;
  /** `<reports_url>/<RRID>`; links say `<this>/<installLogs>/<file>`. */
  readonly reportUrl: string;
  readonly footer: string;
  /** Replace install logs that say something else. Otherwise the new one gets a name of its own. */
  readonly force?: boolean;
  /** Hash of the `log` that the caller has read, when it must still be that one. */
  readonly expectedHash?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface WrittenReport {
  /** Path of the report. */
  readonly report: string;
  /** Paths of the install logs. */
  readonly logs: string[];
  readonly hosts: { readonly host: string; readonly verdict: string; readonly log: string | null }[];
  readonly warnings: string[];
  /** Of the report as it is now. */
  readonly hash: string;
}

/** A tester may save the same file: after this many changes under our hands somebody else wins. */
const ATTEMPTS = 3;

/**
 * Writes results into the report's `log` and each host's commands into its install log
 * (docs/formats/report-export.md). Install logs come first, so that no link leads nowhere.
 * @throws MtuiError report.changed when somebody else writes the report at the same time,
 *   template.unsafe for links and special files, report.io
 */
export async function writeReport(request: WriteReport): Promise<WrittenReport> {
  await using root = await openDirectory(request.directory);
  const { dev, ino } = await root.handle.stat();
  return await oneAtATime(`${dev}:${ino}`, () => writeInto(root, request));
}

async function writeInto(root: OpenDirectory, request: WriteReport): Promise<WrittenReport> {
  const { directory, installLogs = "install_logs" } = request;
  const hosts: ReportedHost[] = [];
  const logs: string[] = [];
  {
    await using child = await openChild(root, installLogs);
    for (const { update, commands } of request.hosts) {
      const logFile = await writeInstallLog(child, { update, commands, request });
      if (logFile !== null) logs.push(join(directory, installLogs, logFile));
      hosts.push(reportedHost(update, logFile));
    }
  }
  const { warnings, hash } = await rewriteLog(root, { request, hosts, installLogs });
  return {
    report: join(directory, "log"),
    logs,
    hosts: hosts.map(({ host, verdict, logFile }) => ({
      host,
      verdict,
      log: logFile === null ? null : join(directory, installLogs, logFile),
    })),
    warnings,
    hash,
  };
}

async function rewriteLog(
  root: OpenDirectory,
  {
    request,
    hosts,
    installLogs,
  }: { request: WriteReport; hosts: readonly ReportedHost[]; installLogs: string },
): Promise<{ warnings: string[]; hash: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const read = await readPlain(root, "log");
    if (read === null) throw new MtuiError("report.io", `There is no report (log) in ${request.directory}.`);
    const hash = contentHash(read.bytes);
    if (request.expectedHash !== undefined && request.expectedHash !== hash) throw changed(request.directory);
    const { bytes, warnings } = transformed(read.bytes, { request, hosts, installLogs });
    if (bytes.equals(read.bytes)) return { warnings, hash };
    const check = async (): Promise<void> => {
      const now = await readPlain(root, "log");
      if (now === null || contentHash(now.bytes) !== hash) throw changed(request.directory);
    };
    try {
      await writeWhole(root, { name: "log", bytes, mode: read.mode, check });
      return { warnings, hash: contentHash(bytes) };
    } catch (thrown) {
      const again = thrown instanceof MtuiError && thrown.kind === "report.changed" && attempt < ATTEMPTS;
      if (!again) throw thrown;
    }
  }
}

/** Bytes that are no UTF-8 pass through unharmed: then every byte is taken as one character. */
function transformed(
  bytes: Buffer,
  {
    request,
    hosts,
    installLogs,
  }: { request: WriteReport; hosts: readonly ReportedHost[]; installLogs: string },
): { bytes: Buffer; warnings: string[] } {
  const encoding = isUtf8(bytes) ? "utf8" : "latin1";
  const { text, warnings } = exportReport(bytes.toString(encoding), {
    hosts,
    noHost: request.noHost.map(({ slot, reason }) => ({ slot: slotText(slot), reason })),
    logUrl: `${request.reportUrl.replace(/\/+$/, "")}/${installLogs}`,
    footer: request.footer,
  });
  return { bytes: Buffer.from(text, encoding), warnings };
}

async function writeInstallLog(
  directory: OpenDirectory,
  { update, commands, request }: WriteReport["hosts"][number] & { request: WriteReport },
): Promise<string | null> {
  // No commands, no log: an empty file would look like evidence.
  if (commands.length === 0) return null;
  const bytes = Buffer.from(installLogText(update.host, commands));
  const plain = hostFileName(update.host);
  const name = `${plain}.log`;
  const known = await readPlain(directory, name);
  if (known?.bytes.equals(bytes)) return name;
  const free = known === null || request.force === true;
  const target = free ? name : `${plain}.${Math.floor(request.now / 1000)}.log`;
  await writeWhole(directory, { name: target, bytes });
  return target;
}

function reportedHost(update: HostUpdate, logFile: string | null): ReportedHost {
  const { host, verdict, packages } = update;
  return {
    host,
    system: update.system ?? "unknown",
    verdict,
    reason: reasonOf(update),
    packages: packages.map(({ name, before, after, note }) => ({
      name,
      before: seen(before, note),
      after: seen(after, note),
    })),
    logFile,
  };
}

function seen(version: string | null, note: string | undefined): string | null | undefined {
  return version === null && note === "could not be asked" ? undefined : version;
}

function reasonOf(update: HostUpdate): string | null {
  return update.error === null ? untestedWords(update) : update.error.message;
}

function changed(directory: string): MtuiError {
  return new MtuiError(
    "report.changed",
    `The report in ${directory} was changed by somebody else; it was left as it is.`,
    {
      hint: "Export again; results are kept until the workspace is closed.",
      retryable: true,
    },
  );
}
