import { redactText, redactValue, type Secrets } from "./redact.ts";
import { RotatingFile } from "./rotating-file.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where a room reports what is nobody's answer. */
export type Log = (level: LogLevel, text: string, fields?: Record<string, unknown>) => void;

export interface DaemonLog extends Disposable {
  readonly log: Log;
  /** For `daemon_status`: the file, or `stderr`. */
  readonly where: string;
  /** Never written from now on, whatever carries them. */
  hide(...secrets: string[]): void;
}

export interface LogOptions {
  /** The file; null = stderr, for `--foreground` and systemd. */
  path: string | null;
  level?: LogLevel;
  /** Bytes of a file before it is rotated; twice that is kept. Default 8 MiB. */
  maxBytes?: number;
  /** systemd's journal knows levels by a prefix. */
  journal?: boolean;
  write?: (text: string) => void;
  now?: () => Date;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const SYSLOG: Record<LogLevel, number> = { debug: 7, info: 6, warn: 4, error: 3 };

/** One JSON object a line in a file, one sentence a line on stderr. A log that cannot be written to is silent. */
export function openLog(options: LogOptions): DaemonLog {
  const { path, level: least = "info", maxBytes = 8 * 1024 * 1024, journal = false } = options;
  const now = options.now ?? (() => new Date());
  const file = path === null ? null : new RotatingFile(path, { maxBytes });
  const write =
    options.write ?? ((text: string) => (file === null ? process.stderr.write(text) : file.append(text)));
  const secrets: string[] = [];

  const log: Log = (level, text, fields) => {
    if (RANK[level] < RANK[least]) return;
    const entry = {
      at: now(),
      level,
      text: redactText(text, secrets),
      fields: redactFields(fields, secrets),
    };
    try {
      write(file === null ? sentence(entry, journal) : jsonLine(entry));
    } catch {
      // A full disk must not stop the work that the log speaks of.
    }
  };
  return {
    log,
    where: path ?? "stderr",
    hide: (...more) => void secrets.push(...more.filter((secret) => secret !== "")),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

interface Entry {
  at: Date;
  level: LogLevel;
  text: string;
  fields: Record<string, unknown>;
}

function redactFields(
  fields: Record<string, unknown> | undefined,
  secrets: Secrets,
): Record<string, unknown> {
  return (redactValue(fields ?? {}, secrets) ?? {}) as Record<string, unknown>;
}

function jsonLine({ at, level, text, fields }: Entry): string {
  return `${JSON.stringify({ ...fields, at: at.toISOString(), level, text })}\n`;
}

function sentence({ at, level, text, fields }: Entry, journal: boolean): string {
  const facts = Object.entries(fields).filter(([, value]) => value !== undefined);
  const tail = facts.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join("");
  const line = `${text}${tail}`.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
  return journal ? `<${SYSLOG[level]}>${line}\n` : `${at.toISOString()} ${level}: ${line}\n`;
}
